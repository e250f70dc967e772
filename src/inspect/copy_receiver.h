// CopyReceiver: a copy as it arrives from a worker, which is hostile: pieces go to a spool file under its cap, and the
// end must agree with what came. One copy each.
#pragma once

#include <string_view>

#include "inspect/copy_wire.h"
#include "inspect/document_cleaner.h"
#include "intake/spool.h"

namespace lazaret::inspect {

class CopyReceiver {
 public:
  explicit CopyReceiver(SpoolFile file) : file_(std::move(file)) {}

  enum class Step : std::uint8_t {
    kMore,
    kEnded,      // finish() says how
    kTooLarge,   // more than a document may have
    kMalformed,  // no worker of ours talks like that
  };
  // An error is the disk's.
  Result<Step> take(std::string_view message);
  // Precondition: the last step was kEnded.
  Result<CleanCopy> finish() &&;

 private:
  SpoolFile file_;
  CopyEnd end_ = CopyEnd::kUnreadable;
};

}  // namespace lazaret::inspect
