// IntakeService: the line. accept() takes a sealed upload through inspect, reserve, put and commit; only the last makes
// a document exist. Thread-safe; owns nothing but references to the ports.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/worker_pool.h"
#include "document/document.h"
#include "intake/inspector.h"
#include "intake/lease_keeper.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"
#include "intake/removal.h"
#include "intake/spool.h"

namespace lazaret {

// A form whose fields are already valid (document/validation.h) and whose file is sealed.
struct Submission {
  SealedBlob blob;
  std::shared_ptr<const SealedBlob> copy;  // of accept(): what is served in its place where it was sanitised
  PatientText original_filename;
  PatientText filename;  // the safe one
  Declared declared;
  std::vector<std::string> categories;
  JsonObject metadata;
  std::optional<Digest> announced_checksum;
  std::optional<Digest> idempotency_key;  // of caller and key
  int answer_status = 201;                // what a client that is given the document is told; recorded with the key
};

struct Stored {
  Document document;
  std::string json;  // to_client_json(document), as recorded
};
struct Replayed {
  RecordedAnswer answer;
};
// Policy turned it away; nothing was stored.
struct Refused {
  Inspection inspection;
};
using IntakeOutcome = std::variant<Stored, Replayed, Refused>;

class IntakeService {
 public:
  struct Options {
    std::chrono::milliseconds pending_lease{60'000};
    std::chrono::milliseconds idempotency_ttl{24 * 3'600'000};
    std::chrono::milliseconds zombie_window{0};  // see removal.h
    OnDuplicate on_duplicate = OnDuplicate::kAllow;
  };
  struct Parts {
    Inspector& inspector;
    MetadataStore& metadata;
    ObjectStore& objects;
    const Clock& clock;
    Random& random;
    WorkerPool& beside;  // runs the object store's prepare() beside reserve()
    LeaseKeeper& leases;
  };
  IntakeService(Parts parts, Options options)
      : parts_(parts),
        options_(options),
        removal_({parts.metadata, parts.objects, parts.clock}, options.zombie_window) {}

  // kIdempotencyInProgress, kIdempotencyKeyReused, kDigestMismatch, kConflict (a duplicate), and the ports' own errors.
  // Any error means nothing was stored, except Retry::kAmbiguous: then it may have been.
  Result<IntakeOutcome> accept(const Call& call, Submission submission);

  // The same inspection and nothing else.
  Result<Inspection> validate(const Call& call, const Submission& submission);

 private:
  Result<ReserveOutcome> reserve(const Call& call, const Submission& submission, const Attempt& attempt,
                                 const ObjectKey& key, Timestamp now);
  Result<void> put_bytes(const Call& call, const ObjectKey& key, const Submission& submission);
  Result<std::optional<DocumentId>> find_duplicate(const Call& call, const Digest& checksum, const DocumentId& id);
  Result<void> commit(const Call& call, const Stored& stored, AttemptId attempt, const Submission& submission);
  std::unexpected<Error> abandon(const Attempt& attempt, const ObjectKey& key, Error error);
  bool clean_up(const Attempt& attempt, const ObjectKey& key);

  Parts parts_;
  Options options_;
  Removal removal_;
};

}  // namespace lazaret
