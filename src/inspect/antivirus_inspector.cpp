#include "inspect/antivirus_inspector.h"

#include <utility>

namespace lazaret::inspect {

AntivirusInspector::AntivirusInspector(std::unique_ptr<Inspector> first, std::unique_ptr<Clamd> clamd, Policy policy)
    : first_(std::move(first)), clamd_(std::move(clamd)), policy_(std::move(policy)) {}

Result<Inspection> AntivirusInspector::inspect(const Call& call, const SealedBlob& blob, const Declared& declared) {
  auto inspection = first_->inspect(call, blob, declared);
  if (!inspection || inspection->action == Action::kReject) return inspection;
  const auto answer = clamd_->scan(call, blob);
  if (!answer) return std::unexpected(answer.error());
  inspection->verdict.engine += " " + to_string(answer->version);
  if (answer->hit) add_finding(*inspection, answer->hit->code, "signature " + answer->hit->signature, policy_);
  return inspection;
}

Result<void> AntivirusInspector::probe(const Call& call) {
  if (auto probed = first_->probe(call); !probed) return probed;
  if (auto probed = clamd_->probe(call); !probed) return std::unexpected(std::move(probed.error()));
  return {};
}

}  // namespace lazaret::inspect
