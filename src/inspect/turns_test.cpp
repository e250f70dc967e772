#include "inspect/turns.h"

#include <optional>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

using std::chrono::milliseconds;

class Queue : public testing::Test {
 protected:
  Call until(milliseconds from_now) {
    return {.deadline = clock_.steady_now() + from_now, .stop = source_.get_token(), .request_id = {}};
  }
  SystemClock clock_;
  std::stop_source source_;
};

TEST_F(Queue, GivesAPlaceBackWhenItsTurnEnds) {
  Turns turns({.places = 1, .queue = 0}, clock_);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(turns.take({}));
}

TEST_F(Queue, TurnsAwayWhoeverComesWhenTooManyWait) {
  Turns turns({.places = 1, .queue = 0}, clock_);
  const auto turn = turns.take({});
  const auto other = turns.take({});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kOverloaded);
}

TEST_F(Queue, LetsTheNextOneInWhenATurnEnds) {
  Turns turns({.places = 1, .queue = 1}, clock_);
  std::optional<Result<Turns::Turn>> turn(turns.take({}));
  std::jthread next([&] { EXPECT_TRUE(turns.take({})); });
  turn.reset();
}

TEST_F(Queue, EndsAWaitWithTheDeadline) {
  Turns turns({.places = 1, .queue = 1}, clock_);
  const auto turn = turns.take({});
  const auto other = turns.take(until(milliseconds(10)));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kDeadline);
  EXPECT_EQ(turns.take(until(milliseconds(0))).error().code, ErrorCode::kDeadline);
}

TEST_F(Queue, EndsAWaitThatIsCalledOff) {
  Turns turns({.places = 1, .queue = 1}, clock_);
  const auto turn = turns.take({});
  source_.request_stop();
  EXPECT_EQ(turns.take(until(milliseconds(20'000))).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace lazaret::inspect
