#include "inspect/policy.h"

#include <algorithm>
#include <utility>

namespace lazaret::inspect {
namespace {

constexpr std::string_view kDefaultVersion = "default-1";

// What JSON adds to the texts of one finding: member names, quotes, commas.
constexpr std::size_t kFindingOverhead = 96;
constexpr std::size_t kVerdictOverhead = 512;

void append_part(std::string& text, std::string_view separator, const std::string& part) {
  if (!text.empty()) text += separator;
  text += part;
}

std::string describe(const Place& place) {
  std::string text;
  if (place.object >= 0) {
    append_part(text, ", ", "object " + std::to_string(place.object) + " " + std::to_string(place.generation));
  }
  if (place.page >= 0) append_part(text, ", ", "page " + std::to_string(place.page));
  if (place.offset >= 0) append_part(text, ", ", "offset " + std::to_string(place.offset));
  return text;
}

// For sorting pointers into one list: worse ones first, and those that are equally bad in the list's order.
bool is_worse(const RawFinding* a, const RawFinding* b) {
  const FindingRow& left = finding_row(a->code);
  const FindingRow& right = finding_row(b->code);
  if (left.outcome != right.outcome) return outcome_rank(left.outcome) > outcome_rank(right.outcome);
  if (left.severity != right.severity) return left.severity > right.severity;
  return a < b;
}

}  // namespace

Policy::Policy() : version_(kDefaultVersion) {
  const auto set = [this](Outcome outcome, Action action) { actions_.at(std::to_underlying(outcome)) = action; };
  set(Outcome::kClean, Action::kStore);
  set(Outcome::kRepaired, Action::kStore);
  set(Outcome::kActive, Action::kStore);
  set(Outcome::kSuspicious, Action::kQuarantine);
  set(Outcome::kMalicious, Action::kReject);
  set(Outcome::kMalformed, Action::kReject);
  set(Outcome::kEncrypted, Action::kReject);
  set(Outcome::kBomb, Action::kReject);
  set(Outcome::kNotPdf, Action::kReject);
}

Verdict make_verdict(const Report& report, const std::string& engine, const Policy& policy, Timestamp now) {
  std::vector<const RawFinding*> worst_first;
  worst_first.reserve(report.findings.size());
  for (const RawFinding& finding : report.findings)
    worst_first.push_back(&finding);
  std::ranges::sort(worst_first, is_worse);

  Verdict verdict;
  verdict.engine = engine;
  verdict.policy_version = policy.version();
  verdict.inspected_at = now;
  verdict.more_findings = report.more_findings;
  if (!worst_first.empty()) verdict.outcome = finding_row(worst_first.front()->code).outcome;
  std::size_t bytes = kVerdictOverhead + engine.size();
  for (const RawFinding* raw : worst_first) {
    const FindingRow& row = finding_row(raw->code);
    Finding finding{std::string(row.name), row.severity, std::string(row.message), describe(raw->place)};
    bytes += finding.code.size() + finding.message.size() + finding.where.size() + kFindingOverhead;
    if (verdict.findings.size() < kMaxFindings && bytes <= kMaxVerdictBytes) {
      verdict.findings.push_back(std::move(finding));
    } else {
      ++verdict.more_findings;
    }
  }
  return verdict;
}

JsonObject make_extracted(const Report& report) {
  std::string text;
  if (report.page_count >= 0) append_part(text, ",", "\"page_count\":" + std::to_string(report.page_count));
  if (!report.pdf_version.empty()) append_part(text, ",", "\"pdf_version\":\"" + report.pdf_version + "\"");
  if (report.content_type == "application/pdf") {
    append_part(text, ",", std::string("\"encrypted\":") + (report.encrypted ? "true" : "false"));
  }
  for (const Fact& fact : report.facts) {
    const FactRow& row = fact_row(fact.code);
    const std::string value = row.kind == FactKind::kNumber ? std::to_string(fact.number) : "\"" + fact.word + "\"";
    append_part(text, ",", "\"" + std::string(row.name) + "\":" + value);
  }
  return JsonObject::trusted("{" + text + "}");
}

}  // namespace lazaret::inspect
