#include "inspect/sanitising_inspector.h"

#include <string_view>
#include <utility>

namespace lazaret::inspect {
namespace {

constexpr std::string_view kPdf = "application/pdf";

// Whatever else was found, this is told.
void note(Inspection& inspection, FindingCode code, const Policy& policy) {
  Verdict& verdict = inspection.verdict;
  if (verdict.findings.size() >= kMaxFindings) {
    verdict.findings.pop_back();
    ++verdict.more_findings;
  }
  add_finding(inspection, code, {}, policy);
}

void quarantine(Inspection& inspection, FindingCode why, const Policy& policy) {
  note(inspection, why, policy);
  inspection.action = Action::kQuarantine;
}

FindingCode why_there_is_no_copy(CopyEnd end) {
  switch (end) {
    case CopyEnd::kSigned:
      return FindingCode::kSignedNotSanitised;
    case CopyEnd::kShownByScript:
      return FindingCode::kShownByScript;
    case CopyEnd::kWhole:
    case CopyEnd::kUnreadable:
    case CopyEnd::kCount:
      return FindingCode::kNotSanitised;
  }
  return FindingCode::kNotSanitised;
}

}  // namespace

Result<Inspection> SanitisingInspector::inspect(const Call& call, const SealedBlob& blob, const Declared& declared) {
  auto inspection = parts_.first->inspect(call, blob, declared);
  if (!inspection || inspection->action != Action::kSanitise) return inspection;
  if (auto done = sanitise(call, blob, *inspection); !done) return std::unexpected(std::move(done.error()));
  return inspection;
}

Result<void> SanitisingInspector::sanitise(const Call& call, const SealedBlob& blob, Inspection& inspection) {
  if (inspection.content_type != kPdf) {
    quarantine(inspection, FindingCode::kNotSanitised, policy_);
    return {};
  }
  auto cleaned = parts_.cleaner.clean(call, blob, parts_.spool);
  if (!cleaned) return std::unexpected(std::move(cleaned.error()));
  if (!cleaned->blob) {
    quarantine(inspection, why_there_is_no_copy(cleaned->end), policy_);
    return {};
  }
  auto again = parts_.first->inspect(call, *cleaned->blob, {"pdf", std::string(kPdf)});
  if (!again) return std::unexpected(std::move(again.error()));
  if (again->verdict.outcome != Outcome::kClean || again->action != Action::kStore) {
    quarantine(inspection, FindingCode::kCopyNotClean, policy_);
    return {};
  }
  note(inspection, FindingCode::kSanitised, policy_);
  inspection.extracted = std::move(again->extracted);
  inspection.copy = std::make_shared<const SealedBlob>(std::move(*cleaned->blob));
  return {};
}

}  // namespace lazaret::inspect
