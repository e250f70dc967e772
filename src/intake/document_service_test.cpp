// What may happen to a document after intake, and what two writers do to each other.
#include "intake/document_service.h"

#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/faulty_stores.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_object_store.h"
#include "tests/support/naive_metadata_store.h"
#include "tests/support/recording_pause.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::FaultKind;
using testing_support::FaultyMetadataStore;
using testing_support::FaultyObjectStore;
using testing_support::ManualClock;
using testing_support::MemoryObjectStore;
using testing_support::NaiveMetadataStore;
using testing_support::RecordingPause;
using testing_support::TemporaryFolder;
using namespace std::chrono_literals;

class DocumentServiceTest : public testing::Test {
 protected:
  Document stored(State state = State::kAvailable) {
    Document document;
    document.id = make_document_id(clock_.now(), random_);
    const AttemptId attempt = make_attempt_id(random_);
    document.s3_key = make_object_key(clock_.now(), document.id, attempt);
    document.filename = document.original_filename = PatientText{"report.pdf"};
    document.content_type = "application/pdf";
    document.upload_date = clock_.now();
    document.categories = {"lab_results"};
    document.state = state;
    EXPECT_TRUE(rows_.reserve({}, {{document.id, attempt}, document.s3_key, clock_.now(), clock_.now() + 1min, {}}));
    EXPECT_TRUE(rows_.commit({}, document, attempt, std::nullopt));
    return document;
  }

  // One whose copy is served, with both objects.
  Document sanitised(const TemporaryFolder& folder, std::string_view original) {
    const Spool spool = *Spool::open(folder.path(), 1 << 20);
    Document document = stored();
    document.sanitised = Sanitised{original.size(), sha256(original), {}};
    ++document.version;
    EXPECT_TRUE(rows_.replace({}, document, 1));
    EXPECT_TRUE(memory_.put({}, original_object_key(document.s3_key), sealed(spool, original)));
    EXPECT_TRUE(memory_.put({}, document.s3_key, sealed(spool, "a copy")));
    return document;
  }
  static SealedBlob sealed(const Spool& spool, std::string_view bytes) {
    auto file = spool.create();
    EXPECT_TRUE(file && file->append(std::as_bytes(std::span(bytes))));
    return *std::move(*file).seal();
  }

  // Another caller's change, made between this one's read and its write.
  void bump(const DocumentId& id) {
    Document document = *rows_.get({}, id);
    document.processed = !document.processed;
    ++document.version;
    ASSERT_TRUE(rows_.replace({}, document, document.version - 1));
  }

  ManualClock clock_;
  SystemRandom random_;
  MemoryObjectStore memory_;
  NaiveMetadataStore rows_;
  FaultyObjectStore objects_{memory_};
  FaultyMetadataStore metadata_{rows_};
  RecordingPause pause_;
  DocumentService service_{{metadata_, objects_, clock_, random_, pause_}, {.retention = 24h}};
};

TEST_F(DocumentServiceTest, ChangesWhatIsNamedAndNothingElse) {
  const Document before = stored();
  const auto after = service_.change({}, before.id, {.processed = true}, std::nullopt);
  ASSERT_TRUE(after);
  Document expected = before;
  expected.processed = true;
  expected.version = 2;
  EXPECT_EQ(*after, expected);
  EXPECT_EQ(*service_.get({}, before.id), expected);
}

TEST_F(DocumentServiceTest, KeepsTheVersionWhenNothingChanges) {
  const Document before = stored();
  EXPECT_EQ(service_.change({}, before.id, {.categories = before.categories}, std::nullopt)->version, 1U);
  EXPECT_EQ(metadata_.faults.calls("replace"), 0);
}

TEST_F(DocumentServiceTest, TakesAnOriginalOutAndTellsWhoDidAndWhy) {
  const TemporaryFolder folder;
  const Document document = sanitised(folder, "an original with script");
  const auto body = service_.take_out_original({}, document.id, PatientText{"the court asks"}, "ops");
  ASSERT_TRUE(body) << body.error().detail;
  std::string bytes(64, '\0');
  const auto read = std::get<std::unique_ptr<ByteStream>>(*body)->read({}, std::as_writable_bytes(std::span(bytes)));
  ASSERT_TRUE(read);
  EXPECT_EQ(bytes.substr(0, *read), "an original with script");
  const Release taken{PatientText{"the court asks"}, "ops", clock_.now()};
  EXPECT_THAT(service_.get({}, document.id)->sanitised->taken_out, testing::ElementsAre(taken));
}

TEST_F(DocumentServiceTest, AnOriginalThatCannotBeRecordedAsTakenOutStaysWhereItIs) {
  const TemporaryFolder folder;
  const Document document = sanitised(folder, "an original with script");
  metadata_.faults.fail("replace", FaultKind::kBefore);
  EXPECT_FALSE(service_.take_out_original({}, document.id, PatientText{"x"}, "ops"));
  EXPECT_EQ(objects_.faults.calls("open"), 0);
}

TEST_F(DocumentServiceTest, OnlyASanitisedDocumentHasAnOriginalToTakeOut) {
  const auto taken = service_.take_out_original({}, stored().id, PatientText{"x"}, "ops");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  const auto unknown = service_.take_out_original({}, make_document_id(clock_.now(), random_), PatientText{"x"}, "ops");
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

TEST_F(DocumentServiceTest, EveryTimeThatAnOriginalIsTakenOutIsKept) {
  const TemporaryFolder folder;
  const Document document = sanitised(folder, "an original with script");
  for (std::size_t i = 0; i < kMostTakenOut; ++i)
    EXPECT_TRUE(service_.take_out_original({}, document.id, PatientText{"x"}, "ops"));
  EXPECT_EQ(service_.take_out_original({}, document.id, PatientText{"x"}, "ops").error().code, ErrorCode::kConflict);
  EXPECT_EQ(service_.get({}, document.id)->sanitised->taken_out.size(), kMostTakenOut);
}

TEST_F(DocumentServiceTest, APurgeTakesTheOriginalToo) {
  const TemporaryFolder folder;
  const Document document = sanitised(folder, "an original with script");
  EXPECT_EQ(memory_.size(), 2U);
  EXPECT_TRUE(service_.purge({}, document.id, std::nullopt));
  EXPECT_EQ(memory_.size(), 0U);
}

TEST_F(DocumentServiceTest, KeepsTheExtensionOfAName) {
  const Document before = stored();
  EXPECT_TRUE(service_.change({}, before.id, {.filename = PatientText{"other.pdf"}}, std::nullopt));
  const auto refused = service_.change({}, before.id, {.filename = PatientText{"other.exe"}}, std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidField);
  EXPECT_EQ(refused.error().faults.front().where, "/filename");
}

TEST_F(DocumentServiceTest, RefusesAChangePinnedToAnotherVersion) {
  const Document before = stored();
  EXPECT_EQ(service_.change({}, before.id, {.processed = true}, 2).error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(service_.remove({}, before.id, 2).error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(service_.purge({}, before.id, 2).error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(*rows_.get({}, before.id), before);
}

TEST_F(DocumentServiceTest, MakesAChangeAgainWhenAnotherCameFirst) {
  const Document before = stored();
  metadata_.faults.fail("replace", FaultKind::kBefore, 1, ErrorCode::kConflict);
  const auto after = service_.change({}, before.id, {.categories = std::vector<std::string>{}}, std::nullopt);
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->categories.empty());
  EXPECT_THAT(pause_.waits(), testing::ElementsAre(testing::Le(4ms)));
}

TEST_F(DocumentServiceTest, SaysThatItIsTooBusyWhereOtherChangesComeFirstAgainAndAgain) {
  const Document before = stored();
  for (int tries = 1; tries <= 32; ++tries)
    metadata_.faults.fail("replace", FaultKind::kBefore, tries, ErrorCode::kConflict);
  const auto after = service_.change({}, before.id, {.processed = true}, std::nullopt);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(after.error().retry, Retry::kSafe);
  EXPECT_EQ(*rows_.get({}, before.id), before);
  EXPECT_EQ(pause_.waits().size(), 31U);
  EXPECT_THAT(pause_.waits(), testing::Each(testing::Le(128ms)));
}

TEST_F(DocumentServiceTest, HidesADeletedDocumentAndRestoresIt) {
  const Document before = stored();
  ASSERT_TRUE(service_.remove({}, before.id, std::nullopt));
  EXPECT_EQ(service_.get({}, before.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(service_.remove({}, before.id, std::nullopt).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(service_.change({}, before.id, {.processed = true}, std::nullopt).error().code, ErrorCode::kNotFound);
  const auto restored = service_.restore({}, before.id, std::nullopt);
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->state, State::kAvailable);
  EXPECT_EQ(restored->version, 3U);
  EXPECT_FALSE(restored->deleted_at);
  EXPECT_EQ(service_.restore({}, before.id, std::nullopt).error().code, ErrorCode::kConflict);
}

TEST_F(DocumentServiceTest, RestoresAQuarantinedDocumentToQuarantine) {
  const Document before = stored(State::kQuarantined);
  ASSERT_TRUE(service_.remove({}, before.id, std::nullopt));
  EXPECT_EQ(service_.restore({}, before.id, std::nullopt)->state, State::kQuarantined);
}

TEST_F(DocumentServiceTest, RestoresNothingAfterTheRetentionTime) {
  const Document before = stored();
  ASSERT_TRUE(service_.remove({}, before.id, std::nullopt));
  clock_.advance(24h);
  EXPECT_EQ(service_.restore({}, before.id, std::nullopt).error().code, ErrorCode::kNotFound);
}

TEST_F(DocumentServiceTest, ReleasesAQuarantinedDocumentWithItsReason) {
  const Document before = stored(State::kQuarantined);
  EXPECT_EQ(service_.open_content({}, before, {0, 0}).error().code, ErrorCode::kQuarantined);
  const auto released = service_.release({}, before.id, PatientText{"checked by hand"}, "ward-7", std::nullopt);
  ASSERT_TRUE(released);
  EXPECT_EQ(released->state, State::kAvailable);
  EXPECT_EQ(released->release->caller, "ward-7");
  EXPECT_EQ(service_.release({}, before.id, PatientText{"again"}, "ward-7", std::nullopt).error().code,
            ErrorCode::kConflict);
}

TEST_F(DocumentServiceTest, CallsARowWithoutItsObjectCorrupt) {
  EXPECT_EQ(service_.open_content({}, stored(), {0, 0}).error().code, ErrorCode::kCorrupt);
}

TEST_F(DocumentServiceTest, PurgesForGoodEvenWhatIsDeleted) {
  const Document before = stored();
  ASSERT_TRUE(service_.remove({}, before.id, std::nullopt));
  ASSERT_TRUE(service_.purge({}, before.id, std::nullopt));
  EXPECT_EQ(rows_.get({}, before.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(service_.purge({}, before.id, std::nullopt).error().code, ErrorCode::kNotFound);
}

TEST_F(DocumentServiceTest, LeavesAPurgeItCannotFinishToTheSweeper) {
  const Document before = stored();
  objects_.faults.fail("remove", FaultKind::kBefore);
  ASSERT_TRUE(service_.purge({}, before.id, std::nullopt));
  EXPECT_EQ(service_.get({}, before.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(rows_.open_work({}, clock_.now(), 10)->size(), 1U);
}

TEST_F(DocumentServiceTest, AppliesAPinnedChangeOnlyToThatVersion) {
  const Document before = stored();
  bump(before.id);
  EXPECT_EQ(service_.change({}, before.id, {.processed = true}, 1).error().code, ErrorCode::kPreconditionFailed);
  EXPECT_TRUE(service_.change({}, before.id, {.categories = std::vector<std::string>{}}, 2));
}

}  // namespace
}  // namespace lazaret
