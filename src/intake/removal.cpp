#include "intake/removal.h"

#include <algorithm>

namespace lazaret {

Result<OpenWork> Removal::begin(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                Timestamp last_put) {
  const Timestamp due = std::max(parts_.clock.now(), last_put + zombie_window_);
  return parts_.metadata.begin_removal(call, id, condition, due);
}

Result<void> Removal::go_on(const Call& call, const OpenWork& work) {
  // Before the deletion: what lands between the two is what the due time is for.
  const bool is_due = work.due <= parts_.clock.now();
  if (auto removed = remove_objects(call, work.s3_key); !removed) return removed;
  if (!is_due) return {};
  return parts_.metadata.finish_removal(call, work.attempt.id);
}

Result<void> Removal::remove_objects(const Call& call, const ObjectKey& key) {
  if (auto removed = parts_.objects.remove(call, original_object_key(key)); !removed) return removed;
  return parts_.objects.remove(call, key);
}

}  // namespace lazaret
