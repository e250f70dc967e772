// A list request's query string -> Query, and the cursor that carries a walk on. Pure; hostile input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "document/query.h"
#include "document/validation.h"

namespace lazaret {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// application/x-www-form-urlencoded pairs, decoded (`+` is a space), in order. At most 64 pairs; invalid escapes and
// invalid UTF-8 are kInvalidParameter naming the parameter.
Result<QueryParameters> parse_query_string(std::string_view query);

// docs/api.md "Query". Unknown or repeated parameters (categories may repeat), bad values, reversed ranges and unknown
// categories are kInvalidParameter faults, all at once, each naming its parameter; a cursor that is foreign, edited or
// bound to other filters or sort is kInvalidCursor.
Result<Query> parse_query(const QueryParameters& parameters, const Categories& known, const Secret& cursor_key);

// Opaque, URL-safe, signed with HMAC-SHA-256 cut to 16 bytes, bound to the filter and sort of `query` but not to its
// limit; the same for the same input.
std::string make_cursor(const Query& query, const Position& position, const Secret& cursor_key);

// The query string that asks for the page after `position`: what Link rel=next shows.
std::string next_page_query(const Query& query, const std::string& cursor);

}  // namespace lazaret
