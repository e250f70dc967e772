// DocumentCleaner: makes a copy of a document without what acts, somewhere the document can do no harm. What the copy
// is worth is for an inspection of it to say.
#pragma once

#include <optional>

#include "base/call.h"
#include "base/error.h"
#include "inspect/copy_end.h"
#include "intake/spool.h"

namespace lazaret::inspect {

struct CleanCopy {
  CopyEnd end = CopyEnd::kUnreadable;
  std::optional<SealedBlob> blob;  // there exactly where the end is kWhole
};

class DocumentCleaner {
 public:
  DocumentCleaner() = default;
  DocumentCleaner(const DocumentCleaner&) = delete;
  DocumentCleaner& operator=(const DocumentCleaner&) = delete;
  virtual ~DocumentCleaner() = default;

  // A document that cannot be copied is an end. An error means that the machinery failed, as with Inspector::inspect.
  virtual Result<CleanCopy> clean(const Call& call, const SealedBlob& blob, const Spool& spool) = 0;
};

}  // namespace lazaret::inspect
