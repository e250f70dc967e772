// DocumentService: everything that may happen to a document after intake. Thread-safe; each change is optimistic, so a
// change that lost a race is tried again against the newer document unless the caller named a version.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/pause.h"
#include "document/document.h"
#include "document/query.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"
#include "intake/removal.h"

namespace lazaret {

// A change whose members are already valid; what is not set stays as it is.
struct DocumentChange {
  std::optional<PatientText> filename;  // safe, with the same extension (checked here: kInvalidField)
  std::optional<std::vector<std::string>> categories;
  std::optional<JsonObject> metadata_patch;  // RFC 7396
  bool clear_metadata = false;               // `metadata: null`
  std::optional<bool> processed;
};

// If-Match: nullopt when the client sent none, or `*`.
using ExpectedVersion = std::optional<std::uint64_t>;

class DocumentService {
 public:
  struct Options {
    std::chrono::milliseconds retention{30LL * 24 * 3'600'000};
    std::chrono::milliseconds zombie_window{0};  // see removal.h
  };
  struct Parts {
    MetadataStore& metadata;
    ObjectStore& objects;
    const Clock& clock;
    Random& random;
    Pause& pause;  // of writers that meet at one document
  };
  DocumentService(Parts parts, Options options)
      : metadata_(parts.metadata),
        objects_(parts.objects),
        clock_(parts.clock),
        random_(parts.random),
        pause_(parts.pause),
        retention_(options.retention),
        removal_({parts.metadata, parts.objects, parts.clock}, options.zombie_window) {}

  // Soft-deleted documents are kNotFound.
  Result<Document> get(const Call& call, const DocumentId& id);
  Result<Page> query(const Call& call, const Query& query);
  // kQuarantined for a quarantined document. A row whose object is missing is kCorrupt.
  Result<ObjectBody> open_content(const Call& call, const Document& document, ByteRange range);
  // The original of a sanitised document, whole, for whom a reason is recorded first: the document tells who took it
  // out. kConflict for one that was not sanitised, or whose original was taken out kMostTakenOut times.
  Result<ObjectBody> take_out_original(const Call& call, const DocumentId& id, PatientText reason, std::string caller);
  // Changes that meet at one document wait and try again, in no order; one that another came before again and again is
  // kOverloaded. A change that changes nothing gives the document as it is, with the same version.
  Result<Document> change(const Call& call, const DocumentId& id, const DocumentChange& change,
                          ExpectedVersion expected);
  Result<void> remove(const Call& call, const DocumentId& id, ExpectedVersion expected);
  // Of a live document kConflict; after the retention time kNotFound.
  Result<Document> restore(const Call& call, const DocumentId& id, ExpectedVersion expected);
  // Of a document that is not quarantined kConflict.
  Result<Document> release(const Call& call, const DocumentId& id, PatientText reason, std::string caller,
                           ExpectedVersion expected);
  // Soft-deleted ones too. When it returns the document is invisible for good; bytes that could not be deleted now are
  // left to the sweeper.
  Result<void> purge(const Call& call, const DocumentId& id, ExpectedVersion expected);

 private:
  Result<ObjectBody> open_object(const Call& call, const DocumentId& id, const ObjectKey& key, ByteRange range);
  Result<Document> rewrite(const Call& call, const DocumentId& id, ExpectedVersion expected,
                           const std::function<Result<void>(Document&)>& edit);

  MetadataStore& metadata_;
  ObjectStore& objects_;
  const Clock& clock_;
  Random& random_;
  Pause& pause_;
  std::chrono::milliseconds retention_;
  Removal removal_;
};

}  // namespace lazaret
