#include "metadata/dynamodb/home.h"

#include <deque>
#include <utility>

namespace lazaret::dynamo {
namespace {

using aws::AttributeValue;
using aws::Item;

constexpr std::uint64_t kMostShards = 64;
constexpr std::string_view kDirectory = "M#dir";
constexpr std::string_view kConfiguration = "M#cfg";

GatheredReads::Reads reads_of(aws::DynamoDbClient& db, const std::string& table) {
  const auto alone = [&db, &table](const Call& call, const DocumentId& id) {
    return to_result(db.get(call, {.table = table, .key = key_of(id), .consistency = aws::Consistency::kStrong}));
  };
  const auto together = [&db, &table](const Call& call,
                                      const std::vector<DocumentId>& ids) -> Result<std::map<DocumentId, Item>> {
    aws::BatchGet batch{.table = table, .consistency = aws::Consistency::kStrong};
    for (const DocumentId& id : ids)
      batch.keys.push_back(key_of(id));
    auto found = db.get_batch(call, batch);
    if (!found) return fail_as(std::move(found.error()));
    std::map<DocumentId, Item> by_id;
    for (Item& item : found->items) {
      const std::string* text = text_of(item, "id");
      const auto id = text == nullptr ? std::nullopt : DocumentId::parse(*text);
      if (!id) return fail(ErrorCode::kCorrupt, "dynamodb: an item came back without the id it was asked for by");
      by_id.emplace(*id, std::move(item));
    }
    return by_id;
  };
  return {alone, together};
}

}  // namespace

Error to_error(aws::Failure failure) {
  Error error = std::move(failure.error);
  switch (error.code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kOverloaded:
    case ErrorCode::kDeadline:
    case ErrorCode::kCancelled:
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return error;
    default:
      error.code = ErrorCode::kUnavailable;
      return error;
  }
}

std::unexpected<Error> fail_as(aws::Failure failure) {
  return std::unexpected(to_error(std::move(failure)));
}

Result<void> run_side_by_side(WorkerPool& pool, std::size_t count,
                              const std::function<Result<void>(std::size_t)>& task) {
  std::vector<Result<void>> results(count);
  {
    std::deque<Beside> others;
    for (std::size_t i = 1; i < count; ++i)
      others.emplace_back(pool, [&, i] { results[i] = task(i); });
    if (count > 0) results[0] = task(0);
  }
  for (Result<void>& result : results) {
    if (!result) return std::move(result);
  }
  return {};
}

std::string index_table_of(const std::string& table) {
  return table + "-index";
}

Item index_key(std::string_view partition, std::string_view sort) {
  return {{"pk", partition}, {"sk", sort}};
}

Home::Home(Parts parts, std::string table, std::chrono::milliseconds months_kept)
    : parts_(parts),
      documents_(std::move(table)),
      index_(index_table_of(documents_)),
      months_kept_(months_kept),
      reads_(reads_of(parts.db, documents_)) {}

Result<unsigned> Home::shards(const Call& call) {
  if (const unsigned known = shards_.load()) return known;
  const auto item = db().get(call, {.table = index_, .key = index_key(kConfiguration, "layout")});
  if (!item) return fail_as(item.error());
  const auto shards = *item ? number_of(**item, "shards") : std::nullopt;
  if (!shards || *shards == 0 || *shards > kMostShards) {
    return fail(ErrorCode::kUnavailable,
                "dynamodb: table " + index_ + " was not set up by this program: run `lazaret init`");
  }
  shards_ = static_cast<unsigned>(*shards);
  return shards_.load();
}

Result<std::optional<StoredRow>> Home::read(const Call& call, const DocumentId& id) {
  auto item = reads_.read(call, id);
  if (!item) return std::unexpected(std::move(item.error()));
  if (!*item) return std::nullopt;
  auto row = row_from(**item);
  if (!row) return std::unexpected(std::move(row.error()));
  return StoredRow{std::move(**item), std::move(*row)};
}

Result<void> Home::note_month(const Call& call, State state, const std::string& month) {
  {
    const std::lock_guard lock(mutex_);
    if (known_[state].months.contains(month)) return {};
  }
  aws::UpdateItem update{.table = index_, .key = index_key(kDirectory, std::string(1, letter_of(state)))};
  update.update = "ADD " + update.expression.name("months") + " ";
  update.update += update.expression.value(AttributeValue::StringSet{month});
  if (auto added = db().update(call, update); !added) return fail_as(std::move(added.error()));
  const std::lock_guard lock(mutex_);
  known_[state].months.insert(month);
  return {};
}

Result<std::vector<std::string>> Home::months(const Call& call, State state) {
  const auto now = clock().steady_now();
  {
    const std::lock_guard lock(mutex_);
    const Known& known = known_[state];
    const bool read_before = known.read_at != std::chrono::steady_clock::time_point::min();
    if (read_before && now - known.read_at < months_kept_) {
      return std::vector(known.months.begin(), known.months.end());
    }
  }
  const auto item = db().get(call, {.table = index_, .key = index_key(kDirectory, std::string(1, letter_of(state)))});
  if (!item) return fail_as(item.error());
  const std::lock_guard lock(mutex_);
  Known& known = known_[state];
  known.read_at = now;
  if (*item) {
    const auto found = (*item)->find("months");
    const auto* months = found == (*item)->end() ? nullptr : found->second.get_if<AttributeValue::StringSet>();
    if (months == nullptr) return fail(ErrorCode::kCorrupt, "dynamodb: the directory of months is damaged");
    known.months.insert(months->begin(), months->end());
  }
  return std::vector(known.months.begin(), known.months.end());
}

}  // namespace lazaret::dynamo
