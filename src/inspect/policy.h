// Policy: what becomes of a document by what was found in it: a table of outcomes, and of single findings where an
// operator says so (INSPECTION_POLICY). No entry may be weaker than docs/inspection.md permits. Pure.
#pragma once

#include <array>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "document/verdict.h"
#include "inspect/report.h"
#include "intake/inspector.h"

namespace lazaret::inspect {

class Policy {
 public:
  // The default table of docs/inspection.md.
  Policy();
  // "active=quarantine,finding.javascript=reject" over the default table. The error is what is wrong with it, without
  // the variable's name.
  static std::expected<Policy, std::string> parse(std::string_view text);

  Action action(Outcome outcome) const { return actions_.at(static_cast<std::size_t>(outcome)); }
  // The finding's own action, or that of its outcome.
  Action action(FindingCode code) const;
  // The strictest action of all findings.
  Action decide(const Report& report) const;
  // "default-1", or made from the table: the same table has the same version.
  const std::string& version() const { return version_; }

 private:
  std::expected<void, std::string> apply(std::string_view entry);
  std::string make_version() const;

  std::array<Action, 9> actions_{};
  std::map<FindingCode, Action> of_findings_;
  std::string version_;
};

// A worker's facts as a verdict: the worst outcome of its findings, sentences from the table, worst findings first.
Verdict make_verdict(const Report& report, const std::string& engine, const Policy& policy, Timestamp now);

// What came to light beside the worker's report: takes its place among the findings, and the outcome and action follow.
void add_finding(Inspection& inspection, FindingCode code, std::string where, const Policy& policy);

// page_count, pdf_version, encrypted and the facts as the object shown under metadata.extracted.
JsonObject make_extracted(const Report& report);

}  // namespace lazaret::inspect
