#include "metadata/dynamodb/keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/crc32.h"
#include "document/fold.h"

namespace lazaret::dynamo {
namespace {

constexpr std::size_t kIdLength = 36;
constexpr std::size_t kTimeLength = 24;
constexpr std::size_t kSizeDigits = 16;
constexpr std::uint64_t kMostSize = 9'999'999'999'999'999;
constexpr std::size_t kStartLetters = 3;
constexpr std::string_view kInEveryName = "pdf";
constexpr char kBehindName = '\x01';  // below every character of a name
constexpr char kBelowIds = '#';
constexpr char kAboveIds = '~';

std::string name_key(std::string_view folded, const DocumentId& id) {
  return std::string(folded) + kBehindName + id.to_string();
}

std::string size_digits(std::uint64_t size) {
  return fmt::format("{:016}", std::min(size, kMostSize));
}

std::string_view name_of(OpenKind kind) {
  switch (kind) {
    case OpenKind::kPending:
      return "pending";
    case OpenKind::kRemoving:
      return "removing";
    case OpenKind::kDeleted:
      return "deleted";
  }
  return {};
}

// Value and id behind a separator, from the end: an id has a fixed length.
std::optional<std::pair<std::string_view, DocumentId>> split(std::string_view key, char separator) {
  if (key.size() < kIdLength + 1) return std::nullopt;
  const std::size_t at = key.size() - kIdLength - 1;
  const auto id = DocumentId::parse(key.substr(at + 1));
  if (key[at] != separator || !id) return std::nullopt;
  return std::pair(key.substr(0, at), *id);
}

bool is_continuation(char c) {
  return (static_cast<std::uint8_t>(c) & 0xc0U) == 0x80U;
}

// Which words a search row holds: rows of one document with other words are other rows, so none is ever overwritten.
std::string fingerprint_of(std::string_view words) {
  return fmt::format("{:08x}", crc32(words));
}

}  // namespace

unsigned shard_of(const DocumentId& id, unsigned shards) {
  const auto& bytes = id.bytes();
  return crc32({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) % shards;
}

std::string month_of(Timestamp time) {
  return format_rfc3339(time).substr(0, 7);
}

Timestamp first_of(std::string_view month) {
  return parse_date(std::string(month) + "-01").value_or(Timestamp{});
}

Timestamp last_of(std::string_view month) {
  // The 28th and four days are always in the next month.
  const Timestamp next = first_of(month) + std::chrono::days{31};
  return first_of(month_of(next)) - std::chrono::milliseconds{1};
}

char letter_of(State state) {
  static constexpr std::array kLetters{'A', 'Q', 'D'};
  return kLetters.at(std::to_underlying(state));
}

std::string date_partition(State state, std::string_view month, unsigned shard) {
  return fmt::format("L#{}#{}#{}", letter_of(state), month, shard);
}

std::string name_partition(State state, unsigned shard) {
  return fmt::format("N#{}#{}", letter_of(state), shard);
}

std::string size_partition(State state, unsigned shard) {
  return fmt::format("Z#{}#{}", letter_of(state), shard);
}

std::string open_partition(OpenKind kind, unsigned shard) {
  return fmt::format("{}#{}", name_of(kind), shard);
}

std::string category_partition(std::string_view category, State state, std::string_view month, unsigned shard) {
  return fmt::format("C#{}#{}#{}#{}", category, letter_of(state), month, shard);
}

std::string word_partition(std::string_view start, State state, std::string_view month, unsigned shard) {
  return fmt::format("T#{}#{}#{}#{}", start, letter_of(state), month, shard);
}

std::string checksum_partition(const Digest& checksum) {
  return "S#" + checksum.to_string();
}

std::string claim_partition(const Digest& key) {
  return "I#" + key.to_string();
}

std::string expiry_partition(const Digest& key, unsigned shards) {
  return expiry_partition(key.bytes().front() % shards);
}

std::string expiry_partition(unsigned shard) {
  return fmt::format("I#{}", shard);
}

std::string time_key(Timestamp time, const DocumentId& id) {
  return format_rfc3339(time) + kBelowIds + id.to_string();
}

std::string sort_key(SortBy sort_by, const Document& document) {
  switch (sort_by) {
    case SortBy::kUploadDate:
      return time_key(document.upload_date, document.id);
    case SortBy::kFilename:
      return name_key(filename_sort_key(document.filename.text()), document.id);
    case SortBy::kSize:
      return size_digits(document.size) + kBelowIds + document.id.to_string();
  }
  return {};
}

std::string sort_key(SortBy sort_by, const Position& position) {
  switch (sort_by) {
    case SortBy::kUploadDate:
      return time_key(std::get<Timestamp>(position.key), position.id);
    case SortBy::kFilename:
      return name_key(std::get<std::string>(position.key), position.id);
    case SortBy::kSize:
      return size_digits(std::get<std::uint64_t>(position.key)) + kBelowIds + position.id.to_string();
  }
  return {};
}

std::string lowest_key(Timestamp time) {
  return format_rfc3339(time) + kBelowIds;
}

std::string highest_key(Timestamp time) {
  return format_rfc3339(time) + kBelowIds + kAboveIds;
}

std::string lowest_size_key(std::uint64_t size) {
  return size_digits(size) + kBelowIds;
}

std::string highest_size_key(std::uint64_t size) {
  return size_digits(size) + kBelowIds + kAboveIds;
}

std::optional<Position> position_from(SortBy sort_by, std::string_view key) {
  const auto parts = split(key, sort_by == SortBy::kFilename ? kBehindName : kBelowIds);
  if (!parts) return std::nullopt;
  const auto& [value, id] = *parts;
  if (sort_by == SortBy::kFilename) return Position{std::string(value), id, {}};
  if (sort_by == SortBy::kUploadDate) {
    const auto time = parse_rfc3339(value);
    return time && value.size() == kTimeLength ? std::optional(Position{*time, id, {}}) : std::nullopt;
  }
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  const bool whole = error == std::errc{} && end == value.data() + value.size() && value.size() == kSizeDigits;
  return whole ? std::optional(Position{size, id, {}}) : std::nullopt;
}

std::optional<DocumentId> id_from_time_key(std::string_view key) {
  if (key.size() < kTimeLength + 1 + kIdLength || key[kTimeLength] != kBelowIds) return std::nullopt;
  return DocumentId::parse(key.substr(kTimeLength + 1, kIdLength));
}

std::optional<Timestamp> time_from_time_key(std::string_view key) {
  return parse_rfc3339(key.substr(0, kTimeLength));
}

std::string words_text(const std::string& filename) {
  std::string text = " ";
  for (const std::string& word : search_words(filename))
    text.append(word).append(" ");
  return text;
}

std::optional<std::string> start_of(std::string_view word) {
  std::size_t letters = 0;
  std::size_t end = 0;
  for (; end < word.size(); ++end) {
    if (is_continuation(word[end])) continue;
    if (letters == kStartLetters) break;
    ++letters;
  }
  std::string start(word.substr(0, end));
  if (start == kInEveryName) return std::nullopt;
  if (letters == kStartLetters || (letters == 1 && stands_alone(word))) return start;
  return std::nullopt;
}

std::vector<IndexRow> rows_of(const Document& document, unsigned shards) {
  const unsigned shard = shard_of(document.id, shards);
  const std::string month = month_of(document.upload_date);
  const std::string when = time_key(document.upload_date, document.id);
  std::vector<IndexRow> rows{{checksum_partition(document.checksum), when, {}}};
  if (const auto& sanitised = document.sanitised) {
    rows.push_back({checksum_partition(sanitised->original_checksum), when, {}});
  }
  for (const std::string& category : document.categories)
    rows.push_back({category_partition(category, document.state, month, shard), when, {}});
  const std::string words = words_text(document.filename.text());
  for (const std::string& word : search_words(document.filename.text())) {
    if (const auto start = start_of(word)) {
      rows.push_back({word_partition(*start, document.state, month, shard), when + "#" + fingerprint_of(words), words});
    }
  }
  std::ranges::sort(rows);
  const auto twice = std::ranges::unique(rows);
  rows.erase(twice.begin(), twice.end());
  return rows;
}

}  // namespace lazaret::dynamo
