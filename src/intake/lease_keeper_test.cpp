// Leases of uploads under way: renewed in time, and given up while nobody can have taken the row yet.
#include "intake/lease_keeper.h"

#include <latch>

#include <gtest/gtest.h>

#include "tests/support/faulty_stores.h"
#include "tests/support/manual_clock.h"
#include "tests/support/naive_metadata_store.h"

namespace lazaret {
namespace {

using testing_support::FaultKind;
using testing_support::FaultyMetadataStore;
using testing_support::ManualClock;
using testing_support::NaiveMetadataStore;
using namespace std::chrono_literals;

class LeaseKeeperTest : public testing::Test {
 protected:
  LeaseKeeperTest() {
    EXPECT_TRUE(rows_.reserve(
        {}, {attempt_, make_object_key(clock_.now(), attempt_.id, attempt_.attempt), clock_.now(), until_, {}}));
  }

  bool swept() { return rows_.begin_removal({}, attempt_.id, {}, clock_.now()).has_value(); }
  // Whether a sweeper of any copy would take the row now.
  bool is_due() { return !rows_.open_work({}, clock_.now(), 10)->empty(); }

  SystemRandom random_;
  ManualClock clock_;
  NaiveMetadataStore rows_;
  FaultyMetadataStore metadata_{rows_};
  LeaseKeeper keeper_{metadata_, clock_, 60s};
  const Attempt attempt_{make_document_id(clock_.now(), random_), make_attempt_id(random_)};
  const Timestamp until_ = clock_.now() + 60s;
  const Call call_;
};

TEST_F(LeaseKeeperTest, RenewsAtAThirdOfTheLeaseAndNotWithEveryLook) {
  const LeaseKeeper::Hold hold(keeper_, call_, attempt_, until_);
  clock_.advance(10s);
  keeper_.look({});
  EXPECT_EQ(metadata_.faults.calls("renew"), 0);
  clock_.advance(10s);
  keeper_.look({});
  EXPECT_EQ(metadata_.faults.calls("renew"), 1);
  clock_.advance(10s);
  keeper_.look({});
  EXPECT_EQ(metadata_.faults.calls("renew"), 1);
  clock_.advance(49s);
  EXPECT_FALSE(is_due());
  EXPECT_FALSE(hold.lost());
}

TEST_F(LeaseKeeperTest, StopsAnUploadWhoseRowWasTaken) {
  const LeaseKeeper::Hold hold(keeper_, call_, attempt_, until_);
  ASSERT_TRUE(swept());
  clock_.advance(20s);
  keeper_.look({});
  EXPECT_TRUE(hold.lost());
  EXPECT_TRUE(hold.call().stop.stop_requested());
}

TEST_F(LeaseKeeperTest, RidesOutAStoreThatFailsForAWhile) {
  metadata_.faults.fail("renew", FaultKind::kBefore, 1);
  metadata_.faults.fail("renew", FaultKind::kAfter, 2);
  const LeaseKeeper::Hold hold(keeper_, call_, attempt_, until_);
  for (int beats = 0; beats < 12; ++beats) {
    clock_.advance(10s);
    keeper_.look({});
  }
  EXPECT_FALSE(hold.lost());
  EXPECT_FALSE(is_due());
}

TEST_F(LeaseKeeperTest, GivesAnUploadUpBeforeAnybodyCanHaveTakenItsRow) {
  for (int call = 1; call <= 6; ++call)
    metadata_.faults.fail("renew", FaultKind::kBefore, call);
  const LeaseKeeper::Hold hold(keeper_, call_, attempt_, until_);
  while (!hold.lost() && clock_.now() < until_) {
    clock_.advance(10s);
    keeper_.look({});
  }
  EXPECT_TRUE(hold.lost());
  EXPECT_LT(clock_.now(), until_);
}

TEST_F(LeaseKeeperTest, LetsGoOfAnUploadThatIsOver) {
  {
    const LeaseKeeper::Hold hold(keeper_, call_, attempt_, until_);
  }
  clock_.advance(30s);
  keeper_.look({});
  EXPECT_EQ(metadata_.faults.calls("renew"), 0);
}

TEST_F(LeaseKeeperTest, AnUploadStillStopsWithItsCaller) {
  std::stop_source caller;
  const Call call{
      .deadline = std::chrono::steady_clock::time_point::max(), .stop = caller.get_token(), .request_id = "r"};
  const LeaseKeeper::Hold hold(keeper_, call, attempt_, until_);
  EXPECT_FALSE(hold.call().stop.stop_requested());
  caller.request_stop();
  EXPECT_TRUE(hold.call().stop.stop_requested());
  EXPECT_FALSE(hold.lost());
  EXPECT_EQ(hold.call().request_id, "r");
}

TEST_F(LeaseKeeperTest, ItsThreadLooksByItself) {
  std::latch renewed(1);
  metadata_.faults.before("renew", [&] { renewed.count_down(); });
  const LeaseKeeper::Hold hold(keeper_, call_, attempt_, until_);
  clock_.advance(20s);
  keeper_.start();
  renewed.wait();
  keeper_.stop();
  EXPECT_FALSE(hold.lost());
}

}  // namespace
}  // namespace lazaret
