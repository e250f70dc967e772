#include "inspect/report.h"

#include <string>

#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

Report full_report() {
  Report report;
  report.findings = {{FindingCode::kLaunch, {.object = 12, .generation = 0, .page = 3, .offset = -1}},
                     {FindingCode::kLeadingBytes, {.object = -1, .generation = 0, .page = -1, .offset = 0}}};
  report.more_findings = 7;
  report.content_type = "application/pdf";
  report.page_count = 120;
  report.pdf_version = "1.7";
  report.encrypted = true;
  report.facts = {{FactCode::kWidth, 640, {}}, {FactCode::kModality, 0, "CT"}};
  report.rules = {"lazaret_heap_spray", "house_rule"};
  return report;
}

// Where parts of an encoded report lie: mark, length, then the payload.
constexpr std::size_t kPayload = 8;
constexpr std::size_t kFindingBytes = 2 + 5 * 8;

ErrorCode decoding_fails_with(const std::string& message) {
  const auto report = decode_report(message);
  return report ? ErrorCode::kNotFound : report.error().code;
}

TEST(Report, ReadsBackAsItWasWritten) {
  EXPECT_EQ(*decode_report(encode_report(full_report())), full_report());
}

TEST(Report, ReadsBackWithoutAnyFact) {
  EXPECT_EQ(*decode_report(encode_report({})), Report{});
}

TEST(Report, KeepsAsManyFindingsAsAVerdictDoesAndCountsTheRest) {
  Report report;
  report.findings.assign(kMaxFindings + 5, {FindingCode::kUri, {}});
  report.more_findings = 2;
  const auto decoded = decode_report(encode_report(report));
  EXPECT_EQ(decoded->findings.size(), kMaxFindings);
  EXPECT_EQ(decoded->more_findings, 7U);
}

TEST(Report, NeverExceedsItsCap) {
  Report report = full_report();
  report.findings.assign(1000, {FindingCode::kUri, {.object = 1, .generation = 1, .page = 1, .offset = 1}});
  report.content_type = std::string(100'000, 'x');
  EXPECT_LE(encode_report(report).size(), kMaxReportBytes);
}

TEST(Report, ClampsPlacesThatNoDocumentHas) {
  Report report;
  report.findings = {
      {FindingCode::kUri, {.object = -9, .generation = -1, .page = std::int64_t{1} << 40, .offset = -5}}};
  const auto decoded = decode_report(encode_report(report));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->findings[0].place, (Place{.object = -1, .generation = 0, .page = 2147483647, .offset = -1}));
}

TEST(Report, RefusesAFactThatHoldsAnythingButAWord) {
  for (const char* word : {"", "two words", "Tan\xc3\xa9", "a\"b"}) {
    Report report;
    report.facts = {{FactCode::kModality, 0, word}};
    EXPECT_EQ(decoding_fails_with(encode_report(report)), ErrorCode::kCorrupt) << word;
  }
}

TEST(Report, RefusesARuleThatIsNoName) {
  Report report;
  report.rules = {"text of a document"};
  EXPECT_EQ(decoding_fails_with(encode_report(report)), ErrorCode::kCorrupt);
}

TEST(Report, RefusesAFactThatIsThereTwice) {
  Report report;
  report.facts = {{FactCode::kWidth, 1, {}}, {FactCode::kWidth, 2, {}}};
  EXPECT_EQ(decoding_fails_with(encode_report(report)), ErrorCode::kCorrupt);
}

TEST(Report, RefusesEveryShorterMessage) {
  const std::string message = encode_report(full_report());
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_EQ(decoding_fails_with(message.substr(0, size)), ErrorCode::kCorrupt) << size;
  }
}

TEST(Report, RefusesBytesAfterItsEnd) {
  EXPECT_EQ(decoding_fails_with(encode_report(full_report()) + "x"), ErrorCode::kCorrupt);
}

TEST(Report, RefusesAForeignMark) {
  std::string message = encode_report(full_report());
  message[3] = '9';
  EXPECT_EQ(decoding_fails_with(message), ErrorCode::kCorrupt);
}

TEST(Report, RefusesAnUnknownFinding) {
  std::string message = encode_report(full_report());
  message[kPayload + 1] = '\xFF';
  message[kPayload + 2] = '\xFF';
  EXPECT_EQ(decoding_fails_with(message), ErrorCode::kCorrupt);
}

TEST(Report, RefusesMoreFindingsThanItMayHold) {
  std::string message = encode_report(full_report());
  message[kPayload] = 65;
  EXPECT_EQ(decoding_fails_with(message), ErrorCode::kCorrupt);
}

TEST(Report, RefusesAPlaceOutOfRange) {
  std::string message = encode_report(full_report());
  message[kPayload + 1 + 2 + 7] = '\x80';  // the sign of the first finding's object
  EXPECT_EQ(decoding_fails_with(message), ErrorCode::kCorrupt);
}

TEST(Report, RefusesACountBeyondWhatJsonKeepsExact) {
  std::string message = encode_report(full_report());
  message[kPayload + 1 + 2 * kFindingBytes + 7] = 1;
  EXPECT_EQ(decoding_fails_with(message), ErrorCode::kCorrupt);
}

TEST(Report, RefusesControlCharactersInTheContentType) {
  Report report = full_report();
  report.content_type = "application/pdf\r\nSet-Cookie:x";
  EXPECT_EQ(decoding_fails_with(encode_report(report)), ErrorCode::kCorrupt);
}

TEST(Report, RefusesAVersionThatIsNoNumber) {
  Report report = full_report();
  report.pdf_version = "1.7\"";
  EXPECT_EQ(decoding_fails_with(encode_report(report)), ErrorCode::kCorrupt);
}

TEST(Report, RefusesABooleanThatIsNeither) {
  std::string message = encode_report(full_report());
  message.back() = 2;
  EXPECT_EQ(decoding_fails_with(message), ErrorCode::kCorrupt);
}

TEST(Report, RefusesAMessageBeyondItsCap) {
  EXPECT_EQ(decoding_fails_with(std::string(kMaxReportBytes + 1, 'x')), ErrorCode::kCorrupt);
}

TEST(Task, ReadsBackAsItWasWritten) {
  const auto task =
      decode_task(encode_task({.size = 50, .extension = "pdf", .declared_type = "text/x", .walk = false}));
  ASSERT_TRUE(task);
  EXPECT_EQ(task->size, 50U);
  EXPECT_EQ(task->extension, "pdf");
  EXPECT_EQ(task->declared_type, "text/x");
  EXPECT_FALSE(task->walk);
}

TEST(Task, FitsItsMessageWhateverIsDeclared) {
  const std::string message =
      encode_task({.size = 1, .extension = "pdf", .declared_type = std::string(70'000, 'x'), .walk = true});
  EXPECT_LE(message.size(), kMaxTaskBytes);
  EXPECT_TRUE(decode_task(message));
}

TEST(Task, RefusesAnExtensionThatIsAPath) {
  EXPECT_FALSE(decode_task(encode_task({.size = 1, .extension = "../pdf", .declared_type = {}, .walk = true})));
}

TEST(Task, RefusesAReport) {
  EXPECT_FALSE(decode_task(encode_report(full_report())));
}

}  // namespace
}  // namespace lazaret::inspect
