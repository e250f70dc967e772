#include "metadata/dynamodb/index_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lazaret::dynamo {
namespace {

using aws::Item;

Item item_of(const IndexRow& row, std::uint64_t version) {
  Item item = index_key(row.partition, row.sort);
  item.emplace("_v", version);
  if (!row.words.empty()) item.emplace("_words", row.words);
  return item;
}

// A failed condition says that there is nothing to do.
Result<void> done_or_not_needed(aws::Outcome<void> outcome) {
  if (!outcome && aws::is_condition_failure(outcome.error())) return {};
  return to_result(std::move(outcome));
}

Result<void> put_row(Home& home, const Call& call, const IndexRow& row, std::uint64_t version) {
  aws::PutItem put{.table = home.index(), .item = item_of(row, version)};
  put.condition = "attribute_not_exists(" + put.expression.name("pk") + ") OR " + put.expression.name("_v") + " < " +
                  put.expression.value(version);
  return done_or_not_needed(home.db().put(call, put));
}

Result<void> delete_row(Home& home, const Call& call, const IndexRow& row, std::uint64_t version) {
  aws::DeleteItem remove{.table = home.index(), .key = index_key(row.partition, row.sort)};
  remove.condition = remove.expression.name("_v") + " <= " + remove.expression.value(version);
  return done_or_not_needed(home.db().remove(call, remove));
}

}  // namespace

IndexRows without(const IndexRows& rows, const IndexRows& others) {
  IndexRows left;
  std::ranges::set_difference(rows, others, std::back_inserter(left));
  return left;
}

Result<void> put_new_rows(Home& home, const Call& call, const IndexRows& rows, std::uint64_t version) {
  aws::BatchWrite batch{.table = home.index()};
  for (const IndexRow& row : rows)
    batch.puts.push_back(item_of(row, version));
  return to_result(home.db().write_batch(call, batch));
}

Result<void> put_rows(Home& home, const Call& call, const IndexRows& rows, std::uint64_t version) {
  return run_side_by_side(home.beside(), rows.size(),
                          [&](std::size_t i) { return put_row(home, call, rows[i], version); });
}

Result<void> delete_rows(Home& home, const Call& call, const IndexRows& rows, std::uint64_t version) {
  return run_side_by_side(home.beside(), rows.size(),
                          [&](std::size_t i) { return delete_row(home, call, rows[i], version); });
}

Result<void> delete_last_rows(Home& home, const Call& call, const IndexRows& rows) {
  aws::BatchWrite batch{.table = home.index()};
  for (const IndexRow& row : rows)
    batch.deletes.push_back(index_key(row.partition, row.sort));
  return to_result(home.db().write_batch(call, batch));
}

void settle_rows(Home& home, const Call& call, const DocumentId& id, const IndexRows& rows) {
  const auto shards = home.shards(call);
  const auto stored = home.read(call, id);
  if (!shards || !stored) return;
  if (!*stored) {
    // Rows come after the pending row and ids are never used again: of what is not there, nobody will want any.
    leave_undone_if_failed(delete_last_rows(home, call, rows));
    return;
  }
  const Row& row = (*stored)->row;
  // A pending row's own rows may be on their way; a removing row's are deleted with it, and these beside them.
  if (row.kind == RowKind::kPending || !row.document) return;
  const std::uint64_t version = number_of((*stored)->item, "version").value_or(row.document->version);
  const IndexRows wanted = row.kind == RowKind::kVisible ? rows_of(*row.document, *shards) : IndexRows{};
  const IndexRows unwanted = without(rows, wanted);
  leave_undone_if_failed(delete_rows(home, call, unwanted, version));
  leave_undone_if_failed(put_rows(home, call, without(rows, unwanted), version));
}

}  // namespace lazaret::dynamo
