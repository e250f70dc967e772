#include "tests/support/random_document.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "document/json.h"

namespace lazaret::test {

// Modulo, not std::uniform_int_distribution: that one differs between standard libraries.
std::uint64_t RandomDocuments::below(std::uint64_t end) {
  return engine_() % end;
}

DocumentId RandomDocuments::id() {
  std::array<std::uint8_t, 16> bytes{};
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>(below(256));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x70U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  return DocumentId{bytes};
}

Digest RandomDocuments::digest() {
  std::array<std::uint8_t, 32> bytes{};
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>(below(256));
  return Digest{bytes};
}

Timestamp RandomDocuments::time() {
  constexpr std::int64_t kFirst = 1'577'836'800'000;  // 2020-01-01
  constexpr std::uint64_t kTenYears = 10ULL * 365 * 86'400'000;
  return Timestamp{std::chrono::milliseconds{kFirst + static_cast<std::int64_t>(below(kTenYears))}};
}

std::string RandomDocuments::filename() {
  static const std::vector<std::string> kPieces{
      "report", "Report", "LAB",  "lab results", "scan",    "Müller", "MÜLLER",     "Straße", "naïve", "Ärztebrief",
      "診断書", "カルテ", "결과", "анализ",      "ΑΝΆΛΥΣΗ", "x-ray",  "blood_test", "2024",   "v2",    "𝒜"};
  static const std::vector<std::string> kJoints{" ", "_", "-", ".", ", ", ""};
  std::string name = one_of(kPieces);
  for (std::uint64_t more = below(5); more > 0; --more)
    name += one_of(kJoints) + one_of(kPieces);
  return name + (chance(10) ? ".PDF" : ".pdf");
}

std::string RandomDocuments::text(std::size_t max_pieces) {
  static const std::vector<std::string> kPieces{"a",      "B",  "7",    " ",    "\"",   "\\", "/",  "\b",
                                                "\t",     "\n", "\x01", "\x7f", "é",    "中", "😀", "\u2028",
                                                "\u202e", "{}", "[]",   ",",    "null", "~"};
  std::string text;
  for (std::uint64_t count = below(max_pieces + 1); count > 0; --count)
    text += one_of(kPieces);
  return text;
}

std::string RandomDocuments::number() {
  static const std::vector<std::string> kNumbers{"0",
                                                 "-0",
                                                 "1",
                                                 "-17",
                                                 "1.50",
                                                 "0.1",
                                                 "1e10",
                                                 "1E+2",
                                                 "2.5e-3",
                                                 "9007199254740993",
                                                 "1e125",
                                                 "1e-130",
                                                 "12345678901234567890123456789012345678",
                                                 "-0.00000000000000000000000000000000000001",
                                                 "9.9999999999999999999999999999999999999e125"};
  return chance(50) ? std::to_string(below(1'000'000)) : one_of(kNumbers);
}

void RandomDocuments::append_object(std::string& out, int depth) {
  out += '{';
  const std::uint64_t count = below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    append_json_string(out, std::to_string(i) + text(3));  // the number makes each name another
    out += ':';
    append_value(out, depth - 1);
  }
  out += '}';
}

void RandomDocuments::append_value(std::string& out, int depth) {
  switch (below(depth > 0 ? 7 : 5)) {
    case 0:
      out += "null";
      return;
    case 1:
      out += chance(50) ? "true" : "false";
      return;
    case 2:
      out += number();
      return;
    case 3:
    case 4:
      append_json_string(out, text(8));
      return;
    case 5: {
      out += '[';
      const std::uint64_t count = below(4);
      for (std::uint64_t i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        append_value(out, depth - 1);
      }
      out += ']';
      return;
    }
    default:
      append_object(out, depth);
  }
}

JsonObject RandomDocuments::metadata() {
  std::string json;
  append_object(json, kMaxMetadataDepth - 1);
  // A generator that writes what the parser refuses is a bug of the generator: value() ends the test.
  return parse_json_object(json, "").value();
}

Verdict RandomDocuments::verdict(Outcome outcome) {
  Verdict verdict;
  verdict.outcome = outcome;
  for (std::uint64_t count = outcome == Outcome::kClean ? 0 : 1 + below(4); count > 0; --count) {
    verdict.findings.push_back({.code = "finding_" + std::to_string(below(9)),
                                .severity = static_cast<Severity>(below(5)),
                                .message = "What was found: " + text(6),
                                .where = chance(50) ? "object " + std::to_string(below(1000)) + " 0" : ""});
  }
  if (chance(5)) verdict.more_findings = 1 + below(1000);
  verdict.engine = "lazaret-inspector 0.1.0 qpdf 11.3.0";
  verdict.policy_version = "1";
  verdict.inspected_at = time();
  return verdict;
}

Document RandomDocuments::next() {
  static const std::vector<std::string> kCategories{"patient_records", "clinical_guidelines", "research_papers",
                                                    "lab_results", "medication_schedules"};
  Document document;
  document.id = id();
  document.filename = PatientText{filename()};
  document.original_filename = PatientText{"x" + text(20) + document.filename.text()};
  document.size = 1 + below(50ULL * 1024 * 1024);
  document.upload_date = time();
  document.s3_key = make_object_key(document.upload_date, document.id, AttemptId{engine_()});
  for (const std::string& category : kCategories) {
    if (chance(30)) document.categories.push_back(category);
  }
  std::ranges::sort(document.categories);
  document.content_type = "application/pdf";
  document.checksum = digest();
  document.processed = chance(50);
  if (chance(70)) document.metadata = metadata();
  if (chance(70)) {
    document.extracted = JsonObject::trusted("{\"page_count\":" + std::to_string(1 + below(500)) +
                                             ",\"pdf_version\":\"1.7\",\"encrypted\":false}");
  }
  document.version = 1 + below(20);
  if (chance(5)) document.duplicate_of = id();

  const State live = chance(80) ? State::kAvailable : State::kQuarantined;
  document.verdict = verdict(live == State::kQuarantined || chance(10) ? Outcome::kSuspicious : Outcome::kClean);
  if (live == State::kAvailable && document.verdict.outcome == Outcome::kSuspicious) {
    document.release = Release{PatientText{"checked by hand"}, "caller-" + std::to_string(below(10)), time()};
  }
  if (live == State::kAvailable && chance(10)) {
    document.sanitised = Sanitised{1 + below(50ULL * 1024 * 1024), digest(), {}};
    for (std::uint64_t count = below(3); count > 0; --count)
      document.sanitised->taken_out.push_back({PatientText{"asked for: " + text(4)}, "an operator", time()});
  }
  document.state = live;
  if (chance(15)) {
    document.state = State::kDeleted;
    document.state_before_delete = live;
    document.deleted_at = document.upload_date + std::chrono::milliseconds{below(86'400'000)};
  }
  return document;
}

}  // namespace lazaret::test
