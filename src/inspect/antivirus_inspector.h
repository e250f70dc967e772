// AntivirusInspector: another inspector, and clamd for what that one lets through. The worse of the two answers counts.
// What is refused already is not sent on, so clamd meets neither bombs nor files that are not what they claim; and
// where clamd gives no answer that can be relied on, nothing is let through. Thread-safe.
#pragma once

#include <memory>

#include "inspect/clamd.h"
#include "inspect/policy.h"
#include "intake/inspector.h"

namespace lazaret::inspect {

class AntivirusInspector final : public Inspector {
 public:
  AntivirusInspector(std::unique_ptr<Inspector> first, std::unique_ptr<Clamd> clamd, Policy policy);
  Result<Inspection> inspect(const Call& call, const SealedBlob& blob, const Declared& declared) override;
  Result<void> probe(const Call& call) override;

 private:
  std::unique_ptr<Inspector> first_;
  std::unique_ptr<Clamd> clamd_;
  const Policy policy_;
};

}  // namespace lazaret::inspect
