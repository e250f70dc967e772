// The line: what exists after every kind of failure, step by step.
#include "intake/intake_service.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"
#include "tests/support/faulty_stores.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_object_store.h"
#include "tests/support/naive_metadata_store.h"
#include "tests/support/scripted_inspector.h"

namespace lazaret {
namespace {

using testing_support::FaultKind;
using testing_support::FaultyMetadataStore;
using testing_support::FaultyObjectStore;
using testing_support::ManualClock;
using testing_support::MemoryObjectStore;
using testing_support::NaiveMetadataStore;
using testing_support::ScriptedInspector;

class IntakeServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("intake-" + std::to_string(random_.next_u64()));
    auto spool = Spool::open(folder_, 1 << 20);
    ASSERT_TRUE(spool);
    spool_ = std::make_unique<Spool>(std::move(*spool));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  SealedBlob sealed(std::string_view bytes) {
    auto file = spool_->create();
    EXPECT_TRUE(file);
    EXPECT_TRUE(file->append(std::as_bytes(std::span(bytes.data(), bytes.size()))));
    auto blob = std::move(*file).seal();
    EXPECT_TRUE(blob);
    return std::move(*blob);
  }
  Submission submission(std::string_view bytes = "%PDF-1.7 a report") {
    return Submission{.blob = sealed(bytes),
                      .copy = {},
                      .original_filename = PatientText{"report.pdf"},
                      .filename = PatientText{"report.pdf"},
                      .declared = {.extension = "pdf", .content_type = "application/pdf"},
                      .categories = {"lab_results"},
                      .metadata = {},
                      .announced_checksum = {},
                      .idempotency_key = {}};
  }

  IntakeService service(IntakeService::Options options = {}) {
    return IntakeService({inspector_, metadata_, objects_, clock_, random_, pool_, leases_}, options);
  }

  std::size_t objects_left() { return store_.size(); }
  // Rows a client cannot see: pending or being removed, whenever due.
  std::size_t open_work() { return rows_.open_work({}, clock_.now() + std::chrono::hours{24 * 365}, 1000)->size(); }
  std::size_t documents() {
    Query query;
    const std::size_t available = rows_.query({}, query)->documents.size();
    query.filter.state = State::kQuarantined;
    return available + rows_.query({}, query)->documents.size();
  }
  void expect_nothing_left() {
    EXPECT_EQ(objects_left(), 0U);
    EXPECT_EQ(open_work(), 0U);
    EXPECT_EQ(documents(), 0U);
  }

  SystemRandom random_;
  ManualClock clock_;
  std::filesystem::path folder_;
  std::unique_ptr<Spool> spool_;
  ScriptedInspector inspector_{clock_};
  MemoryObjectStore store_;
  NaiveMetadataStore rows_;
  FaultyObjectStore objects_{store_};
  FaultyMetadataStore metadata_{rows_};
  WorkerPool pool_{{.name = "beside", .threads = 1, .queue_limit = 8}};
  LeaseKeeper leases_{metadata_, clock_, std::chrono::minutes{1}};
};

TEST_F(IntakeServiceTest, StoresACleanDocumentWhole) {
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_TRUE(outcome);
  const Document& document = std::get<Stored>(*outcome).document;
  EXPECT_EQ(document.state, State::kAvailable);
  EXPECT_EQ(document.upload_date, clock_.now());
  EXPECT_EQ(document.checksum, sha256("%PDF-1.7 a report"));
  EXPECT_EQ(*rows_.get({}, document.id), document);
  EXPECT_EQ(store_.stat({}, document.s3_key)->size, 17U);
  EXPECT_EQ(open_work(), 0U);
}

TEST_F(IntakeServiceTest, QuarantinesWhatPolicySaysAndKeepsItsBytes) {
  inspector_.answer(Outcome::kSuspicious, Action::kQuarantine);
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(std::get<Stored>(*outcome).document.state, State::kQuarantined);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, StoresACleanCopyToBeServedAndTheOriginalBesideIt) {
  inspector_.sanitise(sealed("a clean copy"));
  auto line = service();
  auto outcome = line.accept({}, submission("an original with script"));
  ASSERT_TRUE(outcome);
  const Document& document = std::get<Stored>(*outcome).document;
  EXPECT_EQ(document.state, State::kAvailable);
  EXPECT_EQ(document.checksum, sha256("a clean copy"));
  EXPECT_EQ(document.size, 12U);
  EXPECT_EQ(document.sanitised, (Sanitised{23, sha256("an original with script"), {}}));
  EXPECT_EQ(document.verdict.outcome, Outcome::kActive);
  EXPECT_EQ(store_.stat({}, document.s3_key)->size, 12U);
  EXPECT_EQ(store_.stat({}, original_object_key(document.s3_key))->size, 23U);
  EXPECT_EQ(*rows_.get({}, document.id), document);
}

TEST_F(IntakeServiceTest, OneThatIsToBeSanitisedAndHasNoCopyIsQuarantined) {
  inspector_.answer(Outcome::kActive, Action::kSanitise);
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(std::get<Stored>(*outcome).document.state, State::kQuarantined);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, ASanitisedDocumentThatFailsOnTheWayLeavesNeitherCopyNorOriginal) {
  struct Step {
    testing_support::Faults& faults;
    const char* method;
    int call;
    FaultKind kind;
  };
  auto& objects = objects_.faults;
  auto& metadata = metadata_.faults;
  for (const auto& [faults, method, call, kind] :
       {Step{objects, "prepare", 1, FaultKind::kBefore}, Step{objects, "prepare", 2, FaultKind::kBefore},
        Step{objects, "put", 1, FaultKind::kBefore}, Step{objects, "put", 1, FaultKind::kAfter},
        Step{objects, "put", 2, FaultKind::kBefore}, Step{objects, "put", 2, FaultKind::kAfter},
        Step{metadata, "commit", 1, FaultKind::kBefore}}) {
    inspector_.sanitise(sealed("a clean copy"));
    faults.fail(method, kind, faults.calls(method) + call);
    auto line = service();
    EXPECT_FALSE(line.accept({}, submission("an original with script"))) << method << " " << call;
    expect_nothing_left();
  }
}

TEST_F(IntakeServiceTest, TheSameOriginalAgainIsADuplicateOfItsSanitisedDocument) {
  inspector_.sanitise(sealed("a clean copy"));
  auto line = service({.on_duplicate = OnDuplicate::kFlag});
  const auto first = line.accept({}, submission("an original with script"));
  ASSERT_TRUE(first);
  inspector_.sanitise(sealed("a copy by another engine"));
  const auto second = line.accept({}, submission("an original with script"));
  ASSERT_TRUE(second);
  EXPECT_EQ(std::get<Stored>(*second).document.duplicate_of, std::get<Stored>(*first).document.id);
}

TEST_F(IntakeServiceTest, AnAnnouncedChecksumIsThatOfTheOriginal) {
  inspector_.sanitise(sealed("a clean copy"));
  auto line = service();
  Submission announced = submission("an original with script");
  announced.announced_checksum = sha256("an original with script");
  EXPECT_TRUE(line.accept({}, std::move(announced)));
  Submission wrong = submission("an original with script");
  wrong.announced_checksum = sha256("a clean copy");
  EXPECT_EQ(line.accept({}, std::move(wrong)).error().code, ErrorCode::kDigestMismatch);
}

TEST_F(IntakeServiceTest, StoresNothingThatPolicyRejects) {
  inspector_.answer(Outcome::kMalicious, Action::kReject);
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(std::get<Refused>(*outcome).inspection.verdict.outcome, Outcome::kMalicious);
  EXPECT_EQ(metadata_.faults.calls("reserve"), 0);
  expect_nothing_left();
}

TEST_F(IntakeServiceTest, NeverAcceptsWhatTheInspectorCouldNotJudge) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kOverloaded, ErrorCode::kDeadline}) {
    inspector_.fail_with(code);
    auto line = service();
    auto outcome = line.accept({}, submission());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code);
    expect_nothing_left();
  }
}

TEST_F(IntakeServiceTest, RefusesBytesWithAnotherChecksumBeforeInspection) {
  Submission wrong = submission();
  wrong.announced_checksum = sha256("something else");
  auto line = service();
  EXPECT_EQ(line.accept({}, std::move(wrong)).error().code, ErrorCode::kDigestMismatch);
  EXPECT_EQ(inspector_.inspections(), 0);
}

struct Fault {
  const char* store;
  const char* method;
  FaultKind kind;
};

class IntakeFaultTest : public IntakeServiceTest, public testing::WithParamInterface<Fault> {};

TEST_P(IntakeFaultTest, LeavesNothingBehindWhenAStepFails) {
  const Fault& fault = GetParam();
  (std::string_view(fault.store) == "objects" ? objects_.faults : metadata_.faults).fail(fault.method, fault.kind);
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().retry, Retry::kAmbiguous);  // it was undone, so the sender need not wonder
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(
    EveryStep, IntakeFaultTest,
    testing::Values(Fault{"objects", "prepare", FaultKind::kBefore}, Fault{"metadata", "reserve", FaultKind::kBefore},
                    Fault{"metadata", "reserve", FaultKind::kAfter}, Fault{"objects", "put", FaultKind::kBefore},
                    Fault{"objects", "put", FaultKind::kAfter}, Fault{"metadata", "commit", FaultKind::kBefore}),
    [](const auto& info) {
      return std::string(info.param.method) + (info.param.kind == FaultKind::kBefore ? "FailsBefore" : "FailsAfter");
    });

TEST_F(IntakeServiceTest, RecognisesACommitWhoseAnswerWasLost) {
  metadata_.faults.fail("commit", FaultKind::kAfter);
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(documents(), 1U);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, KeepsTheBytesOfADocumentThatMayExist) {
  metadata_.faults.fail("commit", FaultKind::kAfter, 1);
  metadata_.faults.fail("commit", FaultKind::kBefore, 2);
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().retry, Retry::kAmbiguous);
  EXPECT_EQ(documents(), 1U);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, KeepsTheBytesOfADocumentThatExistsAlthoughItsCommitSeemedToFail) {
  metadata_.faults.fail("commit", FaultKind::kAfter, 1);
  metadata_.faults.fail("commit", FaultKind::kBefore, 2, ErrorCode::kConflict);
  auto line = service();
  ASSERT_FALSE(line.accept({}, submission()));
  EXPECT_EQ(documents(), 1U);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, RenewsItsLeaseWhileTheBytesAreUnderWay) {
  objects_.faults.before("put", [this] {
    clock_.advance(std::chrono::seconds{20});
    leases_.look({});
    clock_.advance(std::chrono::seconds{50});  // past the first lease
    EXPECT_TRUE(rows_.open_work({}, clock_.now(), 10)->empty());
  });
  auto line = service();
  EXPECT_TRUE(line.accept({}, submission()));
  EXPECT_EQ(metadata_.faults.calls("renew"), 1);
}

TEST_F(IntakeServiceTest, AnUploadWhoseLeaseWasLostLeavesNothingAndCanBeSentAgain) {
  objects_.faults.before("put", [this] {
    clock_.advance(std::chrono::minutes{2});
    const auto work = rows_.open_work({}, clock_.now(), 10);
    ASSERT_EQ(work->size(), 1U);
    ASSERT_TRUE(rows_.begin_removal({}, work->front().attempt.id, {}, clock_.now()));
  });
  auto line = service();
  auto outcome = line.accept({}, submission());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outcome.error().retry, Retry::kSafe);
  expect_nothing_left();
}

TEST_F(IntakeServiceTest, OverARemoteStoreTheRowOfAnAbandonedUploadOutlivesItsLastPut) {
  objects_.faults.fail("put", FaultKind::kAfter);
  auto line = service({.zombie_window = std::chrono::minutes{20}});
  auto outcome = line.accept({}, submission());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().retry, Retry::kSafe);
  EXPECT_EQ(objects_left(), 0U);
  EXPECT_TRUE(rows_.open_work({}, clock_.now() + std::chrono::minutes{19}, 10)->empty());
  EXPECT_EQ(rows_.open_work({}, clock_.now() + std::chrono::minutes{20}, 10)->size(), 1U);
}

TEST_F(IntakeServiceTest, LeavesToTheSweeperWhatItCannotCleanUp) {
  objects_.faults.fail("put", FaultKind::kAfter);
  metadata_.faults.fail("begin_removal", FaultKind::kBefore);
  auto line = service();
  ASSERT_FALSE(line.accept({}, submission()));
  EXPECT_EQ(documents(), 0U);
  EXPECT_EQ(open_work(), 1U);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, GivesTheFirstAnswerAgainForTheSameKey) {
  auto line = service();
  Submission first = submission();
  first.idempotency_key = sha256("caller key");
  first.answer_status = 200;
  auto stored = line.accept({}, std::move(first));
  ASSERT_TRUE(stored);
  Submission second = submission();
  second.idempotency_key = sha256("caller key");
  auto replayed = line.accept({}, std::move(second));
  ASSERT_TRUE(replayed);
  const RecordedAnswer& answer = std::get<Replayed>(*replayed).answer;
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, std::get<Stored>(*stored).json);
  EXPECT_EQ(documents(), 1U);
  EXPECT_EQ(objects_left(), 1U);
}

TEST_F(IntakeServiceTest, RefusesTheSameKeyForOtherBytes) {
  auto line = service();
  Submission first = submission();
  first.idempotency_key = sha256("caller key");
  ASSERT_TRUE(line.accept({}, std::move(first)));
  Submission second = submission("%PDF-1.7 another report");
  second.idempotency_key = sha256("caller key");
  EXPECT_EQ(line.accept({}, std::move(second)).error().code, ErrorCode::kIdempotencyKeyReused);
}

TEST_F(IntakeServiceTest, FreesTheKeyOfAnUploadThatFailed) {
  objects_.faults.fail("put", FaultKind::kBefore);
  auto line = service();
  Submission first = submission();
  first.idempotency_key = sha256("caller key");
  ASSERT_FALSE(line.accept({}, std::move(first)));
  Submission second = submission();
  second.idempotency_key = sha256("caller key");
  EXPECT_TRUE(line.accept({}, std::move(second)));
}

TEST_F(IntakeServiceTest, TreatsDuplicatesAsConfigured) {
  auto allow = service();
  auto original = allow.accept({}, submission());
  ASSERT_TRUE(original);
  clock_.advance(std::chrono::seconds{1});  // the oldest is the one that is named
  EXPECT_FALSE(std::get<Stored>(*allow.accept({}, submission())).document.duplicate_of);

  auto flag = service({.on_duplicate = OnDuplicate::kFlag});
  EXPECT_EQ(std::get<Stored>(*flag.accept({}, submission())).document.duplicate_of,
            std::get<Stored>(*original).document.id);

  auto reject = service({.on_duplicate = OnDuplicate::kReject});
  EXPECT_EQ(reject.accept({}, submission()).error().code, ErrorCode::kConflict);
  EXPECT_EQ(open_work(), 0U);
  EXPECT_EQ(objects_left(), 3U);
}

}  // namespace
}  // namespace lazaret
