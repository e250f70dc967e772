// Removal: how a row and its objects leave, in one order everywhere: the row says so (durable, invisible at once), the
// object goes, then the row. A PUT that was given up may still land in a remote store for a while, the zombie window:
// there the row stays until no PUT can land any more, and the object is deleted once more before it goes. The first
// step writes that time down, so no crash shortens it, and any number of copies may work at the same row. Thread-safe.
#pragma once

#include <chrono>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"

namespace lazaret {

class Removal {
 public:
  struct Parts {
    MetadataStore& metadata;
    ObjectStore& objects;
    const Clock& clock;
  };
  // A window of zero: what put() gave up never lands later.
  Removal(Parts parts, std::chrono::milliseconds zombie_window) : parts_(parts), zombie_window_(zombie_window) {}

  // The durable intent; errors are begin_removal's. No PUT of the object was begun after `last_put`.
  Result<OpenWork> begin(const Call& call, const DocumentId& id, const RemovalCondition& condition, Timestamp last_put);
  // Deletes the object of a row that is removing, and the row where it is due. Success says that the object is gone;
  // a row that is not due yet stays in open_work.
  Result<void> go_on(const Call& call, const OpenWork& work);
  // What lies under an object's key, and the original of a sanitised document beside it. A row does not tell whether
  // there is one, since a pending row cannot: so both are asked to go.
  Result<void> remove_objects(const Call& call, const ObjectKey& key);

 private:
  Parts parts_;
  std::chrono::milliseconds zombie_window_;
};

}  // namespace lazaret
