#include "metadata/dynamodb/removal.h"

#include <algorithm>
#include <string>
#include <utility>

#include "metadata/dynamodb/claims.h"
#include "metadata/dynamodb/index_rows.h"

namespace lazaret::dynamo {
namespace {

using aws::Item;

// A row that moves under our hands is read again; every move was somebody's success.
constexpr int kMostTries = 8;
constexpr std::size_t kMostEntries = 1000;

std::unexpected<Error> no_such_row() {
  return fail(ErrorCode::kNotFound, "dynamodb: no such row");
}

Result<void> check(const Row& row, const RemovalCondition& condition) {
  bool holds = true;
  if (row.kind == RowKind::kVisible) {
    holds = !condition.attempt && !condition.pending_lease_over_at &&
            (!condition.version || (row.document && *condition.version == row.document->version));
  } else {
    holds = !condition.version && (!condition.attempt || *condition.attempt == row.attempt.attempt) &&
            (!condition.pending_lease_over_at || row.due <= *condition.pending_lease_over_at);
  }
  if (holds) return {};
  return fail(ErrorCode::kConflict, "dynamodb: the row is not as the removal asks");
}

// What the row becomes: out of every list, and open work.
Item removing_item(const StoredRow& stored, Timestamp due, unsigned shards) {
  const DocumentId& id = stored.row.attempt.id;
  Item item = stored.item;
  for (const std::string_view key : {"_lp", "_lk", "_np", "_nk", "_sp", "_sk", "_words", "_claim"})
    item.erase(std::string(key));
  if (const auto& document = stored.row.document; document && stored.row.adopted) {
    item.insert_or_assign("_removed", to_string(document->state));
    item.insert_or_assign("version", document->version + 1);
  }
  item.try_emplace("_attempt", stored.row.attempt.attempt.to_string());
  item.insert_or_assign("state", kRemovingState);
  item.insert_or_assign("_op", open_partition(OpenKind::kRemoving, shard_of(id, shards)));
  item.insert_or_assign("_ok", time_key(due, id));
  return item;
}

// The row is as it was read: for what is pending the lease counts, for a document its version.
std::string unchanged(const StoredRow& stored, aws::Expression& expression) {
  std::string condition;
  for (const std::string_view name : {"state", "version", "_attempt", "_ok"}) {
    if (!condition.empty()) condition += " AND ";
    const auto found = stored.item.find(name);
    condition += found == stored.item.end() ? "attribute_not_exists(" + expression.name(name) + ")"
                                            : expression.name(name) + " = " + expression.value(found->second);
  }
  return condition;
}

// False: the row changed since it was read.
Result<bool> turn_to_removing(Home& home, const Call& call, const StoredRow& stored, Timestamp due, unsigned shards) {
  aws::UpdateItem update{.table = home.documents(), .key = key_of(stored.row.attempt.id)};
  update.update = update_between(stored.item, removing_item(stored, due, shards), update.expression);
  update.condition = unchanged(stored, update.expression);
  auto updated = home.db().update(call, update);
  if (updated) return true;
  if (aws::is_condition_failure(updated.error())) return false;
  return fail_as(std::move(updated.error()));
}

}  // namespace

Result<OpenWork> begin_removal(Home& home, const Call& call, const DocumentId& id, const RemovalCondition& condition,
                               Timestamp due) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  std::optional<Digest> claim;  // of the pending row that was there
  for (int tries = 0; tries < kMostTries; ++tries) {
    const auto stored = home.read(call, id);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) return no_such_row();
    const Row& row = (*stored)->row;
    if (row.kind == RowKind::kRemoving) {
      // Turned by us, perhaps by a try whose answer was lost, or by another: the claim goes either way.
      if (claim) {
        auto released = release_claim(home, call, *claim, row.attempt);
        if (!released) return std::unexpected(std::move(released.error()));
      }
      return work_of(row);
    }
    if (auto holds = check(row, condition); !holds) return std::unexpected(std::move(holds.error()));
    claim = row.claim;
    const auto turned = turn_to_removing(home, call, **stored, due, *shards);
    if (!turned) return std::unexpected(turned.error());
    if (!*turned) continue;
    if (claim) {
      auto released = release_claim(home, call, *claim, row.attempt);
      if (!released) return std::unexpected(std::move(released.error()));
    }
    return OpenWork{WorkKind::kRemoving, row.attempt, row.s3_key, due};
  }
  return fail(ErrorCode::kOverloaded, "dynamodb: the row changes faster than it can be removed", Retry::kSafe);
}

Result<void> postpone_removal(Home& home, const Call& call, const DocumentId& id, Timestamp retry_at) {
  aws::UpdateItem update{.table = home.documents(), .key = key_of(id)};
  aws::Expression& expression = update.expression;
  update.update = "SET " + expression.name("_ok") + " = " + expression.value(time_key(retry_at, id));
  update.condition = expression.name("state") + " = " + expression.value(kRemovingState);
  auto updated = home.db().update(call, update);
  if (!updated && aws::is_condition_failure(updated.error())) return no_such_row();
  return to_result(std::move(updated));
}

Result<void> finish_removal(Home& home, const Call& call, const DocumentId& id) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  const auto stored = home.read(call, id);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || (*stored)->row.kind != RowKind::kRemoving) return {};
  if (const auto& document = (*stored)->row.document) {
    auto deleted = delete_last_rows(home, call, rows_of(*document, *shards));
    if (!deleted) return deleted;
  }
  aws::DeleteItem remove{.table = home.documents(), .key = key_of(id)};
  remove.condition = remove.expression.name("state") + " = " + remove.expression.value(kRemovingState);
  auto removed = home.db().remove(call, remove);
  if (!removed && aws::is_condition_failure(removed.error())) return {};
  return to_result(std::move(removed));
}

namespace {

// Entries of the index of open work, of one kind in every shard, due first.
Result<std::vector<Item>> entries(Home& home, const Call& call, OpenKind kind, Timestamp time, std::size_t limit) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  std::vector<std::vector<Item>> found(*shards);
  auto read = run_side_by_side(home.beside(), *shards, [&](std::size_t shard) -> Result<void> {
    aws::QueryItems query{.table = home.documents(), .index = std::string(kOpen)};
    query.key_condition = query.expression.name("_op") + " = " +
                          query.expression.value(open_partition(kind, static_cast<unsigned>(shard))) + " AND " +
                          query.expression.name("_ok") + " < " + query.expression.value(highest_key(time));
    query.limit = static_cast<std::uint32_t>(std::min(limit, kMostEntries));
    auto page = home.db().query(call, query);
    if (!page) return fail_as(std::move(page.error()));
    found[shard] = std::move(page->items);
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  std::vector<Item> all;
  for (auto& items : found)
    std::ranges::move(items, std::back_inserter(all));
  std::ranges::sort(all, {}, [](const Item& item) {
    const std::string* key = text_of(item, "_ok");
    return key == nullptr ? std::string{} : *key;
  });
  if (all.size() > limit) all.resize(limit);
  return all;
}

Result<OpenWork> work_from(const Item& entry, WorkKind kind) {
  const std::string* id = text_of(entry, "id");
  const std::string* attempt = text_of(entry, "_attempt");
  const std::string* key = text_of(entry, "s3_key");
  const std::string* due = text_of(entry, "_ok");
  const auto parsed_id = id == nullptr ? std::nullopt : DocumentId::parse(*id);
  const auto parsed_attempt = attempt == nullptr ? AttemptId{} : AttemptId::parse(*attempt).value_or(AttemptId{});
  const auto time = due == nullptr ? std::nullopt : time_from_time_key(*due);
  if (!parsed_id || key == nullptr || !time)
    return fail(ErrorCode::kCorrupt, "dynamodb: a row of open work is damaged");
  return OpenWork{kind, {*parsed_id, parsed_attempt}, ObjectKey(*key), *time};
}

}  // namespace

Result<std::vector<OpenWork>> open_work(Home& home, const Call& call, Timestamp now, std::size_t limit) {
  std::vector<OpenWork> work;
  for (const auto& [open, kind] :
       {std::pair(OpenKind::kPending, WorkKind::kPending), std::pair(OpenKind::kRemoving, WorkKind::kRemoving)}) {
    const auto items = entries(home, call, open, now, limit);
    if (!items) return std::unexpected(items.error());
    for (const Item& item : *items) {
      auto one = work_from(item, kind);
      if (!one) return std::unexpected(std::move(one.error()));
      work.push_back(std::move(*one));
    }
  }
  std::ranges::sort(work, {}, [](const OpenWork& one) { return std::pair(one.due, one.attempt.id); });
  if (work.size() > limit) work.resize(limit);
  return work;
}

Result<std::vector<DocumentId>> deleted_before(Home& home, const Call& call, Timestamp time, std::size_t limit) {
  const auto items = entries(home, call, OpenKind::kDeleted, time, limit);
  if (!items) return std::unexpected(items.error());
  std::vector<DocumentId> ids;
  for (const Item& item : *items) {
    const std::string* id = text_of(item, "id");
    const auto parsed = id == nullptr ? std::nullopt : DocumentId::parse(*id);
    if (!parsed) return fail(ErrorCode::kCorrupt, "dynamodb: a row of deleted documents is damaged");
    ids.push_back(*parsed);
  }
  return ids;
}

}  // namespace lazaret::dynamo
