#include "inspect/policy.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/digest.h"

namespace lazaret::inspect {
namespace {

constexpr std::string_view kDefaultVersion = "default-1";
constexpr std::string_view kFindingPrefix = "finding.";
constexpr std::size_t kVersionDigits = 12;
constexpr std::size_t kMostPolicyBytes = 4096;

// What an outcome may be set to; the first is the default. Weaker than the weakest of a row is never possible, and what
// is only a warning never turns a document away.
struct OutcomeRow {
  Outcome outcome;
  std::initializer_list<Action> actions;
};
constexpr Action kStore = Action::kStore;
constexpr Action kSanitise = Action::kSanitise;
constexpr Action kQuarantine = Action::kQuarantine;
constexpr Action kReject = Action::kReject;
const std::array<OutcomeRow, 9> kOutcomes{{
    {Outcome::kClean, {kStore}},
    {Outcome::kRepaired, {kStore, kSanitise, kQuarantine}},
    {Outcome::kActive, {kStore, kSanitise, kQuarantine, kReject}},
    {Outcome::kSuspicious, {kQuarantine, kSanitise, kReject}},
    {Outcome::kMalicious, {kReject, kQuarantine}},
    {Outcome::kMalformed, {kReject, kQuarantine}},
    {Outcome::kEncrypted, {kReject, kQuarantine}},
    {Outcome::kBomb, {kReject, kQuarantine}},
    {Outcome::kNotPdf, {kReject}},
}};

const OutcomeRow& row_of(Outcome outcome) {
  return *std::ranges::find(kOutcomes, outcome, &OutcomeRow::outcome);
}

std::string list_of(std::initializer_list<Action> actions) {
  std::string text;
  for (const Action action : actions)
    text.append(text.empty() ? "" : " or ").append(to_string(action));
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<FindingCode> finding_named(std::string_view name) {
  const auto rows = finding_table();
  const auto row = std::ranges::find(rows, name, &FindingRow::name);
  return row == rows.end() ? std::nullopt : std::optional(row->code);
}

// What JSON adds to the texts of one finding: member names, quotes, commas.
constexpr std::size_t kFindingOverhead = 96;
constexpr std::size_t kVerdictOverhead = 512;

void append_part(std::string& text, std::string_view separator, const std::string& part) {
  if (!text.empty()) text += separator;
  text += part;
}

std::string describe(const Report& report, const Place& place) {
  std::string text;
  if (place.object >= 0) {
    append_part(text, ", ", "object " + std::to_string(place.object) + " " + std::to_string(place.generation));
  }
  if (place.page >= 0) append_part(text, ", ", "page " + std::to_string(place.page));
  if (place.offset >= 0) append_part(text, ", ", "offset " + std::to_string(place.offset));
  const auto rule = static_cast<std::size_t>(place.rule);
  if (place.rule >= 0 && rule < report.rules.size()) append_part(text, ", ", "rule " + report.rules[rule]);
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

std::size_t json_bytes(const Finding& finding) {
  return finding.code.size() + finding.message.size() + finding.where.size() + kFindingOverhead;
}

// Findings of a verdict that was made by this build; one of another's table stands last.
bool is_less_bad(const Finding& finding, const FindingRow& than) {
  const auto code = finding_named(finding.code);
  if (!code) return true;
  const FindingRow& row = finding_row(*code);
  if (row.outcome != than.outcome) return outcome_rank(row.outcome) < outcome_rank(than.outcome);
  return row.severity < than.severity;
}

// Words and texts hold nothing that JSON would need escaped.
std::string as_json(const Fact& fact, FactKind kind) {
  switch (kind) {
    case FactKind::kNumber:
      return std::to_string(fact.number);
    case FactKind::kFlag:
      return fact.number != 0 ? "true" : "false";
    case FactKind::kWord:
    case FactKind::kText:
      break;
  }
  return "\"" + fact.word + "\"";
}

}  // namespace

Policy::Policy() : version_(kDefaultVersion) {
  for (const OutcomeRow& row : kOutcomes)
    actions_.at(std::to_underlying(row.outcome)) = *row.actions.begin();
}

std::expected<Policy, std::string> Policy::parse(std::string_view text) {
  if (text.size() > kMostPolicyBytes) return std::unexpected("is too long");
  Policy policy;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view entry = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (entry.empty()) continue;
    if (auto applied = policy.apply(entry); !applied) return std::unexpected(std::move(applied.error()));
  }
  // A finding that is treated like its outcome is no entry of its own.
  std::erase_if(policy.of_findings_, [&policy](const auto& entry) {
    return entry.second == policy.action(finding_row(entry.first).outcome);
  });
  policy.version_ = policy.make_version();
  return policy;
}

std::expected<void, std::string> Policy::apply(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) {
    return std::unexpected("must be entries like active=quarantine or finding.javascript=reject, comma-separated");
  }
  const std::string name(trimmed(entry.substr(0, equals)));
  const std::string wanted(trimmed(entry.substr(equals + 1)));
  const auto code = name.starts_with(kFindingPrefix)
                        ? finding_named(std::string_view(name).substr(kFindingPrefix.size()))
                        : std::nullopt;
  const auto outcome = code ? std::optional(finding_row(*code).outcome) : parse_outcome(name);
  if (!outcome)
    return std::unexpected("has " + name + ", which is no outcome and no finding.CODE of docs/inspection.md");
  const auto action = parse_action(wanted);
  const std::initializer_list<Action> allowed = row_of(*outcome).actions;
  if (!action || std::ranges::find(allowed, *action) == allowed.end()) {
    return std::unexpected("has " + name + "=" + wanted + "; what is " + std::string(to_string(*outcome)) +
                           " may be set to " + list_of(allowed));
  }
  if (code) {
    of_findings_[*code] = *action;
  } else {
    actions_.at(std::to_underlying(*outcome)) = *action;
  }
  return {};
}

Action Policy::action(FindingCode code) const {
  const auto own = of_findings_.find(code);
  return own == of_findings_.end() ? action(finding_row(code).outcome) : own->second;
}

Action Policy::decide(const Report& report) const {
  Action strictest = action(Outcome::kClean);
  for (const RawFinding& finding : report.findings)
    strictest = std::max(strictest, action(finding.code));
  return strictest;
}

std::string Policy::make_version() const {
  std::string table;
  const auto add = [&table](std::string_view name, Action action) {
    table.append(name).append("=").append(to_string(action)).append(",");
  };
  for (const OutcomeRow& row : kOutcomes)
    add(to_string(row.outcome), action(row.outcome));
  const bool is_default = of_findings_.empty() && actions_ == Policy().actions_;
  if (is_default) return std::string(kDefaultVersion);
  std::map<std::string_view, Action> by_name;
  for (const auto& [code, action] : of_findings_)
    by_name.emplace(finding_row(code).name, action);
  for (const auto& [name, action] : by_name)
    add(name, action);
  Sha256 hash;
  hash.update(table);
  return "custom-" + hash.finish().to_string().substr(0, kVersionDigits);
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
    Finding finding{std::string(row.name), row.severity, std::string(row.message), describe(report, raw->place)};
    bytes += json_bytes(finding);
    if (verdict.findings.size() < kMaxFindings && bytes <= kMaxVerdictBytes) {
      verdict.findings.push_back(std::move(finding));
    } else {
      ++verdict.more_findings;
    }
  }
  return verdict;
}

void add_finding(Inspection& inspection, FindingCode code, std::string where, const Policy& policy) {
  const FindingRow& row = finding_row(code);
  Verdict& verdict = inspection.verdict;
  const auto place = std::ranges::find_if(verdict.findings, [&](const Finding& f) { return is_less_bad(f, row); });
  verdict.findings.insert(place, {std::string(row.name), row.severity, std::string(row.message), std::move(where)});
  std::size_t bytes = kVerdictOverhead + verdict.engine.size();
  for (const Finding& finding : verdict.findings)
    bytes += json_bytes(finding);
  while (verdict.findings.size() > kMaxFindings || bytes > kMaxVerdictBytes) {
    bytes -= json_bytes(verdict.findings.back());
    verdict.findings.pop_back();
    ++verdict.more_findings;
  }
  if (outcome_rank(row.outcome) > outcome_rank(verdict.outcome)) verdict.outcome = row.outcome;
  inspection.action = std::max(inspection.action, policy.action(code));
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
    append_part(text, ",", "\"" + std::string(row.name) + "\":" + as_json(fact, row.kind));
  }
  return JsonObject::trusted("{" + text + "}");
}

}  // namespace lazaret::inspect
