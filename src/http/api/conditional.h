// Conditional and range requests of RFC 9110, as pure functions over header values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/message.h"
#include "intake/object_store.h"

namespace lazaret::http {

struct EntityTag {
  std::string opaque;  // without the quotes
  bool weak = false;
  bool operator==(const EntityTag&) const = default;
};

// If-Match or If-None-Match: `*`, or tags.
struct EntityTags {
  bool any = false;
  std::vector<EntityTag> tags;
};

// All fields of that name as one list. nullopt when there is none; the inner nullopt when it is malformed.
struct TagHeader {
  bool present = false;
  std::optional<EntityTags> tags;
};
TagHeader parse_tag_header(const Headers& headers, std::string_view name);

// If-Match compares strongly: a weak tag matches nothing.
bool matches_strongly(const EntityTags& tags, std::string_view opaque);
// If-None-Match compares weakly.
bool matches_weakly(const EntityTags& tags, std::string_view opaque);

// What a Range header asks of `size` bytes. A header that cannot be read, another unit, or several ranges ask for the
// whole: RFC 9110 section 14.2 lets a server ignore them, and several ranges are mostly an attack.
struct WholeBody {};
struct Unsatisfiable {};
using RangeRequest = std::variant<WholeBody, ByteRange, Unsatisfiable>;
RangeRequest parse_range(std::string_view header, std::uint64_t size);

// If-Range: whether Range holds, given the strong tag of what there is now. A date never does: no Last-Modified is
// sent.
bool if_range_holds(const std::string* if_range, std::string_view opaque);

}  // namespace lazaret::http
