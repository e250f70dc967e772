// The sweeper: what a crash left is finished, and nothing else is touched.
#include "app/sweeper.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/faulty_stores.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_object_store.h"
#include "tests/support/naive_metadata_store.h"

namespace lazaret {
namespace {

using testing_support::FaultKind;
using testing_support::FaultyMetadataStore;
using testing_support::FaultyObjectStore;
using testing_support::ManualClock;
using testing_support::MemoryObjectStore;
using testing_support::NaiveMetadataStore;
using namespace std::chrono_literals;

class SweeperTest : public testing::Test {
 public:
  SweeperTest() {
    folder_ = std::filesystem::temp_directory_path() / ("sweeper-" + std::to_string(random_.next_u64()));
    spool_ = std::make_unique<Spool>(*Spool::open(folder_, 1 << 20));
  }
  ~SweeperTest() override { std::filesystem::remove_all(folder_); }

 protected:
  struct Upload {
    Attempt attempt;
    ObjectKey key;
  };

  Upload reserve_and_put() {
    const Attempt attempt{make_document_id(clock_.now(), random_), make_attempt_id(random_)};
    const ObjectKey key = make_object_key(clock_.now(), attempt.id, attempt.attempt);
    EXPECT_TRUE(rows_.reserve({}, {attempt, key, clock_.now(), clock_.now() + 60s, std::nullopt}));
    auto file = spool_->create();
    EXPECT_TRUE(objects_.put({}, key, *std::move(*file).seal()));
    return {attempt, key};
  }

  Document commit(const Upload& upload) {
    Document document;
    document.id = upload.attempt.id;
    document.s3_key = upload.key;
    document.filename = document.original_filename = PatientText{"a.pdf"};
    document.content_type = "application/pdf";
    document.upload_date = clock_.now();
    EXPECT_TRUE(rows_.commit({}, document, upload.attempt.attempt, std::nullopt));
    return document;
  }

  SweepCount sweep(std::chrono::milliseconds zombie_window = 0ms) {
    Sweeper sweeper({metadata_, objects_, clock_, log_, metrics_},
                    {.interval = 1s, .retention = 24h, .zombie_window = zombie_window, .pause = 0ms});
    return sweeper.sweep({});
  }

  std::filesystem::path folder_;
  SystemRandom random_;
  ManualClock clock_;
  Log log_{{}, clock_, [](std::string_view) {}};
  Metrics metrics_;
  std::unique_ptr<Spool> spool_;
  MemoryObjectStore memory_;
  FaultyObjectStore objects_{memory_};
  NaiveMetadataStore rows_;
  FaultyMetadataStore metadata_{rows_};
};

TEST_F(SweeperTest, LeavesAnUploadAloneWhileItsLeaseRuns) {
  const Upload upload = reserve_and_put();
  clock_.advance(59s);
  EXPECT_EQ(sweep(), SweepCount{});
  EXPECT_TRUE(objects_.stat({}, upload.key));
}

TEST_F(SweeperTest, RemovesRowAndObjectOnceTheLeaseIsOver) {
  reserve_and_put();
  clock_.advance(61s);
  EXPECT_EQ(sweep(), SweepCount{.pending = 1});
  EXPECT_EQ(memory_.size(), 0U);
  EXPECT_TRUE(rows_.open_work({}, clock_.now() + 1h, 10)->empty());
}

TEST_F(SweeperTest, NeverTouchesACommittedDocument) {
  const Upload upload = reserve_and_put();
  commit(upload);
  clock_.advance(1h);
  EXPECT_EQ(sweep(), SweepCount{});
  EXPECT_TRUE(objects_.stat({}, upload.key));
}

TEST_F(SweeperTest, FinishesAPurgeThatACrashLeft) {
  const Upload upload = reserve_and_put();
  commit(upload);
  ASSERT_TRUE(rows_.begin_removal({}, upload.attempt.id, {}, clock_.now()));
  EXPECT_EQ(sweep(), SweepCount{.removing = 1});
  EXPECT_EQ(memory_.size(), 0U);
}

TEST_F(SweeperTest, PurgesDeletedDocumentsAfterTheirRetentionOnly) {
  const Upload upload = reserve_and_put();
  Document document = commit(upload);
  document.state_before_delete = document.state;
  document.state = State::kDeleted;
  document.deleted_at = clock_.now();
  document.version = 2;
  ASSERT_TRUE(rows_.replace({}, document, 1));
  clock_.advance(23h);
  EXPECT_EQ(sweep(), SweepCount{});
  clock_.advance(1h);
  EXPECT_EQ(sweep(), SweepCount{.purged = 1});
  EXPECT_EQ(memory_.size(), 0U);
  EXPECT_EQ(rows_.get({}, document.id).error().code, ErrorCode::kNotFound);
}

TEST_F(SweeperTest, TriesAgainInTheNextPassWhereTheStoreFailed) {
  reserve_and_put();
  clock_.advance(61s);
  objects_.faults.fail("remove", FaultKind::kBefore, 1, ErrorCode::kUnavailable);
  EXPECT_EQ(sweep(), SweepCount{.failed = 1});
  clock_.advance(1s);  // the interval
  EXPECT_EQ(sweep(), SweepCount{.removing = 1});
  EXPECT_EQ(memory_.size(), 0U);
}

TEST_F(SweeperTest, TriesAgainLaterWhatALockProtects) {
  reserve_and_put();
  clock_.advance(61s);
  objects_.faults.fail("remove", FaultKind::kBefore, 1, ErrorCode::kConflict);
  EXPECT_EQ(sweep(), SweepCount{.failed = 1});
  EXPECT_EQ(memory_.size(), 1U);
  EXPECT_EQ(sweep(), SweepCount{});  // not due yet
  clock_.advance(10min);
  EXPECT_EQ(sweep(), SweepCount{.removing = 1});
  EXPECT_EQ(memory_.size(), 0U);
}

TEST_F(SweeperTest, OverARemoteStoreDeletesAgainWhatLandedLate) {
  const Upload upload = reserve_and_put();
  clock_.advance(61s);
  EXPECT_EQ(sweep(20min), SweepCount{.pending = 1});
  EXPECT_EQ(memory_.size(), 0U);
  auto file = spool_->create();
  ASSERT_TRUE(memory_.put({}, upload.key, *std::move(*file).seal()));  // the upload's last PUT lands after all
  EXPECT_EQ(sweep(20min), SweepCount{});
  clock_.advance(20min);
  EXPECT_EQ(sweep(20min), SweepCount{.removing = 1});
  EXPECT_EQ(memory_.size(), 0U);
  EXPECT_TRUE(rows_.open_work({}, clock_.now() + 1h, 10)->empty());
}

TEST_F(SweeperTest, AnotherCopyThatWasFasterIsNoFailure) {
  const Upload upload = reserve_and_put();
  clock_.advance(61s);
  metadata_.faults.before("begin_removal", [&] {
    ASSERT_TRUE(rows_.begin_removal({}, upload.attempt.id, {}, clock_.now()));
    ASSERT_TRUE(objects_.remove({}, upload.key));
    ASSERT_TRUE(rows_.finish_removal({}, upload.attempt.id));
  });
  EXPECT_EQ(sweep().failed, 0U);
  EXPECT_TRUE(rows_.open_work({}, clock_.now() + 1h, 10)->empty());
}

TEST_F(SweeperTest, LeavesADocumentThatWasRestoredWhileItLooked) {
  const Upload upload = reserve_and_put();
  Document document = commit(upload);
  document.state_before_delete = document.state;
  document.state = State::kDeleted;
  document.deleted_at = clock_.now();
  document.version = 2;
  ASSERT_TRUE(rows_.replace({}, document, 1));
  clock_.advance(24h);
  metadata_.faults.before("begin_removal", [&] {
    document.state = State::kAvailable;
    document.state_before_delete.reset();
    document.deleted_at.reset();
    document.version = 3;
    ASSERT_TRUE(rows_.replace({}, document, 2));
  });
  EXPECT_EQ(sweep(), SweepCount{});
  EXPECT_TRUE(objects_.stat({}, upload.key));
}

}  // namespace
}  // namespace lazaret
