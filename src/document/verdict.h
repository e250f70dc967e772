// Verdict: what inspection said of a document, as it is stored and shown. Plain values; codes are stable strings so
// that a verdict outlives the engine that gave it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace lazaret {

// From harmless to worst is not this order; see outcome_rank().
enum class Outcome : std::uint8_t {
  kClean,
  kRepaired,
  kActive,
  kSuspicious,
  kMalicious,
  kMalformed,
  kEncrypted,
  kBomb,
  kNotPdf,  // the bytes are not what they claim, whatever the type
};

std::string_view to_string(Outcome outcome);  // "clean", ..., "not_pdf"
std::optional<Outcome> parse_outcome(std::string_view text);

// malicious > bomb > encrypted > not_pdf > malformed > suspicious > active > repaired > clean.
int outcome_rank(Outcome outcome);

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };

std::string_view to_string(Severity severity);  // "info", ..., "critical"
std::optional<Severity> parse_severity(std::string_view text);

struct Finding {
  std::string code;  // stable snake_case, listed in docs/inspection.md
  Severity severity = Severity::kInfo;
  std::string message;  // a sentence for whoever sent the file
  std::string where;    // "object 12 0", "offset 1024", "page 3"; never text of the document
  bool operator==(const Finding&) const = default;
};

inline constexpr std::size_t kMaxFindings = 64;
inline constexpr std::size_t kMaxVerdictBytes = 32UL * 1024;

struct Verdict {
  Outcome outcome = Outcome::kClean;
  std::vector<Finding> findings;    // at most kMaxFindings
  std::uint64_t more_findings = 0;  // what was counted but not kept
  std::string engine;               // "lazaret-inspector 0.1.0 qpdf 11.3.0"
  std::string policy_version;
  Timestamp inspected_at{};
  bool operator==(const Verdict&) const = default;
};

// What policy does with an outcome, the strictest last.
enum class Action : std::uint8_t {
  kStore,
  kSanitise,  // a copy without what acts is stored to be served, and the original beside it under seal
  kQuarantine,
  kReject,
};
std::string_view to_string(Action action);
std::optional<Action> parse_action(std::string_view text);

}  // namespace lazaret
