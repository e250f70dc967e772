#include "inspect/policy.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

Verdict verdict_of(const Report& report) {
  return make_verdict(report, "engine 1", Policy(), Timestamp{});
}

Report with(std::vector<RawFinding> findings) {
  Report report;
  report.findings = std::move(findings);
  return report;
}

TEST(Policy, DefaultsAreThoseOfThePage) {
  const Policy policy;
  EXPECT_EQ(policy.action(Outcome::kClean), Action::kStore);
  EXPECT_EQ(policy.action(Outcome::kRepaired), Action::kStore);
  EXPECT_EQ(policy.action(Outcome::kActive), Action::kStore);
  EXPECT_EQ(policy.action(Outcome::kSuspicious), Action::kQuarantine);
  EXPECT_EQ(policy.action(Outcome::kMalicious), Action::kReject);
  EXPECT_EQ(policy.action(Outcome::kMalformed), Action::kReject);
  EXPECT_EQ(policy.action(Outcome::kEncrypted), Action::kReject);
  EXPECT_EQ(policy.action(Outcome::kBomb), Action::kReject);
  EXPECT_EQ(policy.action(Outcome::kNotPdf), Action::kReject);
}

std::string fault_of(std::string_view text) {
  const auto policy = Policy::parse(text);
  return policy ? std::string() : policy.error();
}

TEST(Policy, TakesOutcomesAndFindingsFromItsText) {
  const auto policy = Policy::parse("active=quarantine, finding.javascript = reject,");
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_EQ(policy->action(Outcome::kActive), Action::kQuarantine);
  EXPECT_EQ(policy->action(FindingCode::kXfa), Action::kQuarantine);
  EXPECT_EQ(policy->action(FindingCode::kJavaScript), Action::kReject);
  EXPECT_EQ(policy->action(Outcome::kSuspicious), Action::kQuarantine);
}

TEST(Policy, IsNeverWeakerThanItsPagePermits) {
  for (const char* text :
       {"malicious=store", "suspicious=store", "encrypted=store", "malformed=store", "bomb=store", "not_pdf=quarantine",
        "not_pdf=store", "clean=quarantine", "repaired=reject", "finding.eicar=store", "finding.type_mismatch=store",
        "finding.polyglot=store", "finding.recovered=reject"}) {
    EXPECT_THAT(fault_of(text), testing::HasSubstr("may be set to")) << text;
  }
  for (const char* text : {"malicious=quarantine", "encrypted=quarantine", "repaired=quarantine", "suspicious=reject",
                           "active=reject", "finding.eicar=quarantine", ""}) {
    EXPECT_EQ(fault_of(text), "") << text;
  }
}

TEST(Policy, SaysWhatIsWrongWithItsText) {
  EXPECT_EQ(fault_of("malicious=store"), "has malicious=store; what is malicious may be set to reject or quarantine");
  EXPECT_EQ(fault_of("activ=reject"), "has activ, which is no outcome and no finding.CODE of docs/inspection.md");
  EXPECT_EQ(fault_of("finding.nothing=reject"),
            "has finding.nothing, which is no outcome and no finding.CODE of docs/inspection.md");
  EXPECT_THAT(fault_of("reject"), testing::HasSubstr("active=quarantine"));
  EXPECT_THAT(fault_of("error=store"), testing::HasSubstr("no outcome"));
  EXPECT_THAT(fault_of("active=keep"), testing::HasSubstr("active=keep"));
}

TEST(Policy, SanitisesWhatMayBeSanitised) {
  for (const char* text : {"repaired=sanitise", "active=sanitise", "suspicious=sanitise", "finding.javascript=sanitise",
                           "finding.hidden_object=sanitise"}) {
    EXPECT_EQ(fault_of(text), "") << text;
  }
  for (const char* text : {"clean=sanitise", "malicious=sanitise", "malformed=sanitise", "encrypted=sanitise",
                           "bomb=sanitise", "not_pdf=sanitise", "finding.launch=sanitise", "finding.uri=sanitise"}) {
    EXPECT_THAT(fault_of(text), testing::HasSubstr("may be set to")) << text;
  }
}

TEST(Policy, ToSanitiseIsStricterThanToStoreAndLessThanToQuarantine) {
  const auto policy = Policy::parse("active=sanitise");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->decide(with({{FindingCode::kJavaScript, {}}, {FindingCode::kRecovered, {}}})), Action::kSanitise);
  EXPECT_EQ(policy->decide(with({{FindingCode::kJavaScript, {}}, {FindingCode::kHiddenObject, {}}})),
            Action::kQuarantine);
  EXPECT_EQ(policy->decide({}), Action::kStore);
  EXPECT_THAT(policy->version(), testing::StartsWith("custom-"));
}

TEST(Policy, DecidesByTheStrictestOfAllFindings) {
  const auto policy = Policy::parse("malicious=quarantine,finding.javascript=reject");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->decide({}), Action::kStore);
  EXPECT_EQ(policy->decide(with({{FindingCode::kXfa, {}}})), Action::kStore);
  EXPECT_EQ(policy->decide(with({{FindingCode::kLaunch, {}}, {FindingCode::kXfa, {}}})), Action::kQuarantine);
  EXPECT_EQ(policy->decide(with({{FindingCode::kLaunch, {}}, {FindingCode::kJavaScript, {}}})), Action::kReject);
  EXPECT_EQ(policy->decide(with({{FindingCode::kLaunch, {}}, {FindingCode::kNoPages, {}}})), Action::kReject);
}

TEST(Policy, VersionFollowsTheTableAndNotItsText) {
  const auto version = [](std::string_view text) { return Policy::parse(text)->version(); };
  EXPECT_EQ(Policy().version(), "default-1");
  EXPECT_EQ(version(""), "default-1");
  EXPECT_EQ(version("active=store,finding.javascript=store"), "default-1");
  EXPECT_EQ(version("active=reject,bomb=quarantine"), version("bomb=quarantine , active=reject"));
  EXPECT_EQ(version("active=reject"), version("finding.xfa=reject,active=reject"));
  EXPECT_NE(version("active=reject"), version("active=quarantine"));
  EXPECT_NE(version("finding.xfa=reject"), version("finding.uri=store"));
  EXPECT_EQ(version("active=quarantine"), "custom-533ad7a2a4b1") << "a stored verdict must find its table again";
}

TEST(Verdict, IsCleanWithoutFindings) {
  EXPECT_EQ(verdict_of({}).outcome, Outcome::kClean);
}

TEST(Verdict, TakesTheWorstOutcomeOfItsFindings) {
  EXPECT_EQ(
      verdict_of(with({{FindingCode::kUri, {}}, {FindingCode::kLaunch, {}}, {FindingCode::kEncrypted, {}}})).outcome,
      Outcome::kMalicious);
}

TEST(Verdict, NamesTheWorstFindingFirst) {
  const Verdict verdict =
      verdict_of(with({{FindingCode::kUri, {}}, {FindingCode::kXfa, {}}, {FindingCode::kLaunch, {}}}));
  ASSERT_EQ(verdict.findings.size(), 3U);
  EXPECT_EQ(verdict.findings[0].code, "launch");
  EXPECT_EQ(verdict.findings[1].code, "xfa");
  EXPECT_EQ(verdict.findings[2].code, "uri");
}

TEST(Verdict, KeepsTheOrderOfFindingsThatAreEquallyBad) {
  const Verdict verdict = verdict_of(with({{FindingCode::kUri, {.page = 2}}, {FindingCode::kUri, {.page = 1}}}));
  EXPECT_EQ(verdict.findings[0].where, "page 2");
  EXPECT_EQ(verdict.findings[1].where, "page 1");
}

TEST(Verdict, SaysWhereInNumbers) {
  const Verdict verdict =
      verdict_of(with({{FindingCode::kUri, {.object = 12, .generation = 0, .page = 3, .offset = -1}},
                       {FindingCode::kUri, {.offset = 9}}}));
  EXPECT_EQ(verdict.findings[0].where, "object 12 0, page 3");
  EXPECT_EQ(verdict.findings[1].where, "offset 9");
}

TEST(Verdict, NamesTheRuleThatMatched) {
  Report report = with({{FindingCode::kKnownAttack, {.rule = 1}}, {FindingCode::kKnownAttack, {.rule = 5}}});
  report.rules = {"first", "second"};
  const Verdict verdict = verdict_of(report);
  EXPECT_EQ(verdict.outcome, Outcome::kMalicious);
  EXPECT_EQ(verdict.findings[0].where, "rule second");
  EXPECT_EQ(verdict.findings[1].where, "");
}

TEST(Verdict, TakesItsSentencesFromTheTable) {
  const Verdict verdict = verdict_of(with({{FindingCode::kLaunch, {}}}));
  EXPECT_EQ(verdict.findings[0].message, finding_row(FindingCode::kLaunch).message);
  EXPECT_EQ(verdict.findings[0].severity, finding_row(FindingCode::kLaunch).severity);
}

TEST(Verdict, NamesItsEngineAndPolicy) {
  const Verdict verdict = verdict_of({});
  EXPECT_EQ(verdict.engine, "engine 1");
  EXPECT_EQ(verdict.policy_version, Policy().version());
}

TEST(Verdict, CountsWhatItDoesNotKeep) {
  Report report = with(std::vector<RawFinding>(kMaxFindings + 3, RawFinding{FindingCode::kUri, {}}));
  report.more_findings = 4;
  const Verdict verdict = verdict_of(report);
  EXPECT_EQ(verdict.findings.size(), kMaxFindings);
  EXPECT_EQ(verdict.more_findings, 7U);
}

TEST(Verdict, StaysWithinItsBytesWithTheLongestSentences) {
  FindingCode longest{};
  for (const FindingRow& row : finding_table()) {
    if (row.message.size() > finding_row(longest).message.size()) longest = row.code;
  }
  const Verdict verdict =
      verdict_of(with(std::vector<RawFinding>(kMaxFindings, RawFinding{longest, {.object = 2147483647}})));
  std::size_t bytes = 0;
  for (const Finding& finding : verdict.findings)
    bytes += finding.code.size() + finding.message.size() + finding.where.size() + 64;
  EXPECT_LE(bytes, kMaxVerdictBytes);
  EXPECT_EQ(verdict.findings.size() + verdict.more_findings, kMaxFindings);
}

TEST(Extracted, HoldsWhatIsKnown) {
  Report report;
  report.content_type = "application/pdf";
  report.page_count = 3;
  report.pdf_version = "1.7";
  EXPECT_EQ(make_extracted(report).text(), R"({"page_count":3,"pdf_version":"1.7","encrypted":false})");
}

TEST(Extracted, HoldsTheFactsOfOtherTypes) {
  Report report;
  report.content_type = "application/dicom";
  report.facts = {{FactCode::kWidth, 512, {}}, {FactCode::kModality, 0, "MR"}};
  EXPECT_EQ(make_extracted(report).text(), R"({"width":512,"modality":"MR"})");
}

TEST(Extracted, ShowsFlagsAndTextsAsJsonHasThem) {
  Report report;
  report.facts = {{FactCode::kProducer, 0, "Writer 7.4"}, {FactCode::kSigned, 1, {}}, {FactCode::kTagged, 0, {}}};
  EXPECT_EQ(make_extracted(report).text(), R"({"producer":"Writer 7.4","signed":true,"tagged":false})");
}

TEST(Extracted, IsEmptyWhereNothingIsKnown) {
  EXPECT_TRUE(make_extracted({}).empty());
}

Inspection inspection_of(const Report& report) {
  Inspection inspection;
  inspection.verdict = verdict_of(report);
  inspection.action = Policy().decide(report);
  return inspection;
}

std::vector<std::string> codes_of(const Verdict& verdict) {
  std::vector<std::string> codes;
  codes.reserve(verdict.findings.size());
  for (const Finding& finding : verdict.findings)
    codes.push_back(finding.code);
  return codes;
}

TEST(AddedFinding, TakesItsPlaceByHowBadItIs) {
  const Report report = with({{FindingCode::kLaunch, {}}, {FindingCode::kPolyglot, {}}, {FindingCode::kXfa, {}}});
  Inspection worst = inspection_of(report);
  add_finding(worst, FindingCode::kAntivirus, "signature Worm", Policy());
  EXPECT_THAT(codes_of(worst.verdict), testing::ElementsAre("launch", "antivirus", "polyglot", "xfa"));
  Inspection middle = inspection_of(report);
  add_finding(middle, FindingCode::kAntivirusLimit, "signature Limit", Policy());
  EXPECT_THAT(codes_of(middle.verdict), testing::ElementsAre("launch", "polyglot", "antivirus_limit", "xfa"));
  EXPECT_EQ(middle.verdict.findings[2].where, "signature Limit");
}

TEST(AddedFinding, MakesNothingBetter) {
  Inspection inspection = inspection_of(with({{FindingCode::kLaunch, {}}}));
  add_finding(inspection, FindingCode::kAntivirusLimit, "", Policy());
  EXPECT_EQ(inspection.verdict.outcome, Outcome::kMalicious);
  EXPECT_EQ(inspection.action, Action::kReject);
}

TEST(AddedFinding, MakesWorseWhatWasBetter) {
  Inspection inspection = inspection_of(with({{FindingCode::kXfa, {}}}));
  add_finding(inspection, FindingCode::kAntivirusLocked, "", Policy());
  EXPECT_EQ(inspection.verdict.outcome, Outcome::kSuspicious);
  EXPECT_EQ(inspection.action, Action::kQuarantine);
}

TEST(AddedFinding, LeavesAVerdictWithinItsBounds) {
  Inspection inspection = inspection_of(with(std::vector<RawFinding>(kMaxFindings, {FindingCode::kUri, {}})));
  add_finding(inspection, FindingCode::kAntivirus, std::string(1000, 'x'), Policy());
  EXPECT_EQ(inspection.verdict.findings.size(), kMaxFindings);
  EXPECT_EQ(inspection.verdict.more_findings, 1U);
  EXPECT_EQ(inspection.verdict.findings.front().code, "antivirus");
  add_finding(inspection, FindingCode::kAntivirus, std::string(kMaxVerdictBytes - 4096, 'x'), Policy());
  EXPECT_LT(inspection.verdict.findings.size(), kMaxFindings);
  EXPECT_EQ(inspection.verdict.findings.size() + inspection.verdict.more_findings, kMaxFindings + 2);
}

}  // namespace
}  // namespace lazaret::inspect
