// Policy: outcome -> action, by table. Pure.
#pragma once

#include <array>
#include <string>

#include "document/verdict.h"
#include "inspect/report.h"
#include "intake/inspector.h"

namespace lazaret::inspect {

class Policy {
 public:
  // The default table of docs/inspection.md.
  Policy();
  Action action(Outcome outcome) const { return actions_.at(static_cast<std::size_t>(outcome)); }
  const std::string& version() const { return version_; }

 private:
  std::array<Action, 9> actions_{};
  std::string version_;
};

// A worker's facts as a verdict: the worst outcome of its findings, sentences from the table, worst findings first.
Verdict make_verdict(const Report& report, const std::string& engine, const Policy& policy, Timestamp now);

// page_count, pdf_version, encrypted and the facts as the object shown under metadata.extracted.
JsonObject make_extracted(const Report& report);

}  // namespace lazaret::inspect
