#include "metadata/dynamodb/streams.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "metadata/dynamodb/filter.h"

namespace lazaret::dynamo {
namespace {

using aws::Item;

constexpr std::size_t kMostStreams = 64;
constexpr std::uint32_t kMostInPiece = 2000;
constexpr std::uint32_t kPieceGrowth = 4;

struct Place {
  std::string_view index;  // of the main table; empty: the index table
  std::string_view partition;
  std::string_view sort;
};

Place place_of(SourceKind kind) {
  switch (kind) {
    case SourceKind::kDate:
      return {kByDate, "_lp", "_lk"};
    case SourceKind::kName:
      return {kByName, "_np", "_nk"};
    case SourceKind::kSize:
      return {kBySize, "_sp", "_sk"};
    case SourceKind::kCategory:
    case SourceKind::kWord:
    case SourceKind::kChecksum:
      return {"", "pk", "sk"};
  }
  return {};
}

// So many from each of so many partitions that a page of `limit` rarely needs a second piece from any.
std::uint32_t first_piece(const Query& query, const Plan& plan) {
  const std::size_t partitions = plan.stages.empty() ? 1 : std::max<std::size_t>(1, plan.stages.front().sources.size());
  const bool passes_over = !plan.stages.empty() && !plan.stages.front().sources.empty() &&
                           filters_on_engine(plan.stages.front().sources.front().kind, query.filter);
  const double share = passes_over ? static_cast<double>(query.limit)
                                   : static_cast<double>(query.limit) / static_cast<double>(partitions);
  return static_cast<std::uint32_t>(share + 3 * std::sqrt(share)) + 2;
}

std::unexpected<Error> damaged_entry() {
  return fail(ErrorCode::kCorrupt, "dynamodb: an entry of an index is damaged");
}

}  // namespace

aws::QueryItems Stream::request() const {
  const Place place = place_of(source_.kind);
  aws::QueryItems query{.table = place.index.empty() ? home_.index() : home_.documents(),
                        .index = std::string(place.index)};
  aws::Expression& expression = query.expression;
  query.key_condition = expression.name(place.partition) + " = " + expression.value(source_.partition) + " AND " +
                        expression.name(place.sort) + " BETWEEN " + expression.value(plan_.low) + " AND " +
                        expression.value(plan_.high);
  if (source_.kind == SourceKind::kWord) {
    query.filter = words_expression(query_.filter, expression);
  } else if (!is_index_row(source_.kind)) {
    const HeldByKey held{.dates = source_.kind == SourceKind::kDate, .sizes = source_.kind == SourceKind::kSize};
    query.filter = filter_expression(query_.filter, held, expression);
  }
  query.direction = query_.sort_order == SortOrder::kAscending ? aws::Direction::kForward : aws::Direction::kBackward;
  query.start = next_;
  return query;
}

// Without what a search row has behind it.
Result<std::string> Stream::key_from(const Item& item) const {
  const std::string* key = text_of(item, place_of(source_.kind).sort);
  if (key == nullptr) return damaged_entry();
  if (!is_index_row(source_.kind)) return *key;
  const auto time = time_from_time_key(*key);
  const auto id = id_from_time_key(*key);
  if (!time || !id) return damaged_entry();
  return time_key(*time, *id);
}

Result<Candidate> Stream::candidate_from(const Item& item) const {
  auto key = key_from(item);
  if (!key) return std::unexpected(std::move(key.error()));
  const auto position = position_from(query_.sort_by, *key);
  if (!position) return damaged_entry();
  Candidate candidate{std::move(*key), position->id, std::nullopt};
  if (is_index_row(source_.kind)) {
    const std::string* words = text_of(item, "_words");
    candidate.row = IndexRow{source_.partition, *text_of(item, "sk"), words == nullptr ? "" : *words};
  }
  return candidate;
}

Result<void> Stream::fetch(const Call& call, std::uint32_t limit) {
  aws::QueryItems query = request();
  query.limit = limit;
  auto page = home_.db().query(call, query);
  if (!page) return fail_as(std::move(page.error()));
  bytes_read_ += page->bytes_read;
  for (const Item& item : page->items) {
    auto candidate = candidate_from(item);
    if (!candidate) return std::unexpected(std::move(candidate.error()));
    found_.push_back(std::move(*candidate));
  }
  next_ = std::move(page->next);
  finished_ = !next_.has_value();
  if (finished_) return {};
  auto key = key_from(*next_);
  if (!key) return std::unexpected(std::move(key.error()));
  seen_to_ = std::move(*key);
  return {};
}

Candidate Stream::take_head() {
  Candidate head = std::move(found_.front());
  found_.pop_front();
  return head;
}

Merge::Merge(Home& home, const Query& query, const Plan& plan)
    : home_(home), query_(query), plan_(plan), piece_(first_piece(query, plan)) {
  if (query.after) last_ = sort_key(query.sort_by, *query.after);
}

bool Merge::before(const std::string& a, const std::string& b) const {
  return query_.sort_order == SortOrder::kAscending ? a < b : b < a;
}

Stream* Merge::first_stream() {
  Stream* first = nullptr;
  for (Stream& stream : streams_) {
    if (stream.has_head() && (first == nullptr || before(stream.head().key, first->head().key))) first = &stream;
  }
  return first;
}

// No partition that may hold more can hold something before this key.
bool Merge::is_safe(const std::string& key) const {
  return std::ranges::none_of(streams_, [&](const Stream& stream) {
    return stream.wants_fetch() && (!stream.seen_to() || before(*stream.seen_to(), key));
  });
}

bool Merge::stage_finished() const {
  return std::ranges::none_of(streams_, [](const Stream& stream) { return stream.has_head() || stream.wants_fetch(); });
}

bool Merge::finished() const {
  return stage_finished() && opened_ == plan_.stages.size();
}

std::uint64_t Merge::bytes_read() const {
  std::uint64_t sum = bytes_before_;
  for (const Stream& stream : streams_)
    sum += stream.bytes_read();
  return sum;
}

// Months that hold little are opened ever more at a time.
void Merge::open_stages() {
  bytes_before_ = bytes_read();
  streams_.clear();
  for (std::size_t count = 0; count < stages_at_once_ && opened_ < plan_.stages.size(); ++count) {
    const auto& sources = plan_.stages[opened_].sources;
    if (!streams_.empty() && streams_.size() + sources.size() > kMostStreams) break;
    for (const Source& source : sources)
      streams_.emplace_back(home_, query_, plan_, source);
    ++opened_;
  }
  stages_at_once_ *= 2;
}

Result<void> Merge::fetch(const Call& call) {
  std::vector<Stream*> waiting;
  for (Stream& stream : streams_) {
    if (stream.wants_fetch()) waiting.push_back(&stream);
  }
  auto fetched =
      run_side_by_side(home_.beside(), waiting.size(), [&](std::size_t i) { return waiting[i]->fetch(call, piece_); });
  piece_ = std::min(piece_ * kPieceGrowth, kMostInPiece);
  fetched_ = true;
  return fetched;
}

Result<std::vector<Candidate>> Merge::next(const Call& call, std::size_t most, const std::function<bool()>& may_fetch) {
  std::vector<Candidate> found;
  while (found.size() < most) {
    Stream* const first = first_stream();
    if (first != nullptr && is_safe(first->head().key)) {
      Candidate candidate = first->take_head();
      // At or before where the walk began, or found twice: by two categories, or by a row that is left over.
      if (last_ && !before(*last_, candidate.key)) continue;
      last_ = candidate.key;
      found.push_back(std::move(candidate));
      continue;
    }
    if (finished() || (fetched_ && !may_fetch())) return found;
    if (stage_finished()) open_stages();
    if (auto fetched = fetch(call); !fetched) return std::unexpected(std::move(fetched.error()));
  }
  return found;
}

Position Merge::seen_to() const {
  const std::string* least = nullptr;
  for (const Stream& stream : streams_) {
    if (!stream.wants_fetch() || !stream.seen_to()) continue;
    if (least == nullptr || before(*stream.seen_to(), *least)) least = &*stream.seen_to();
  }
  if (least == nullptr) return behind_month(plan_.stages[opened_ - 1].month, query_.sort_order);
  return position_from(query_.sort_by, *least).value_or(Position{});
}

}  // namespace lazaret::dynamo
