#include "document/verdict.h"

#include <array>
#include <utility>

namespace lazaret {
namespace {

// Index = value of the enumerator.
constexpr std::array<std::string_view, 9> kOutcomes{"clean",     "repaired",  "active", "suspicious", "malicious",
                                                    "malformed", "encrypted", "bomb",   "not_pdf"};
constexpr std::array<std::string_view, 5> kSeverities{"info", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 4> kActions{"store", "sanitise", "quarantine", "reject"};

template <class Enum, std::size_t N>
std::optional<Enum> parse_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  return kOutcomes.at(std::to_underlying(outcome));
}
std::optional<Outcome> parse_outcome(std::string_view text) {
  return parse_name<Outcome>(kOutcomes, text);
}
std::string_view to_string(Severity severity) {
  return kSeverities.at(std::to_underlying(severity));
}
std::optional<Severity> parse_severity(std::string_view text) {
  return parse_name<Severity>(kSeverities, text);
}
std::string_view to_string(Action action) {
  return kActions.at(std::to_underlying(action));
}
std::optional<Action> parse_action(std::string_view text) {
  return parse_name<Action>(kActions, text);
}

int outcome_rank(Outcome outcome) {
  switch (outcome) {
    case Outcome::kClean:
      return 0;
    case Outcome::kRepaired:
      return 1;
    case Outcome::kActive:
      return 2;
    case Outcome::kSuspicious:
      return 3;
    case Outcome::kMalformed:
      return 4;
    case Outcome::kNotPdf:
      return 5;
    case Outcome::kEncrypted:
      return 6;
    case Outcome::kBomb:
      return 7;
    case Outcome::kMalicious:
      return 8;
  }
  return 8;
}

}  // namespace lazaret
