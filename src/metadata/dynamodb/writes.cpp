#include "metadata/dynamodb/writes.h"

#include <string>
#include <utility>

#include "metadata/dynamodb/claims.h"
#include "metadata/dynamodb/index_rows.h"

namespace lazaret::dynamo {
namespace {

using aws::Item;

std::unexpected<Error> not_this_attempts() {
  return fail(ErrorCode::kConflict, "dynamodb: the row is not this attempt's");
}

bool is_pending(const Row& row, const Attempt& attempt) {
  return row.kind == RowKind::kPending && row.attempt == attempt;
}

bool is_committed(const std::optional<StoredRow>& stored, const Attempt& attempt) {
  return stored && stored->row.kind == RowKind::kVisible && stored->row.attempt == attempt;
}

// The pending row; Reserved too where an earlier try of ours made it.
Result<ReserveOutcome> make_pending(Home& home, const Call& call, const Reservation& reservation, unsigned shards) {
  aws::PutItem put{.table = home.documents(), .item = pending_item(reservation, shards)};
  put.condition = "attribute_not_exists(" + put.expression.name("id") + ")";
  auto made = home.db().put(call, put);
  if (made) return Reserved{};
  if (!aws::is_condition_failure(made.error())) return fail_as(std::move(made.error()));
  const auto stored = home.read(call, reservation.attempt.id);
  if (!stored) return std::unexpected(stored.error());
  if (*stored && is_pending((*stored)->row, reservation.attempt)) return Reserved{};
  return fail(ErrorCode::kAlreadyExists, "dynamodb: the id is taken");
}

// pending -> visible: the whole item, for of a pending row nothing stays. False: the row is not this attempt's.
Result<bool> flip(Home& home, const Call& call, const Document& document, const Attempt& attempt, unsigned shards) {
  aws::PutItem put{.table = home.documents(), .item = document_item(document, attempt.attempt, shards)};
  put.condition = put.expression.name("state") + " = " + put.expression.value(kPendingState) + " AND " +
                  put.expression.name("_attempt") + " = " + put.expression.value(attempt.attempt.to_string());
  auto flipped = home.db().put(call, put);
  if (flipped) return true;
  if (aws::is_condition_failure(flipped.error())) return false;
  return fail_as(std::move(flipped.error()));
}

// Before the document appears: its rows, and the month they and it lie in.
Result<void> prepare_lists(Home& home, const Call& call, const Document& document, const IndexRows& rows) {
  auto noted = home.note_month(call, document.state, month_of(document.upload_date));
  return noted ? put_new_rows(home, call, rows, document.version) : noted;
}

// The claim that the pending row runs under, with the answer laid into it. kConflict: the row is another's, or its
// claim.
struct PreparedClaim {
  std::optional<Digest> key;
  bool committed = false;  // already, by an earlier try
};
Result<PreparedClaim> prepare_claim(Home& home, const Call& call, const Attempt& attempt,
                                    const RecordedAnswer& answer) {
  const auto stored = home.read(call, attempt.id);
  if (!stored) return std::unexpected(stored.error());
  if (is_committed(*stored, attempt)) return PreparedClaim{{}, true};
  if (!*stored || !is_pending((*stored)->row, attempt)) return not_this_attempts();
  const auto& key = (*stored)->row.claim;
  if (!key) return PreparedClaim{};
  auto prepared = prepare_answer(home, call, *key, attempt, answer);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  return PreparedClaim{key, false};
}

}  // namespace

Result<ReserveOutcome> reserve(Home& home, const Call& call, const Reservation& reservation) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  const auto& wanted = reservation.idempotency;
  if (wanted) {
    auto claimed = claim(home, call, reservation, *wanted);
    if (!claimed || !std::holds_alternative<Reserved>(*claimed)) return claimed;
  }
  auto made = make_pending(home, call, reservation, *shards);
  if (!made && wanted && made.error().code == ErrorCode::kAlreadyExists) {
    leave_undone_if_failed(release_claim(home, call, wanted->key, reservation.attempt));
  }
  return made;
}

// The claim follows by itself: who meets it looks at the row.
Result<void> renew(Home& home, const Call& call, const Attempt& attempt, Timestamp lease_until) {
  aws::UpdateItem update{.table = home.documents(), .key = key_of(attempt.id)};
  aws::Expression& expression = update.expression;
  update.update = "SET " + expression.name("_ok") + " = " + expression.value(time_key(lease_until, attempt.id));
  update.condition = expression.name("state") + " = " + expression.value(kPendingState) + " AND " +
                     expression.name("_attempt") + " = " + expression.value(attempt.attempt.to_string());
  auto updated = home.db().update(call, update);
  if (!updated && aws::is_condition_failure(updated.error())) return not_this_attempts();
  return to_result(std::move(updated));
}

Result<void> commit(Home& home, const Call& call, const Document& document, AttemptId attempt_id,
                    const std::optional<RecordedAnswer>& answer) {
  const Attempt attempt{document.id, attempt_id};
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  PreparedClaim claim;
  if (answer) {
    auto prepared = prepare_claim(home, call, attempt, *answer);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    if (prepared->committed) return {};
    claim = *prepared;
  }
  const IndexRows rows = rows_of(document, *shards);
  if (auto prepared = prepare_lists(home, call, document, rows); !prepared) return prepared;
  const auto flipped = flip(home, call, document, attempt, *shards);
  if (!flipped) return std::unexpected(flipped.error());
  if (!*flipped) {
    const auto stored = home.read(call, document.id);
    if (!stored) return std::unexpected(stored.error());
    // Rows may have been put for what a later change does not want, or for nothing at all.
    settle_rows(home, call, document.id, rows);
    if (!is_committed(*stored, attempt)) return not_this_attempts();
  }
  // Who asks for the answer before this is done finds it by the document.
  if (claim.key) leave_undone_if_failed(finish_answer(home, call, *claim.key, attempt));
  return {};
}

namespace {

// The document that a change begins with. kConflict: another version is stored.
struct Change {
  StoredRow before;
  bool made = false;  // already, by an earlier try
};

Result<Change> begin_change(Home& home, const Call& call, const Document& document, std::uint64_t expected_version) {
  auto stored = home.read(call, document.id);
  if (!stored) return std::unexpected(std::move(stored.error()));
  if (!*stored || (*stored)->row.kind != RowKind::kVisible || !(*stored)->row.document) {
    return fail(ErrorCode::kNotFound, "dynamodb: no such document");
  }
  const Document& found = *(*stored)->row.document;
  const bool made = found == document;
  if (!made && found.version != expected_version) {
    return fail(ErrorCode::kConflict, "dynamodb: another version is stored");
  }
  return Change{std::move(**stored), made};
}

// False: the stored document is no longer the one the change began with.
Result<bool> write_change(Home& home, const Call& call, const StoredRow& before, const Document& document,
                          unsigned shards) {
  aws::UpdateItem update{.table = home.documents(), .key = key_of(document.id)};
  aws::Expression& expression = update.expression;
  update.update = update_between(before.item, document_item(document, before.row.attempt.attempt, shards), expression);
  for (const std::string_view name : {"version", "state"}) {
    if (!update.condition.empty()) update.condition += " AND ";
    const auto found = before.item.find(name);
    update.condition += found == before.item.end() ? "attribute_not_exists(" + expression.name(name) + ")"
                                                   : expression.name(name) + " = " + expression.value(found->second);
  }
  update.condition += " AND attribute_exists(" + expression.name("id") + ")";
  auto updated = home.db().update(call, update);
  if (updated) return true;
  if (aws::is_condition_failure(updated.error())) return false;
  return fail_as(std::move(updated.error()));
}

}  // namespace

Result<void> replace(Home& home, const Call& call, const Document& document, std::uint64_t expected_version) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  auto change = begin_change(home, call, document, expected_version);
  if (!change) return std::unexpected(std::move(change.error()));
  if (change->made) return {};
  const StoredRow& before = change->before;
  const IndexRows old_rows = before.row.adopted ? rows_of(*before.row.document, *shards) : IndexRows{};
  const IndexRows rows = rows_of(document, *shards);
  const IndexRows new_rows = without(rows, old_rows);
  auto prepared = home.note_month(call, document.state, month_of(document.upload_date));
  if (prepared) prepared = put_rows(home, call, new_rows, document.version);
  if (!prepared) return prepared;
  const auto written = write_change(home, call, before, document, *shards);
  if (!written) return std::unexpected(written.error());
  if (!*written) {
    settle_rows(home, call, document.id, new_rows);
    const auto now = begin_change(home, call, document, document.version);
    if (now && now->made) return {};  // by an earlier try of ours
    if (!now && now.error().code != ErrorCode::kConflict) return std::unexpected(now.error());
    return fail(ErrorCode::kConflict, "dynamodb: another version is stored");
  }
  // What is left over does no harm; a list that meets it clears it away.
  leave_undone_if_failed(delete_rows(home, call, without(old_rows, rows), document.version));
  return {};
}

}  // namespace lazaret::dynamo
