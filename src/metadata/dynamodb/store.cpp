#include "metadata/dynamodb/store.h"

#include <utility>

#include "metadata/dynamodb/claims.h"
#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/lookups.h"
#include "metadata/dynamodb/removal.h"
#include "metadata/dynamodb/tables.h"
#include "metadata/dynamodb/totals.h"
#include "metadata/dynamodb/writes.h"

namespace lazaret {

using dynamo::Totals;

DynamoDbStore::DynamoDbStore(Parts parts, const DynamoDbStoreOptions& options)
    : options_(options),
      home_(std::make_unique<dynamo::Home>(dynamo::Home::Parts{parts.db, parts.clock, parts.beside}, options.table,
                                           options.months_kept)),
      totals_(std::make_unique<Totals>(parts.clock, options.totals_kept)) {}

DynamoDbStore::~DynamoDbStore() = default;

Result<ReserveOutcome> DynamoDbStore::reserve(const Call& call, const Reservation& reservation) {
  return dynamo::reserve(*home_, call, reservation);
}

Result<void> DynamoDbStore::renew(const Call& call, const Attempt& attempt, Timestamp lease_until) {
  return dynamo::renew(*home_, call, attempt, lease_until);
}

Result<void> DynamoDbStore::commit(const Call& call, const Document& document, AttemptId attempt,
                                   const std::optional<RecordedAnswer>& answer) {
  auto committed = dynamo::commit(*home_, call, document, attempt, answer);
  totals_->drop(Totals::Change::kMore);
  return committed;
}

Result<Document> DynamoDbStore::get(const Call& call, const DocumentId& id) {
  auto stored = home_->read(call, id);
  if (!stored) return std::unexpected(std::move(stored.error()));
  if (!*stored || (*stored)->row.kind != dynamo::RowKind::kVisible || !(*stored)->row.document) {
    return fail(ErrorCode::kNotFound, "dynamodb: no such document");
  }
  return std::move(*(*stored)->row.document);
}

Result<Page> DynamoDbStore::query(const Call& call, const Query& query) {
  return dynamo::list_documents(*home_, call, query, options_.lists, *totals_);
}

Result<std::optional<DocumentId>> DynamoDbStore::find_by_checksum(const Call& call, const Digest& checksum,
                                                                  const DocumentId& except) {
  return dynamo::find_by_checksum(*home_, call, checksum, except);
}

Result<void> DynamoDbStore::replace(const Call& call, const Document& document, std::uint64_t expected_version) {
  auto replaced = dynamo::replace(*home_, call, document, expected_version);
  totals_->drop(Totals::Change::kAny);
  return replaced;
}

Result<OpenWork> DynamoDbStore::begin_removal(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                              Timestamp due) {
  auto begun = dynamo::begin_removal(*home_, call, id, condition, due);
  totals_->drop(Totals::Change::kAny);
  return begun;
}

Result<void> DynamoDbStore::postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) {
  return dynamo::postpone_removal(*home_, call, id, retry_at);
}

Result<void> DynamoDbStore::finish_removal(const Call& call, const DocumentId& id) {
  return dynamo::finish_removal(*home_, call, id);
}

Result<std::vector<OpenWork>> DynamoDbStore::open_work(const Call& call, Timestamp now, std::size_t limit) {
  return dynamo::open_work(*home_, call, now, limit);
}

Result<std::vector<DocumentId>> DynamoDbStore::deleted_before(const Call& call, Timestamp time, std::size_t limit) {
  return dynamo::deleted_before(*home_, call, time, limit);
}

Result<std::size_t> DynamoDbStore::forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) {
  return dynamo::forget_expired_answers(*home_, call, now, limit);
}

Result<void> DynamoDbStore::probe(const Call& call) {
  return dynamo::probe_tables(*home_, call);
}

}  // namespace lazaret
