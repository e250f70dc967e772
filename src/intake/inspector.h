// Inspector: the port through which a file's bytes are judged, somewhere they can do no harm.
#pragma once

#include <memory>
#include <string>

#include "base/call.h"
#include "base/error.h"
#include "document/document.h"
#include "document/verdict.h"
#include "intake/spool.h"

namespace lazaret {

// What the sender claims. Hostile.
struct Declared {
  std::string extension;     // lower case, without the dot; from the file name
  std::string content_type;  // of the multipart part, lower case without parameters; empty or octet-stream: no claim
};

struct Inspection {
  Verdict verdict;
  Action action = Action::kReject;  // what policy says of the verdict
  std::string content_type;         // as detected from the bytes
  JsonObject extracted;             // page_count, pdf_version, encrypted, ...; at most kMaxExtractedBytes
  // What is to be served in the document's place, inspected and found clean; of it `content_type` and `extracted` tell.
  // There exactly where the action is kSanitise.
  std::shared_ptr<const SealedBlob> copy;
};

class Inspector {
 public:
  Inspector() = default;
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;
  virtual ~Inspector() = default;

  // Every document gets a verdict, a hostile one too. An error means that the inspector itself failed (kUnavailable),
  // is full (kOverloaded) or was called off (kDeadline, kCancelled): never an accept.
  virtual Result<Inspection> inspect(const Call& call, const SealedBlob& blob, const Declared& declared) = 0;

  virtual Result<void> probe(const Call& call) = 0;
};

}  // namespace lazaret
