#include "inspect/report.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "document/verdict.h"
#include "inspect/wire_codec.h"

namespace lazaret::inspect {
namespace {

constexpr std::uint32_t kReportMark = 0x31525A4C;  // "LZR1"
constexpr std::uint32_t kTaskMark = 0x32545A4C;    // "LZT2"

constexpr std::int64_t kUnknown = -1;
constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int32_t>::max();  // of an object, a page
constexpr std::int64_t kMaxGeneration = 65'535;
constexpr std::int64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 53U;  // what every reader of JSON keeps exact
constexpr std::size_t kMaxContentTypeBytes = 127;
constexpr std::size_t kMaxVersionBytes = 8;
constexpr std::size_t kMaxExtensionBytes = 16;
constexpr std::size_t kMaxDeclaredTypeBytes = 255;

// [mark][bytes that follow][payload]
std::string frame(std::uint32_t mark, const std::string& payload) {
  Encoder encoder;
  encoder.number(mark);
  encoder.number(static_cast<std::uint32_t>(payload.size()));
  return std::move(encoder).take() + payload;
}

Result<Decoder> unframe(std::string_view message, std::uint32_t mark, std::size_t longest) {
  if (message.size() > longest) return fail(ErrorCode::kCorrupt, "message too long");
  Decoder decoder(message);
  const auto found = decoder.number<std::uint32_t>();
  const auto size = decoder.number<std::uint32_t>();
  if (!decoder.sound() || found != mark || size != decoder.left()) {
    return fail(ErrorCode::kCorrupt, "message with a wrong mark or length");
  }
  return decoder;
}

bool is_printable_word(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_version(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool is_extension(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

void encode_finding(Encoder& encoder, const RawFinding& finding) {
  encoder.number(std::to_underlying(finding.code));
  encoder.number(std::clamp(finding.place.object, kUnknown, kMaxNumber));
  encoder.number(std::clamp(finding.place.generation, std::int64_t{0}, kMaxGeneration));
  encoder.number(std::clamp(finding.place.page, kUnknown, kMaxNumber));
  encoder.number(std::max(finding.place.offset, kUnknown));
  encoder.number(std::clamp(finding.place.rule, kUnknown, std::int64_t{kMaxRules} - 1));
}

std::optional<RawFinding> decode_finding(Decoder& decoder) {
  const auto code = finding_code_of(decoder.number<std::uint16_t>());
  Place place;
  place.object = decoder.number_within(kUnknown, kMaxNumber);
  place.generation = decoder.number_within(std::int64_t{0}, kMaxGeneration);
  place.page = decoder.number_within(kUnknown, kMaxNumber);
  place.offset = decoder.number_within(kUnknown, kMaxOffset);
  place.rule = decoder.number_within(kUnknown, std::int64_t{kMaxRules} - 1);
  if (!decoder.sound() || !code) return std::nullopt;
  return RawFinding{*code, place};
}

bool is_numeric(FactKind kind) {
  return kind == FactKind::kNumber || kind == FactKind::kFlag;
}

std::int64_t most_of(FactKind kind) {
  return kind == FactKind::kFlag ? 1 : kMostNumber;
}

void encode_fact(Encoder& encoder, const Fact& fact) {
  encoder.number(std::to_underlying(fact.code));
  if (is_numeric(fact_row(fact.code).kind)) {
    encoder.number(std::clamp(fact.number, std::int64_t{0}, most_of(fact_row(fact.code).kind)));
  } else {
    encoder.text(std::string_view(fact.word).substr(0, kLongestText));
  }
}

std::optional<Fact> decode_fact(Decoder& decoder) {
  Fact fact;
  const auto code = decoder.number_within<std::uint8_t>(0, std::to_underlying(FactCode::kCount) - 1);
  fact.code = static_cast<FactCode>(code);
  const FactKind kind = fact_row(fact.code).kind;
  if (is_numeric(kind)) {
    fact.number = decoder.number_within(std::int64_t{0}, most_of(kind));
  } else {
    fact.word = decoder.text(kLongestText);
    if (kind == FactKind::kText ? !is_fact_text(fact.word) : !is_fact_word(fact.word)) return std::nullopt;
  }
  return decoder.sound() ? std::optional(std::move(fact)) : std::nullopt;
}

// In ascending order of their codes: no code twice.
bool decode_facts(Decoder& decoder, std::vector<Fact>& facts) {
  const auto count = decoder.number<std::uint8_t>();
  for (std::size_t i = 0; i < count; ++i) {
    auto fact = decode_fact(decoder);
    if (!fact || (!facts.empty() && facts.back().code >= fact->code)) return false;
    facts.push_back(std::move(*fact));
  }
  return true;
}

bool decode_rules(Decoder& decoder, std::vector<std::string>& rules) {
  const auto count = decoder.number_within<std::uint8_t>(0, kMaxRules);
  for (std::size_t i = 0; i < count; ++i) {
    rules.push_back(decoder.text(kLongestWord));
    if (!is_fact_word(rules.back())) return false;
  }
  return true;
}

}  // namespace

std::string encode_report(const Report& report) {
  const std::size_t kept = std::min(report.findings.size(), kMaxFindings);
  const std::uint64_t dropped = report.findings.size() - kept;
  Encoder encoder;
  encoder.number(static_cast<std::uint8_t>(kept));
  for (std::size_t i = 0; i < kept; ++i)
    encode_finding(encoder, report.findings[i]);
  encoder.number(std::min(report.more_findings, kMaxCount - dropped) + dropped);
  encoder.text(std::string_view(report.content_type).substr(0, kMaxContentTypeBytes));
  encoder.number(std::clamp(report.page_count, kUnknown, kMaxNumber));
  encoder.text(std::string_view(report.pdf_version).substr(0, kMaxVersionBytes));
  encoder.number(static_cast<std::uint8_t>(report.encrypted ? 1 : 0));
  std::vector<Fact> facts = report.facts;
  std::ranges::sort(facts, {}, &Fact::code);
  encoder.number(static_cast<std::uint8_t>(facts.size()));
  for (const Fact& fact : facts)
    encode_fact(encoder, fact);
  const std::size_t rules = std::min(report.rules.size(), kMaxRules);
  encoder.number(static_cast<std::uint8_t>(rules));
  for (std::size_t i = 0; i < rules; ++i)
    encoder.text(std::string_view(report.rules[i]).substr(0, kLongestWord));
  return frame(kReportMark, std::move(encoder).take());
}

Result<Report> decode_report(std::string_view message) {
  auto decoder = unframe(message, kReportMark, kMaxReportBytes);
  if (!decoder) return std::unexpected(std::move(decoder.error()));
  Report report;
  const auto findings = decoder->number<std::uint8_t>();
  if (findings > kMaxFindings) return fail(ErrorCode::kCorrupt, "report with too many findings");
  for (std::size_t i = 0; i < findings; ++i) {
    const auto finding = decode_finding(*decoder);
    if (!finding) return fail(ErrorCode::kCorrupt, "report with a bad finding");
    report.findings.push_back(*finding);
  }
  report.more_findings = decoder->number_within(std::uint64_t{0}, kMaxCount);
  report.content_type = decoder->text(kMaxContentTypeBytes);
  report.page_count = decoder->number_within(kUnknown, kMaxNumber);
  report.pdf_version = decoder->text(kMaxVersionBytes);
  report.encrypted = decoder->number_within<std::uint8_t>(0, 1) == 1;
  if (!decode_facts(*decoder, report.facts)) return fail(ErrorCode::kCorrupt, "report with a bad fact");
  if (!decode_rules(*decoder, report.rules)) return fail(ErrorCode::kCorrupt, "report with a bad rule");
  if (!decoder->finished()) return fail(ErrorCode::kCorrupt, "report with a bad length or number");
  if (!is_printable_word(report.content_type) || !is_version(report.pdf_version)) {
    return fail(ErrorCode::kCorrupt, "report with foreign characters");
  }
  return report;
}

std::string encode_task(const Task& task) {
  Encoder encoder;
  encoder.number(std::to_underlying(task.purpose));
  encoder.number(task.size);
  encoder.text(std::string_view(task.extension).substr(0, kMaxExtensionBytes));
  // A longer type than any that is checked for differs from all of them, cut or not.
  encoder.text(std::string_view(task.declared_type).substr(0, kMaxDeclaredTypeBytes));
  encoder.number(static_cast<std::uint8_t>(task.walk ? 1 : 0));
  return frame(kTaskMark, std::move(encoder).take());
}

Result<Task> decode_task(std::string_view message) {
  auto decoder = unframe(message, kTaskMark, kMaxTaskBytes);
  if (!decoder) return std::unexpected(std::move(decoder.error()));
  Task task;
  task.purpose = static_cast<Purpose>(decoder->number_within<std::uint8_t>(0, std::to_underlying(Purpose::kClean)));
  task.size = decoder->number_within(std::uint64_t{0}, static_cast<std::uint64_t>(kMaxOffset));
  task.extension = decoder->text(kMaxExtensionBytes);
  task.declared_type = decoder->text(kMaxDeclaredTypeBytes);
  task.walk = decoder->number_within<std::uint8_t>(0, 1) == 1;
  if (!decoder->finished() || !is_extension(task.extension)) return fail(ErrorCode::kCorrupt, "malformed task");
  return task;
}

}  // namespace lazaret::inspect
