// Where a document lies in DynamoDB's indexes: partitions and sort keys as texts whose byte order is the order of the
// lists. Pure. docs/adr tells why the model looks as it does.
//
//   main table, id:            by-date   L#<state>#<yyyy-mm>#<shard>   upload_date#id
//                              by-name   N#<state>#<shard>             folded name U+0001 id
//                              by-size   Z#<state>#<shard>             16 digits#id
//                              open      <kind>#<shard>                time#id
//   index table, (pk, sk):     C#<category>#<state>#<yyyy-mm>#<shard>  upload_date#id
//                              T#<start>#<state>#<yyyy-mm>#<shard>     upload_date#id#<which words>
//                              S#<sha256>                              upload_date#id
//                              I#<key>                                 #        an idempotency record
//                              M#dir                                   <state>  the months used
//                              M#cfg                                   layout   the number of shards
// <state> is a letter: A, Q or D.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "document/document.h"
#include "document/query.h"

namespace lazaret::dynamo {

inline constexpr std::string_view kByDate = "by-date";
inline constexpr std::string_view kByName = "by-name";
inline constexpr std::string_view kBySize = "by-size";
inline constexpr std::string_view kOpen = "open";
inline constexpr std::string_view kExpiry = "expiry";  // of the index table: idempotency records by their end

enum class OpenKind : std::uint8_t { kPending, kRemoving, kDeleted };

unsigned shard_of(const DocumentId& id, unsigned shards);
std::string month_of(Timestamp time);  // "2026-11"
// The first millisecond of a month and the last. Precondition: month_of() made it.
Timestamp first_of(std::string_view month);
Timestamp last_of(std::string_view month);
char letter_of(State state);

std::string date_partition(State state, std::string_view month, unsigned shard);
std::string name_partition(State state, unsigned shard);
std::string size_partition(State state, unsigned shard);
std::string open_partition(OpenKind kind, unsigned shard);
std::string category_partition(std::string_view category, State state, std::string_view month, unsigned shard);
std::string word_partition(std::string_view start, State state, std::string_view month, unsigned shard);
std::string checksum_partition(const Digest& checksum);
std::string claim_partition(const Digest& key);
std::string expiry_partition(const Digest& key, unsigned shards);
std::string expiry_partition(unsigned shard);

// Sort keys. A key that is cut off behind `#` or U+0001 is below that of every id.
std::string time_key(Timestamp time, const DocumentId& id);
std::string sort_key(SortBy sort_by, const Document& document);
std::string sort_key(SortBy sort_by, const Position& position);
// The whole range of what lies at or between these bounds.
std::string lowest_key(Timestamp time);
std::string highest_key(Timestamp time);
std::string lowest_size_key(std::uint64_t size);
std::string highest_size_key(std::uint64_t size);
inline constexpr std::string_view kLowestName = "\x01";
inline constexpr std::string_view kHighestName = "\U0010FFFF";

// A sort key taken apart; nullopt for what sort_key() cannot have made.
std::optional<Position> position_from(SortBy sort_by, std::string_view key);
std::optional<DocumentId> id_from_time_key(std::string_view key);
std::optional<Timestamp> time_from_time_key(std::string_view key);

// " word word ": what a search looks into for " start".
std::string words_text(const std::string& filename);
// What search rows of a word lie under: its first three letters, or a CJK character. nullopt for words that have no
// rows: shorter ones, and "pdf", which is in every name.
std::optional<std::string> start_of(std::string_view word);

// One row of the index table. What it holds beside its version follows from its key.
struct IndexRow {
  std::string partition;
  std::string sort;
  std::string words;  // of a search row
  auto operator<=>(const IndexRow&) const = default;
};
// Every row that a document has, sorted.
std::vector<IndexRow> rows_of(const Document& document, unsigned shards);

}  // namespace lazaret::dynamo
