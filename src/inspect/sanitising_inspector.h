// SanitisingInspector: another inspector, and where policy says so a clean copy of what it found. The copy goes through
// the whole of the other inspector like any upload; only one that is clean is offered to be served. What cannot be made
// clean (signed documents, other types than PDF, what a cleaner fails at) is quarantined, and a finding says why.
// Thread-safe.
#pragma once

#include <memory>

#include "inspect/document_cleaner.h"
#include "inspect/policy.h"
#include "intake/inspector.h"
#include "intake/spool.h"

namespace lazaret::inspect {

class SanitisingInspector final : public Inspector {
 public:
  struct Parts {
    std::unique_ptr<Inspector> first;
    DocumentCleaner& cleaner;  // may live inside `first`
    const Spool& spool;        // where copies wait
  };
  SanitisingInspector(Parts parts, Policy policy) : parts_(std::move(parts)), policy_(std::move(policy)) {}
  Result<Inspection> inspect(const Call& call, const SealedBlob& blob, const Declared& declared) override;
  Result<void> probe(const Call& call) override { return parts_.first->probe(call); }

 private:
  Result<void> sanitise(const Call& call, const SealedBlob& blob, Inspection& inspection);

  Parts parts_;
  const Policy policy_;
};

}  // namespace lazaret::inspect
