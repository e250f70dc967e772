#include "metadata/sqlite/writes.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "metadata/sqlite/rows.h"

namespace lazaret::sqlite {
namespace {

#define LAZARET_WORK_COLUMNS "id, kind, attempt, s3_key, due, claim"

constexpr std::string_view kReadWork = "SELECT " LAZARET_WORK_COLUMNS " FROM open_work WHERE id = ?1";
constexpr std::string_view kListWork =
    "SELECT " LAZARET_WORK_COLUMNS " FROM open_work WHERE due <= ?1 ORDER BY due, id LIMIT ?2";
constexpr std::string_view kInsertWork =
    "INSERT INTO open_work (" LAZARET_WORK_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
constexpr std::string_view kMoveWork = "UPDATE open_work SET due = ?2 WHERE id = ?1";
constexpr std::string_view kTurnToRemoving = "UPDATE open_work SET kind = 1, due = ?2, claim = NULL WHERE id = ?1";
constexpr std::string_view kEraseWork = "DELETE FROM open_work WHERE id = ?1";
constexpr std::string_view kEraseRemoving = "DELETE FROM open_work WHERE id = ?1 AND kind = 1";
constexpr std::string_view kExpireLeases = "UPDATE open_work SET due = ?1 WHERE kind = 0 AND due > ?1";

constexpr std::string_view kReadAnswer =
    "SELECT fingerprint, id, attempt, expires_at, status, body FROM answers WHERE key = ?1";
constexpr std::string_view kClaimAnswer =
    "INSERT OR REPLACE INTO answers (key, fingerprint, id, attempt, expires_at, status, body) "
    "VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL)";
constexpr std::string_view kGiveAnswer =
    "UPDATE answers SET status = ?4, body = ?5, id = ?6 WHERE key = ?1 AND id = ?2 AND attempt = ?3 AND status IS NULL";
constexpr std::string_view kReleaseAnswer =
    "DELETE FROM answers WHERE key = ?1 AND id = ?2 AND attempt = ?3 AND status IS NULL";
constexpr std::string_view kForgetAnswers =
    "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

struct WorkRow {
  OpenWork work;
  std::optional<Digest> claim;
};

std::int64_t to_limit(std::size_t limit) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(limit, kMost));
}

Result<WorkRow> decode_work(const Statement& row) {
  const auto id = to_id(row.bytes(0));
  const std::int64_t kind = row.integer(1);
  if (!id || (kind != 0 && kind != 1)) return fail(ErrorCode::kCorrupt, "sqlite: a row of open_work is damaged");
  WorkRow found{OpenWork{static_cast<WorkKind>(kind), Attempt{*id, to_attempt(row.integer(2))},
                         ObjectKey(std::string(row.text(3))), to_time(row.integer(4))},
                std::nullopt};
  if (!row.is_null(5)) {
    found.claim = to_digest(row.bytes(5));
    if (!found.claim) return fail(ErrorCode::kCorrupt, "sqlite: a claim in open_work is damaged");
  }
  return found;
}

Result<std::optional<WorkRow>> read_work(Connection& connection, const DocumentId& id) {
  auto read = connection.prepare(kReadWork);
  if (!read) return std::unexpected(read.error());
  const auto row = read->bind(1, Bytes(id.bytes())).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto work = decode_work(*read);
  if (!work) return std::unexpected(std::move(work.error()));
  return std::move(*work);
}

Result<std::optional<WorkRow>> read_pending(Connection& connection, const Attempt& attempt) {
  auto row = read_work(connection, attempt.id);
  if (row && *row && ((*row)->work.kind != WorkKind::kPending || (*row)->work.attempt != attempt)) return std::nullopt;
  return row;
}

Result<void> insert_work(Connection& connection, const OpenWork& work, const std::optional<Digest>& claim) {
  auto insert = connection.prepare(kInsertWork);
  if (!insert) return std::unexpected(insert.error());
  insert->bind(1, Bytes(work.attempt.id.bytes())).bind(2, std::to_underlying(work.kind));
  insert->bind(3, to_number(work.attempt.attempt)).bind(4, work.s3_key.text()).bind(5, to_number(work.due));
  if (claim) insert->bind(6, Bytes(claim->bytes()));
  return insert->run();
}

// Runs one of the statements above whose parameters are an id and, for some, a time.
Result<void> run_on(Connection& connection, std::string_view sql, const DocumentId& id,
                    std::optional<Timestamp> time = std::nullopt) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  statement->bind(1, Bytes(id.bytes()));
  if (time) statement->bind(2, to_number(*time));
  return statement->run();
}

struct AnswerRow {
  Digest fingerprint;
  Attempt attempt;
  Timestamp expires_at{};
  std::optional<RecordedAnswer> answer;
};

Result<std::optional<AnswerRow>> read_answer(Connection& connection, const Digest& key) {
  auto read = connection.prepare(kReadAnswer);
  if (!read) return std::unexpected(read.error());
  const auto row = read->bind(1, Bytes(key.bytes())).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const auto fingerprint = to_digest(read->bytes(0));
  const auto id = to_id(read->bytes(1));
  if (!fingerprint || !id) return fail(ErrorCode::kCorrupt, "sqlite: a row of answers is damaged");
  AnswerRow found{*fingerprint, Attempt{*id, to_attempt(read->integer(2))}, to_time(read->integer(3)), std::nullopt};
  if (!read->is_null(4)) {
    found.answer = RecordedAnswer{static_cast<int>(read->integer(4)), std::string(read->text(5)), *id};
  }
  return found;
}

// Nothing: the key may be claimed now.
Result<std::optional<ReserveOutcome>> judge_claim(Connection& connection, const Reservation& reservation) {
  auto found = read_answer(connection, reservation.idempotency->key);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return std::nullopt;
  AnswerRow& claim = **found;
  std::optional<WorkRow> holder;
  if (!claim.answer) {
    auto pending = read_pending(connection, claim.attempt);
    if (!pending) return std::unexpected(std::move(pending.error()));
    holder = std::move(*pending);
  }
  const bool alive = claim.answer || (holder && holder->work.due > reservation.now);
  if (claim.expires_at <= reservation.now || !alive) {
    // Whoever held the claim must not commit any more: one key, one document.
    if (!holder) return std::nullopt;
    if (auto turned = run_on(connection, kTurnToRemoving, claim.attempt.id, reservation.now); !turned) {
      return std::unexpected(turned.error());
    }
    return std::nullopt;
  }
  if (claim.fingerprint != reservation.idempotency->fingerprint) {
    return fail(ErrorCode::kIdempotencyKeyReused, "the idempotency key belongs to another request");
  }
  if (claim.answer) return AlreadyAnswered{std::move(*claim.answer)};
  return InProgress{holder->work.due};
}

Result<void> claim_answer(Connection& connection, const Reservation& reservation) {
  auto claim = connection.prepare(kClaimAnswer);
  if (!claim) return std::unexpected(claim.error());
  claim->bind(1, Bytes(reservation.idempotency->key.bytes()));
  claim->bind(2, Bytes(reservation.idempotency->fingerprint.bytes()));
  claim->bind(3, Bytes(reservation.attempt.id.bytes())).bind(4, to_number(reservation.attempt.attempt));
  return claim->bind(5, to_number(reservation.idempotency->expires_at)).run();
}

Result<void> give_answer(Connection& connection, const Digest& key, const Attempt& attempt,
                         const RecordedAnswer& answer) {
  auto give = connection.prepare(kGiveAnswer);
  if (!give) return std::unexpected(give.error());
  give->bind(1, Bytes(key.bytes())).bind(2, Bytes(attempt.id.bytes())).bind(3, to_number(attempt.attempt));
  return give->bind(4, answer.status).bind(5, answer.body).bind(6, Bytes(answer.id.bytes())).run();
}

Result<void> release_answer(Connection& connection, const Digest& key, const Attempt& attempt) {
  auto release = connection.prepare(kReleaseAnswer);
  if (!release) return std::unexpected(release.error());
  return release->bind(1, Bytes(key.bytes()))
      .bind(2, Bytes(attempt.id.bytes()))
      .bind(3, to_number(attempt.attempt))
      .run();
}

std::unexpected<Error> condition_fails() {
  return fail(ErrorCode::kConflict, "the condition of the removal fails");
}

Result<OpenWork> remove_document(WriteContext& context, const StoredDocument& stored, const RemovalCondition& condition,
                                 Timestamp due) {
  if (condition.attempt || condition.pending_lease_over_at) return condition_fails();
  if (condition.version && *condition.version != stored.document.version) return condition_fails();
  OpenWork work{WorkKind::kRemoving, {stored.document.id, stored.attempt}, stored.document.s3_key, due};
  if (auto erased = erase_document(context.connection, stored.serial); !erased) return std::unexpected(erased.error());
  if (auto kept = insert_work(context.connection, work, std::nullopt); !kept) return std::unexpected(kept.error());
  context.touched_documents = true;
  return work;
}

Result<OpenWork> remove_pending(WriteContext& context, const WorkRow& row, const RemovalCondition& condition,
                                Timestamp due) {
  const OpenWork& pending = row.work;
  if (condition.version) return condition_fails();
  if (condition.attempt && *condition.attempt != pending.attempt.attempt) return condition_fails();
  if (condition.pending_lease_over_at && pending.due > *condition.pending_lease_over_at) return condition_fails();
  if (row.claim) {
    auto released = release_answer(context.connection, *row.claim, pending.attempt);
    if (!released) return std::unexpected(released.error());
  }
  auto turned = run_on(context.connection, kTurnToRemoving, pending.attempt.id, due);
  if (!turned) return std::unexpected(turned.error());
  return OpenWork{WorkKind::kRemoving, pending.attempt, pending.s3_key, due};
}

}  // namespace

Result<ReserveOutcome> reserve(WriteContext& context, const Reservation& reservation) {
  Connection& connection = context.connection;
  auto existing = read_work(connection, reservation.attempt.id);
  if (!existing) return std::unexpected(std::move(existing.error()));
  if (*existing && (*existing)->work.kind == WorkKind::kPending && (*existing)->work.attempt == reservation.attempt) {
    return Reserved{};
  }
  const auto stored = read_by_id(connection, reservation.attempt.id);
  if (!stored && stored.error().code != ErrorCode::kNotFound) return std::unexpected(stored.error());
  if (*existing || stored) return fail(ErrorCode::kAlreadyExists, "the id is taken");

  std::optional<Digest> key;
  if (reservation.idempotency) {
    auto judged = judge_claim(connection, reservation);
    if (!judged) return std::unexpected(std::move(judged.error()));
    if (*judged) return std::move(**judged);
    if (auto claimed = claim_answer(connection, reservation); !claimed) return std::unexpected(claimed.error());
    key = reservation.idempotency->key;
  }
  const OpenWork work{WorkKind::kPending, reservation.attempt, reservation.s3_key, reservation.lease_until};
  if (auto inserted = insert_work(connection, work, key); !inserted) return std::unexpected(inserted.error());
  return Reserved{};
}

Result<void> renew(WriteContext& context, const Attempt& attempt, Timestamp lease_until) {
  const auto row = read_pending(context.connection, attempt);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::kConflict, "the pending row is not this attempt's");
  return run_on(context.connection, kMoveWork, attempt.id, lease_until);
}

Result<void> commit(WriteContext& context, const Document& document, AttemptId attempt,
                    const std::optional<RecordedAnswer>& answer) {
  Connection& connection = context.connection;
  const Attempt ours{document.id, attempt};
  const auto row = read_pending(connection, ours);
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    const auto stored = read_by_id(connection, document.id);
    if (stored && stored->attempt == attempt) return {};  // made again after an ambiguous answer
    if (!stored && stored.error().code != ErrorCode::kNotFound) return std::unexpected(stored.error());
    return fail(ErrorCode::kConflict, "the pending row is not this attempt's");
  }
  if ((*row)->claim && answer) {
    if (auto given = give_answer(connection, *(*row)->claim, ours, *answer); !given) return given;
  }
  if (auto erased = run_on(connection, kEraseWork, document.id); !erased) return erased;
  context.touched_documents = true;
  return insert_document(connection, document, attempt);
}

Result<void> replace(WriteContext& context, const Document& document, std::uint64_t expected_version) {
  Connection& connection = context.connection;
  const auto stored = read_by_id(connection, document.id);
  if (!stored) return std::unexpected(stored.error());
  if (stored->document == document) return {};  // made again after an ambiguous answer
  if (stored->document.version != expected_version) {
    return fail(ErrorCode::kConflict, "another version of the document is stored");
  }
  context.touched_documents = true;
  if (auto erased = erase_document(connection, stored->serial); !erased) return erased;
  return insert_document(connection, document, stored->attempt);
}

Result<OpenWork> begin_removal(WriteContext& context, const DocumentId& id, const RemovalCondition& condition,
                               Timestamp due) {
  const auto row = read_work(context.connection, id);
  if (!row) return std::unexpected(row.error());
  if (*row && (*row)->work.kind == WorkKind::kRemoving) return (*row)->work;
  if (*row) return remove_pending(context, **row, condition, due);
  const auto stored = read_by_id(context.connection, id);
  if (!stored) return std::unexpected(stored.error());
  return remove_document(context, *stored, condition, due);
}

Result<void> postpone_removal(WriteContext& context, const DocumentId& id, Timestamp retry_at) {
  const auto row = read_work(context.connection, id);
  if (!row) return std::unexpected(row.error());
  if (!*row || (*row)->work.kind != WorkKind::kRemoving) return fail(ErrorCode::kNotFound, "no such row is removing");
  return run_on(context.connection, kMoveWork, id, retry_at);
}

Result<void> finish_removal(WriteContext& context, const DocumentId& id) {
  return run_on(context.connection, kEraseRemoving, id);
}

Result<std::size_t> forget_expired_answers(WriteContext& context, Timestamp now, std::size_t limit) {
  auto forget = context.connection.prepare(kForgetAnswers);
  if (!forget) return std::unexpected(forget.error());
  if (auto done = forget->bind(1, to_number(now)).bind(2, to_limit(limit)).run(); !done) {
    return std::unexpected(done.error());
  }
  return static_cast<std::size_t>(context.connection.changes());
}

Result<void> expire_all_leases(WriteContext& context, Timestamp now) {
  auto expire = context.connection.prepare(kExpireLeases);
  if (!expire) return std::unexpected(expire.error());
  return expire->bind(1, to_number(now)).run();
}

Result<std::vector<OpenWork>> open_work(Connection& connection, Timestamp now, std::size_t limit) {
  auto list = connection.prepare(kListWork);
  if (!list) return std::unexpected(list.error());
  list->bind(1, to_number(now)).bind(2, to_limit(limit));
  std::vector<OpenWork> due;
  for (;;) {
    const auto row = list->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return due;
    auto work = decode_work(*list);
    if (!work) return std::unexpected(std::move(work.error()));
    due.push_back(std::move(work->work));
  }
}

}  // namespace lazaret::sqlite
