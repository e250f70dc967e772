// Query, Position and Page: what a list request asks of a metadata store, the place where a walk goes on, and what it
// gets. Plain values; parsing query strings and signing cursors is done beside (query_parse.h, cursor.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "document/document.h"

namespace lazaret {

enum class SortBy : std::uint8_t { kUploadDate, kFilename, kSize };
enum class SortOrder : std::uint8_t { kAscending, kDescending };
enum class CategoriesMatch : std::uint8_t { kAny, kAll };

struct Filter {
  std::vector<std::string> categories;  // empty: any
  CategoriesMatch categories_match = CategoriesMatch::kAny;
  std::optional<Timestamp> date_from;  // inclusive, as are all bounds
  std::optional<Timestamp> date_to;
  std::optional<std::uint64_t> size_min;
  std::optional<std::uint64_t> size_max;
  std::optional<bool> processed;
  std::optional<std::string> content_type;
  std::optional<Digest> checksum;
  std::vector<std::string> search_words;  // folded (document/fold.h); all must be there, each as the start of a word
  State state = State::kAvailable;
  bool operator==(const Filter&) const = default;
};

inline constexpr std::uint64_t kMaxExactTotal = 10'000;

enum class TotalRelation : std::uint8_t { kExact, kAtLeast };

struct Total {
  std::uint64_t count = 0;  // at most kMaxExactTotal
  TotalRelation relation = TotalRelation::kExact;
  bool operator==(const Total&) const = default;
};

// The last document of a page: its sort key and id. The total is counted on the first page and carried along.
struct Position {
  std::variant<Timestamp, std::string, std::uint64_t> key;  // by sort: upload_date, filename_sort_key(), size
  DocumentId id;
  Total total;
  bool operator==(const Position&) const = default;
};

struct Query {
  Filter filter;
  SortBy sort_by = SortBy::kUploadDate;
  SortOrder sort_order = SortOrder::kDescending;  // ties are broken by id in the same direction
  std::size_t limit = 100;                        // 1 to 200
  std::optional<Position> after;
};

struct Page {
  std::vector<Document> documents;  // may be fewer than the limit, even none, while `next` is there
  Total total;
  std::optional<Position> next;
};

}  // namespace lazaret
