// MetadataStore: the port through which documents exist. Contract: tests/contract/metadata_store_contract.h.
//
// Inside it knows two more states than clients do: `pending` (reserved, not committed) and `removing` (being purged).
// Rows in either are seen by open_work() alone. Implementations are thread-safe; every write is durable when it
// returns, and one that answers Retry::kAmbiguous may be made again with the same arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "document/document.h"
#include "document/query.h"

namespace lazaret {

// One try at storing one document.
struct Attempt {
  DocumentId id;
  AttemptId attempt;
  bool operator==(const Attempt&) const = default;
};

// What a client was told, to be told again for the same Idempotency-Key.
struct RecordedAnswer {
  int status = 201;
  std::string body;  // the Document as JSON
  DocumentId id;
  bool operator==(const RecordedAnswer&) const = default;
};

struct IdempotencyClaim {
  Digest key;          // of caller and Idempotency-Key: neither is stored in the clear
  Digest fingerprint;  // of the file's checksum and the form's fields
  Timestamp expires_at{};
};

struct Reservation {
  Attempt attempt;
  ObjectKey s3_key;
  Timestamp now{};
  Timestamp lease_until{};
  std::optional<IdempotencyClaim> idempotency;
};

struct Reserved {};
struct AlreadyAnswered {
  RecordedAnswer answer;
};
struct InProgress {
  Timestamp lease_until{};
};
using ReserveOutcome = std::variant<Reserved, AlreadyAnswered, InProgress>;

enum class WorkKind : std::uint8_t { kPending, kRemoving };

// A row that someone left unfinished.
struct OpenWork {
  WorkKind kind = WorkKind::kPending;
  Attempt attempt;
  ObjectKey s3_key;
  Timestamp due{};  // pending: the end of the lease; removing: when to try again
};

// Which row a removal may take. What is not set is not asked.
struct RemovalCondition {
  std::optional<std::uint64_t> version;            // of a document clients can see
  std::optional<AttemptId> attempt;                // of a pending row
  std::optional<Timestamp> pending_lease_over_at;  // a pending row only if its lease ended at or before this
};

class MetadataStore {
 public:
  MetadataStore() = default;
  MetadataStore(const MetadataStore&) = delete;
  MetadataStore& operator=(const MetadataStore&) = delete;
  virtual ~MetadataStore() = default;

  // Makes the pending row and claims the idempotency key in one step. A finished claim gives its answer, a running one
  // (lease not over at `now`) is InProgress, another fingerprint is kIdempotencyKeyReused; a claim whose lease is over,
  // or that expired, is taken over. Repeating the same reservation (same attempt) is Reserved again.
  virtual Result<ReserveOutcome> reserve(const Call& call, const Reservation& reservation) = 0;

  // Moves the lease of a pending row (and its claim). kConflict when the row is no longer this attempt's.
  virtual Result<void> renew(const Call& call, const Attempt& attempt, Timestamp lease_until) = 0;

  // pending -> document.state with all attributes and index rows, and the claim's answer: the one step that makes a
  // document exist. Repeated by the same attempt: success again. kConflict when the row is not this attempt's.
  virtual Result<void> commit(const Call& call, const Document& document, AttemptId attempt,
                              const std::optional<RecordedAnswer>& answer) = 0;

  // Documents of any visible state, soft-deleted ones too; kNotFound else. Sees every write that was acknowledged.
  virtual Result<Document> get(const Call& call, const DocumentId& id) = 0;

  virtual Result<Page> query(const Call& call, const Query& query) = 0;

  // The oldest live (available or quarantined) document with these bytes, served or as they were sent, other than
  // `except`.
  virtual Result<std::optional<DocumentId>> find_by_checksum(const Call& call, const Digest& checksum,
                                                             const DocumentId& except) = 0;

  // Writes a changed document whose stored version is `expected_version` (document.version is the next one).
  // kConflict when the stored version is another; kNotFound when there is none.
  virtual Result<void> replace(const Call& call, const Document& document, std::uint64_t expected_version) = 0;

  // pending or visible -> removing: invisible at once, and the claim of a pending row is released. Gives the object to
  // delete. From `due` on the row is work that others may finish. Of a row already removing: success again, with the
  // due time it has. kNotFound when there is none; kConflict when the condition fails.
  virtual Result<OpenWork> begin_removal(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                         Timestamp due) = 0;
  // The object cannot be deleted yet.
  virtual Result<void> postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) = 0;
  // The last step, after the object is gone: deletes a row that is removing, due or not. None: success.
  virtual Result<void> finish_removal(const Call& call, const DocumentId& id) = 0;

  // Rows due at `now`, oldest due first.
  virtual Result<std::vector<OpenWork>> open_work(const Call& call, Timestamp now, std::size_t limit) = 0;
  // Soft-deleted documents whose deleted_at is at or before this.
  virtual Result<std::vector<DocumentId>> deleted_before(const Call& call, Timestamp time, std::size_t limit) = 0;
  // Forgets idempotency records past their expiry; says how many.
  virtual Result<std::size_t> forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) = 0;

  virtual Result<void> probe(const Call& call) = 0;
};

}  // namespace lazaret
