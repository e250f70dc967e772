#include "intake/intake_service.h"

#include <utility>

#include "document/json.h"

namespace lazaret {
namespace {

// Cleaning up after a failure gets time of its own: the call's may be what ran out.
constexpr std::chrono::seconds kCleanUpTime{10};

void add_field(Sha256& hash, std::string_view text) {
  hash.update(std::to_string(text.size()));
  hash.update(":");
  hash.update(text);
}

// Two requests are the same when the file and every field are.
Digest fingerprint_of(const Submission& submission) {
  Sha256 hash;
  add_field(hash, submission.blob.checksum().to_string());
  add_field(hash, submission.original_filename.text());
  add_field(hash, submission.metadata.text());
  for (const std::string& category : submission.categories)
    add_field(hash, category);
  return hash.finish();
}

Document make_document(const DocumentId& id, const ObjectKey& key, Submission& submission, Inspection& inspection) {
  Document document;
  document.id = id;
  document.filename = std::move(submission.filename);
  document.original_filename = std::move(submission.original_filename);
  document.s3_key = key;
  const SealedBlob& served = submission.copy ? *submission.copy : submission.blob;
  document.size = served.size();
  document.categories = std::move(submission.categories);
  document.content_type = std::move(inspection.content_type);
  document.checksum = served.checksum();
  if (submission.copy) document.sanitised = Sanitised{submission.blob.size(), submission.blob.checksum(), {}};
  document.metadata = std::move(submission.metadata);
  document.extracted = std::move(inspection.extracted);
  const bool may_be_read =
      inspection.action == Action::kStore || (inspection.action == Action::kSanitise && submission.copy);
  document.state = may_be_read ? State::kAvailable : State::kQuarantined;
  document.verdict = std::move(inspection.verdict);
  return document;
}

// Taken by a sweeper, or about to be.
Error lease_lost() {
  return {ErrorCode::kUnavailable, Retry::kSafe, "the upload's lease ended before it was committed", {}};
}

}  // namespace

Result<IntakeOutcome> IntakeService::accept(const Call& call, Submission submission) {
  if (submission.announced_checksum && *submission.announced_checksum != submission.blob.checksum()) {
    return fail(ErrorCode::kDigestMismatch, "the bytes have another checksum than the form announced");
  }

  // 1 inspect: nothing enters a store before a verdict.
  auto inspection = parts_.inspector.inspect(call, submission.blob, submission.declared);
  if (!inspection) return std::unexpected(std::move(inspection.error()));
  if (inspection->action == Action::kReject) return Refused{std::move(*inspection)};
  submission.copy = inspection->copy;

  // 2 reserve, while the object store makes the bytes durable where they lie.
  const Timestamp now = parts_.clock.now();
  const Attempt attempt{make_document_id(now, parts_.random), make_attempt_id(parts_.random)};
  const ObjectKey key = make_object_key(now, attempt.id, attempt.attempt);
  auto reserved = reserve(call, submission, attempt, key, now);
  if (!reserved) return std::unexpected(std::move(reserved.error()));
  if (auto* answered = std::get_if<AlreadyAnswered>(&*reserved)) return Replayed{std::move(answered->answer)};
  if (std::holds_alternative<InProgress>(*reserved)) {
    return fail(ErrorCode::kIdempotencyInProgress, "a request with the same key is running", Retry::kSafe);
  }

  const LeaseKeeper::Hold lease(parts_.leases, call, attempt, now + options_.pending_lease);
  auto duplicate = find_duplicate(call, submission.blob.checksum(), attempt.id);
  if (!duplicate) return abandon(attempt, key, std::move(duplicate.error()));

  // 3 put, under a key of this attempt alone, for as long as the lease is ours.
  if (auto put = put_bytes(lease.call(), key, submission); !put) {
    return abandon(attempt, key, lease.lost() ? lease_lost() : std::move(put.error()));
  }

  // 4 commit: from here on the document exists.
  Stored stored{make_document(attempt.id, key, submission, *inspection), {}};
  stored.document.duplicate_of = *duplicate;
  stored.document.upload_date = parts_.clock.now();
  stored.json = to_client_json(stored.document);
  if (auto committed = commit(call, stored, attempt.attempt, submission); !committed) {
    // It may have happened: the row decides, and the sweeper if the row is still pending when its lease is over.
    if (committed.error().retry == Retry::kAmbiguous) return std::unexpected(std::move(committed.error()));
    const bool swept = committed.error().code == ErrorCode::kConflict;
    return abandon(attempt, key, swept ? lease_lost() : std::move(committed.error()));
  }
  return stored;
}

Result<Inspection> IntakeService::validate(const Call& call, const Submission& submission) {
  if (submission.announced_checksum && *submission.announced_checksum != submission.blob.checksum()) {
    return fail(ErrorCode::kDigestMismatch, "the bytes have another checksum than the form announced");
  }
  return parts_.inspector.inspect(call, submission.blob, submission.declared);
}

Result<ReserveOutcome> IntakeService::reserve(const Call& call, const Submission& submission, const Attempt& attempt,
                                              const ObjectKey& key, Timestamp now) {
  Reservation reservation{attempt, key, now, now + options_.pending_lease, std::nullopt};
  if (submission.idempotency_key) {
    reservation.idempotency =
        IdempotencyClaim{*submission.idempotency_key, fingerprint_of(submission), now + options_.idempotency_ttl};
  }
  Result<void> prepared;
  Beside preparing(parts_.beside, [&] {
    prepared = parts_.objects.prepare(call, submission.blob);
    if (prepared && submission.copy) prepared = parts_.objects.prepare(call, *submission.copy);
  });
  auto reserved = parts_.metadata.reserve(call, reservation);
  preparing.wait();
  if (!reserved) {
    if (reserved.error().retry == Retry::kAmbiguous) return abandon(attempt, key, std::move(reserved.error()));
    return reserved;
  }
  if (!prepared && std::holds_alternative<Reserved>(*reserved)) {
    return abandon(attempt, key, std::move(prepared.error()));
  }
  return reserved;
}

// Of a sanitised document both: the original first, so that what is served is never there without it.
Result<void> IntakeService::put_bytes(const Call& call, const ObjectKey& key, const Submission& submission) {
  if (!submission.copy) return parts_.objects.put(call, key, submission.blob);
  if (auto put = parts_.objects.put(call, original_object_key(key), submission.blob); !put) return put;
  return parts_.objects.put(call, key, *submission.copy);
}

Result<std::optional<DocumentId>> IntakeService::find_duplicate(const Call& call, const Digest& checksum,
                                                                const DocumentId& id) {
  if (options_.on_duplicate == OnDuplicate::kAllow) return std::nullopt;
  auto found = parts_.metadata.find_by_checksum(call, checksum, id);
  if (found && *found && options_.on_duplicate == OnDuplicate::kReject) {
    return fail_with(ErrorCode::kConflict,
                     {{"/file", "duplicate", "These bytes are already stored as another document."}});
  }
  return found;
}

Result<void> IntakeService::commit(const Call& call, const Stored& stored, AttemptId attempt,
                                   const Submission& submission) {
  std::optional<RecordedAnswer> answer;
  if (submission.idempotency_key) answer = RecordedAnswer{submission.answer_status, stored.json, stored.document.id};
  auto committed = parts_.metadata.commit(call, stored.document, attempt, answer);
  if (committed || committed.error().retry != Retry::kAmbiguous) return committed;
  // Made again, a commit that happened says so. One that could not be made again may still have happened.
  const Call again{parts_.clock.steady_now() + kCleanUpTime, {}, call.request_id};
  auto repeated = parts_.metadata.commit(again, stored.document, attempt, answer);
  return repeated || repeated.error().code == ErrorCode::kConflict ? repeated : committed;
}

std::unexpected<Error> IntakeService::abandon(const Attempt& attempt, const ObjectKey& key, Error error) {
  // What may have happened has been undone: the sender can be told that nothing was stored.
  if (clean_up(attempt, key) && error.retry == Retry::kAmbiguous) error.retry = Retry::kSafe;
  return std::unexpected(std::move(error));
}

// True when nothing is left that could be seen. What fails here is left to the sweeper, which finds the row by its
// lease.
bool IntakeService::clean_up(const Attempt& attempt, const ObjectKey& key) {
  const Call call{parts_.clock.steady_now() + kCleanUpTime, {}, {}};
  const RemovalCondition ours{std::nullopt, attempt.attempt, std::nullopt};
  auto begun = removal_.begin(call, attempt.id, ours, parts_.clock.now());
  // Only a row that is out of the way lets its object go: while it is pending, a commit of ours may still land, and a
  // document that clients see is no work of ours any more.
  if (begun) return removal_.go_on(call, *begun).has_value();
  return begun.error().code == ErrorCode::kNotFound && removal_.remove_objects(call, key).has_value();
}

}  // namespace lazaret
