// How a row and its object leave: in order, and over a remote store not before the last PUT is past landing.
#include "intake/removal.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/faulty_stores.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_object_store.h"
#include "tests/support/naive_metadata_store.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::FaultKind;
using testing_support::FaultyMetadataStore;
using testing_support::FaultyObjectStore;
using testing_support::ManualClock;
using testing_support::MemoryObjectStore;
using testing_support::NaiveMetadataStore;
using namespace std::chrono_literals;

class RemovalTest : public testing::Test {
 protected:
  RemovalTest() : spool_(*Spool::open(folder_.path(), 1 << 20)) {
    EXPECT_TRUE(rows_.reserve({}, {attempt_, key_, clock_.now(), clock_.now() + 60s, std::nullopt}));
  }

  // A PUT of the attempt lands.
  void land() {
    auto file = spool_.create();
    EXPECT_TRUE(memory_.put({}, key_, *std::move(*file).seal()));
  }
  Removal removal(std::chrono::milliseconds zombie_window) {
    return Removal({metadata_, objects_, clock_}, zombie_window);
  }
  std::size_t rows_left() { return rows_.open_work({}, clock_.now() + 24h, 10)->size(); }
  std::vector<OpenWork> due() { return *rows_.open_work({}, clock_.now(), 10); }

  testing_support::TemporaryFolder folder_;
  SystemRandom random_;
  ManualClock clock_;
  Spool spool_;
  MemoryObjectStore memory_;
  NaiveMetadataStore rows_;
  FaultyObjectStore objects_{memory_};
  FaultyMetadataStore metadata_{rows_};
  const Attempt attempt_{make_document_id(clock_.now(), random_), make_attempt_id(random_)};
  const ObjectKey key_ = make_object_key(clock_.now(), attempt_.id, attempt_.attempt);
};

TEST_F(RemovalTest, TakesObjectAndRowAtOnceWhereNothingLandsLate) {
  land();
  auto work = removal(0ms).begin({}, attempt_.id, {}, clock_.now());
  ASSERT_TRUE(work);
  EXPECT_TRUE(removal(0ms).go_on({}, *work));
  EXPECT_EQ(memory_.size(), 0U);
  EXPECT_EQ(rows_left(), 0U);
}

TEST_F(RemovalTest, TakesTheOriginalOfASanitisedDocumentToo) {
  land();
  auto file = spool_.create();
  EXPECT_TRUE(memory_.put({}, original_object_key(key_), *std::move(*file).seal()));
  auto work = removal(0ms).begin({}, attempt_.id, {}, clock_.now());
  ASSERT_TRUE(work);
  EXPECT_TRUE(removal(0ms).go_on({}, *work));
  EXPECT_EQ(memory_.size(), 0U);
  EXPECT_EQ(rows_left(), 0U);
}

TEST_F(RemovalTest, DeletesWhatLandedWithinTheZombieWindow) {
  auto work = removal(20min).begin({}, attempt_.id, {}, clock_.now());
  EXPECT_TRUE(removal(20min).go_on({}, *work));
  clock_.advance(15min);
  land();
  EXPECT_TRUE(due().empty());
  clock_.advance(5min);
  ASSERT_EQ(due().size(), 1U);
  EXPECT_TRUE(removal(20min).go_on({}, due().front()));
  EXPECT_EQ(memory_.size(), 0U);
  EXPECT_EQ(rows_left(), 0U);
}

TEST_F(RemovalTest, ACrashAfterTheFirstStepShortensNothing) {
  ASSERT_TRUE(removal(20min).begin({}, attempt_.id, {}, clock_.now()));
  clock_.advance(19min);
  EXPECT_TRUE(due().empty());
  clock_.advance(1min);
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(RemovalTest, TwoCopiesAtTheSameRowKeepItsDueTime) {
  land();
  auto first = removal(20min).begin({}, attempt_.id, {}, clock_.now());
  clock_.advance(1min);
  auto second = removal(20min).begin({}, attempt_.id, {}, clock_.now());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->due, first->due);
  EXPECT_TRUE(removal(20min).go_on({}, *first));
  EXPECT_TRUE(removal(20min).go_on({}, *second));
  EXPECT_EQ(rows_left(), 1U);
  clock_.advance(19min);
  EXPECT_TRUE(removal(20min).go_on({}, *first));
  EXPECT_TRUE(removal(20min).go_on({}, *second));
  EXPECT_EQ(rows_left(), 0U);
}

TEST_F(RemovalTest, NeedNotWaitForADocumentWhoseLastPutIsLongPast) {
  land();
  clock_.advance(21min);
  auto work = removal(20min).begin({}, attempt_.id, {}, clock_.now() - 21min);
  EXPECT_TRUE(removal(20min).go_on({}, *work));
  EXPECT_EQ(rows_left(), 0U);
}

TEST_F(RemovalTest, KeepsTheRowOfAnObjectThatCannotBeDeleted) {
  land();
  objects_.faults.fail("remove", FaultKind::kBefore, 1, ErrorCode::kConflict);
  auto work = removal(0ms).begin({}, attempt_.id, {}, clock_.now());
  EXPECT_EQ(removal(0ms).go_on({}, *work).error().code, ErrorCode::kConflict);
  EXPECT_EQ(rows_left(), 1U);
}

}  // namespace
}  // namespace lazaret
