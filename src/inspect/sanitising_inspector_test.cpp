#include "inspect/sanitising_inspector.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::inspect {
namespace {

using testing_support::ManualClock;
using testing_support::TemporaryFolder;

SealedBlob blob_of(const Spool& spool, std::string_view bytes) {
  auto file = spool.create();
  EXPECT_TRUE(file && file->append(std::as_bytes(std::span(bytes))));
  return *std::move(*file).seal();
}

// Finds in the upload what it was told, and in a copy what it was told of copies.
class TwoAnswers final : public Inspector {
 public:
  explicit TwoAnswers(Digest upload) : upload_(upload) {}
  Result<Inspection> inspect(const Call&, const SealedBlob& blob, const Declared&) override {
    const bool is_copy = blob.checksum() != upload_;
    (is_copy ? copies : uploads) += 1;
    return is_copy ? of_copy : of_upload;
  }
  Result<void> probe(const Call&) override { return fail(ErrorCode::kUnavailable, "probed"); }

  Result<Inspection> of_upload = Inspection{};
  Result<Inspection> of_copy = Inspection{};
  int uploads = 0;
  int copies = 0;

 private:
  const Digest upload_;
};

class ScriptedCleaner final : public DocumentCleaner {
 public:
  Result<CleanCopy> clean(const Call&, const SealedBlob&, const Spool& spool) override {
    ++calls;
    if (error) return fail(*error, "scripted");
    if (end != CopyEnd::kWhole) return CleanCopy{end, std::nullopt};
    return CleanCopy{end, blob_of(spool, "a clean copy")};
  }
  CopyEnd end = CopyEnd::kWhole;
  std::optional<ErrorCode> error;
  int calls = 0;
};

Inspection saying(Outcome outcome, Action action, std::vector<Finding> findings = {}) {
  Inspection inspection;
  inspection.verdict.outcome = outcome;
  inspection.verdict.findings = std::move(findings);
  inspection.action = action;
  inspection.content_type = "application/pdf";
  return inspection;
}

class SanitisingInspectorTest : public testing::Test {
 protected:
  SanitisingInspectorTest()
      : spool_(*Spool::open(folder_.path(), 1 << 20)), upload_(blob_of(spool_, "an upload with script")) {
    auto first = std::make_unique<TwoAnswers>(upload_.checksum());
    first_ = first.get();
    first_->of_upload =
        saying(Outcome::kActive, Action::kSanitise, {{"javascript", Severity::kLow, "m", "object 5 0"}});
    first_->of_upload->extracted = JsonObject::trusted(R"({"attachments":1})");
    first_->of_copy = saying(Outcome::kClean, Action::kStore);
    first_->of_copy->extracted = JsonObject::trusted(R"({"attachments":0})");
    inspector_ =
        std::make_unique<SanitisingInspector>(SanitisingInspector::Parts{std::move(first), cleaner_, spool_}, Policy());
  }
  Inspection inspect() {
    auto inspection = inspector_->inspect({}, upload_, {"pdf", "application/pdf"});
    EXPECT_TRUE(inspection) << inspection.error().detail;
    return inspection ? std::move(*inspection) : Inspection{};
  }
  static std::vector<std::string> codes_of(const Inspection& inspection) {
    std::vector<std::string> codes;
    for (const Finding& finding : inspection.verdict.findings)
      codes.push_back(finding.code);
    return codes;
  }
  void expect_quarantine(const std::string& why) {
    const Inspection inspection = inspect();
    EXPECT_EQ(inspection.action, Action::kQuarantine);
    EXPECT_EQ(inspection.copy, nullptr);
    EXPECT_EQ(inspection.verdict.outcome, Outcome::kActive);
    EXPECT_THAT(codes_of(inspection), testing::ElementsAre("javascript", why));
  }

  TemporaryFolder folder_;
  Spool spool_;
  SealedBlob upload_;
  ScriptedCleaner cleaner_;
  TwoAnswers* first_ = nullptr;
  std::unique_ptr<SanitisingInspector> inspector_;
};

TEST_F(SanitisingInspectorTest, OffersACopyThatIsFoundClean) {
  const Inspection inspection = inspect();
  EXPECT_EQ(inspection.action, Action::kSanitise);
  ASSERT_NE(inspection.copy, nullptr);
  EXPECT_EQ(inspection.copy->checksum(), sha256("a clean copy"));
  EXPECT_EQ(first_->copies, 1);
}

TEST_F(SanitisingInspectorTest, KeepsWhatWasFoundInTheOriginalAndTellsOfTheCopyItServes) {
  const Inspection inspection = inspect();
  EXPECT_EQ(inspection.verdict.outcome, Outcome::kActive);
  EXPECT_THAT(codes_of(inspection), testing::ElementsAre("javascript", "sanitised"));
  EXPECT_EQ(inspection.extracted.text(), R"({"attachments":0})");
}

TEST_F(SanitisingInspectorTest, LeavesAloneWhatPolicyTreatsInAnotherWay) {
  for (const Action action : {Action::kStore, Action::kQuarantine, Action::kReject}) {
    first_->of_upload = saying(Outcome::kActive, action);
    EXPECT_EQ(inspect().action, action);
  }
  EXPECT_EQ(cleaner_.calls, 0);
}

TEST_F(SanitisingInspectorTest, QuarantinesACopyThatIsNotClean) {
  for (const Outcome outcome : {Outcome::kRepaired, Outcome::kActive, Outcome::kBomb}) {
    first_->of_copy = saying(outcome, Action::kStore);
    expect_quarantine("copy_not_clean");
  }
}

TEST_F(SanitisingInspectorTest, QuarantinesACopyThatPolicyWouldNotStore) {
  first_->of_copy = saying(Outcome::kClean, Action::kQuarantine);
  expect_quarantine("copy_not_clean");
}

TEST_F(SanitisingInspectorTest, QuarantinesASignedDocument) {
  cleaner_.end = CopyEnd::kSigned;
  expect_quarantine("signed_not_sanitised");
}

TEST_F(SanitisingInspectorTest, QuarantinesADocumentThatIsShownByScript) {
  cleaner_.end = CopyEnd::kShownByScript;
  expect_quarantine("shown_by_script");
}

TEST_F(SanitisingInspectorTest, QuarantinesWhatTheCleanerCannotRead) {
  cleaner_.end = CopyEnd::kUnreadable;
  expect_quarantine("not_sanitised");
}

TEST_F(SanitisingInspectorTest, QuarantinesOtherTypesWithoutAskingTheCleaner) {
  first_->of_upload->content_type = "text/csv";
  expect_quarantine("not_sanitised");
  EXPECT_EQ(cleaner_.calls, 0);
}

TEST_F(SanitisingInspectorTest, SaysSoBesideAFullListOfFindings) {
  first_->of_upload->verdict.findings.assign(kMaxFindings, {"javascript", Severity::kLow, "m", "object 5 0"});
  const Inspection inspection = inspect();
  EXPECT_EQ(inspection.verdict.findings.size(), kMaxFindings);
  EXPECT_EQ(inspection.verdict.more_findings, 1U);
  EXPECT_EQ(inspection.verdict.findings.back().code, "sanitised");
}

TEST_F(SanitisingInspectorTest, AFailureOfTheMachineryIsAnErrorAndNeverAnAccept) {
  cleaner_.error = ErrorCode::kUnavailable;
  EXPECT_EQ(inspector_->inspect({}, upload_, {}).error().code, ErrorCode::kUnavailable);
  cleaner_.error.reset();
  first_->of_copy = fail(ErrorCode::kOverloaded, "full");
  EXPECT_EQ(inspector_->inspect({}, upload_, {}).error().code, ErrorCode::kOverloaded);
  first_->of_upload = fail(ErrorCode::kDeadline, "late");
  EXPECT_EQ(inspector_->inspect({}, upload_, {}).error().code, ErrorCode::kDeadline);
}

TEST_F(SanitisingInspectorTest, ProbesWhatItIsMadeOf) {
  EXPECT_EQ(inspector_->probe({}).error().detail, "probed");
}

}  // namespace
}  // namespace lazaret::inspect
