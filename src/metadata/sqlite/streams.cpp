#include "metadata/sqlite/streams.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "metadata/sqlite/rows.h"

namespace lazaret::sqlite {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint8_t kAboveNames[] = {0xff};  // bytes sort above all text
constexpr std::size_t kLeads = 4;
constexpr std::size_t kSorts = 3;
constexpr std::size_t kOrders = 2;

struct SortNames {
  const char* column;
  const char* suffix;
};
constexpr std::array<SortNames, kSorts> kSortNames{
    {{"upload_date", "date"}, {"filename_key", "name"}, {"size", "size"}}};

std::string source_text(Lead lead, SortBy sort_by) {
  const std::string suffix(kSortNames.at(std::to_underlying(sort_by)).suffix);
  switch (lead) {
    case Lead::kState:
      return "documents INDEXED BY documents_by_" + suffix + " WHERE state = ?1";
    case Lead::kFacet:
      return "documents INDEXED BY documents_by_facet_" + suffix + " WHERE facet = ?1";
    case Lead::kChecksum:
      return "documents INDEXED BY documents_by_checksum WHERE state = ?1 AND checksum = ?5";
    case Lead::kWord:
      return "document_word WHERE sort = " + std::to_string(std::to_underlying(sort_by)) +
             " AND state = ?1 AND word = ?5";
  }
  return {};
}

std::string make_text(Lead lead, SortBy sort_by, SortOrder order) {
  const bool down = order == SortOrder::kDescending;
  const std::string key(lead == Lead::kWord ? "key" : kSortNames.at(std::to_underlying(sort_by)).column);
  const std::string direction = down ? " DESC" : " ASC";
  return "SELECT " + key + ", id, serial, facet, size, upload_date FROM " + source_text(lead, sort_by) + " AND (" +
         key + ", id) " + (down ? "<" : ">") + " (?2, ?3) AND " + key + (down ? " >= " : " <= ") + "?4 ORDER BY " +
         key + direction + ", id" + direction;
}

using Texts = std::array<std::string, kLeads * kSorts * kOrders>;

std::size_t text_index(Lead lead, SortBy sort_by, SortOrder order) {
  return (std::to_underlying(lead) * kSorts + std::to_underlying(sort_by)) * kOrders + std::to_underlying(order);
}

bool has_sort(Lead lead, SortBy sort_by) {
  return lead != Lead::kChecksum || sort_by == SortBy::kUploadDate;
}

// Made once and never changed: statements are kept under these texts.
const Texts& texts() {
  static const Texts made_once = [] {
    Texts made;
    for (const Lead lead : {Lead::kState, Lead::kFacet, Lead::kChecksum, Lead::kWord}) {
      for (const SortBy sort_by : {SortBy::kUploadDate, SortBy::kFilename, SortBy::kSize}) {
        for (const SortOrder order : {SortOrder::kAscending, SortOrder::kDescending}) {
          if (has_sort(lead, sort_by)) made.at(text_index(lead, sort_by, order)) = make_text(lead, sort_by, order);
        }
      }
    }
    return made;
  }();
  return made_once;
}

std::int64_t clamp(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min(value, static_cast<std::uint64_t>(kHighest)));
}

void bind_key(Statement& statement, int parameter, const StreamRange::Key& key, SortBy sort_by) {
  if (sort_by != SortBy::kFilename) {
    statement.bind(parameter, key.number);
  } else if (key.above_all_names) {
    statement.bind(parameter, Bytes(kAboveNames));
  } else {
    statement.bind(parameter, key.name);
  }
}

struct Edges {
  StreamRange::Key low;
  StreamRange::Key high;
};

Edges edges_of(const Filter& filter, SortBy sort_by) {
  Edges edges{{kLowest, "", false}, {kHighest, "", true}};
  switch (sort_by) {
    case SortBy::kUploadDate:
      if (filter.date_from) edges.low.number = to_number(*filter.date_from);
      if (filter.date_to) edges.high.number = to_number(*filter.date_to);
      break;
    case SortBy::kSize:
      if (filter.size_min) edges.low.number = clamp(*filter.size_min);
      if (filter.size_max) edges.high.number = clamp(*filter.size_max);
      break;
    case SortBy::kFilename:
      break;
  }
  return edges;
}

std::optional<StreamRange::Key> key_of(const Position& position, SortBy sort_by) {
  switch (sort_by) {
    case SortBy::kUploadDate:
      if (const auto* time = std::get_if<Timestamp>(&position.key))
        return StreamRange::Key{to_number(*time), "", false};
      return std::nullopt;
    case SortBy::kFilename:
      if (const auto* name = std::get_if<std::string>(&position.key)) return StreamRange::Key{0, *name, false};
      return std::nullopt;
    case SortBy::kSize:
      if (const auto* size = std::get_if<std::uint64_t>(&position.key))
        return StreamRange::Key{clamp(*size), "", false};
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<StreamRange> make_range(const Filter& filter, SortBy sort_by, SortOrder order,
                               const std::optional<Position>& after) {
  const bool down = order == SortOrder::kDescending;
  auto [low, high] = edges_of(filter, sort_by);
  StreamRange range{
      .sort_by = sort_by, .order = order, .start = down ? high : low, .start_id = {}, .end = down ? low : high};
  if (down) range.start_id.assign(17, 0xff);
  if (!after) return range;
  auto key = key_of(*after, sort_by);
  if (!key) return fail(ErrorCode::kInvalidCursor, "the position belongs to another sort");
  // A position outside the filter's bounds must not widen them.
  const bool inside =
      sort_by == SortBy::kFilename || (down ? key->number <= range.start.number : key->number >= range.start.number);
  if (inside) {
    range.start = std::move(*key);
    range.start_id.assign(after->id.bytes().begin(), after->id.bytes().end());
  }
  return range;
}

Position to_position(const Candidate& candidate, SortBy sort_by, const Total& total) {
  switch (sort_by) {
    case SortBy::kUploadDate:
      return {to_time(candidate.number), candidate.id, total};
    case SortBy::kFilename:
      return {candidate.name, candidate.id, total};
    case SortBy::kSize:
      return {static_cast<std::uint64_t>(candidate.number), candidate.id, total};
  }
  return {};
}

bool comes_before(const Candidate& a, const Candidate& b, SortBy sort_by, SortOrder order) {
  const Candidate& first = order == SortOrder::kAscending ? a : b;
  const Candidate& second = order == SortOrder::kAscending ? b : a;
  if (sort_by == SortBy::kFilename) return std::tie(first.name, first.id) < std::tie(second.name, second.id);
  return std::tie(first.number, first.id) < std::tie(second.number, second.id);
}

Result<Stream> Stream::open(Connection& connection, const StreamSource& source, const StreamRange& range) {
  auto statement = connection.prepare(texts().at(text_index(source.lead, range.sort_by, range.order)));
  if (!statement) return std::unexpected(statement.error());
  statement->bind(1, source.lead == Lead::kFacet ? source.facet : std::to_underlying(source.state));
  bind_key(*statement, 2, range.start, range.sort_by);
  statement->bind(3, Bytes(range.start_id));
  bind_key(*statement, 4, range.end, range.sort_by);
  if (source.lead == Lead::kChecksum) statement->bind(5, Bytes(source.checksum.bytes()));
  if (source.lead == Lead::kWord) statement->bind(5, source.word);
  return Stream(std::move(*statement), range.sort_by);
}

Result<bool> Stream::advance() {
  auto row = statement_.step();
  if (!row || !*row) return row;
  if (sort_by_ == SortBy::kFilename) {
    head_.name.assign(statement_.text(0));
  } else {
    head_.number = statement_.integer(0);
  }
  const auto id = to_id(statement_.bytes(1));
  if (!id) return fail(ErrorCode::kCorrupt, "sqlite: an index row is damaged in its id");
  head_.id = *id;
  head_.serial = statement_.integer(2);
  head_.facet = statement_.integer(3);
  head_.size = statement_.integer(4);
  head_.upload_date = statement_.integer(5);
  return true;
}

Result<Merge> Merge::open(Connection& connection, const std::vector<StreamSource>& sources, const StreamRange& range) {
  Merge merge(range);
  merge.streams_.reserve(sources.size());
  for (const StreamSource& source : sources) {
    auto stream = Stream::open(connection, source, range);
    if (!stream) return std::unexpected(stream.error());
    merge.streams_.push_back(std::move(*stream));
  }
  for (std::size_t i = 0; i < merge.streams_.size(); ++i) {
    if (auto filled = merge.refill(i); !filled) return std::unexpected(filled.error());
  }
  return merge;
}

bool Merge::later(std::size_t a, std::size_t b) const {
  return comes_before(streams_[b].head(), streams_[a].head(), range_->sort_by, range_->order);
}

Result<void> Merge::refill(std::size_t stream) {
  const auto row = streams_[stream].advance();
  if (!row) return std::unexpected(row.error());
  if (!*row) return {};
  heap_.push_back(stream);
  std::ranges::push_heap(heap_, [this](std::size_t a, std::size_t b) { return later(a, b); });
  return {};
}

Result<const Candidate*> Merge::next() {
  for (;;) {
    if (taken_) {
      const std::size_t stream = *taken_;
      taken_.reset();
      if (auto filled = refill(stream); !filled) return std::unexpected(filled.error());
    }
    if (heap_.empty()) return nullptr;
    std::ranges::pop_heap(heap_, [this](std::size_t a, std::size_t b) { return later(a, b); });
    taken_ = heap_.back();
    heap_.pop_back();
    const Candidate& head = streams_[*taken_].head();
    if (last_ == head.id) continue;  // found by two words
    last_ = head.id;
    return &head;
  }
}

std::string end_of_prefix(std::string_view prefix) {
  // No word holds the last code point of Unicode, which is a noncharacter.
  return std::string(prefix) + "\U0010FFFF";
}

std::vector<std::string_view> stream_texts() {
  std::vector<std::string_view> made;
  for (const std::string& text : texts()) {
    if (!text.empty()) made.emplace_back(text);
  }
  return made;
}

}  // namespace lazaret::sqlite
