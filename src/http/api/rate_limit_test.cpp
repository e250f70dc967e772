#include "http/api/rate_limit.h"

#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::steady_clock::time_point kStart{std::chrono::hours{1}};

TEST(RateLimiter, LetsABurstAsLargeAsItsMinuteThrough) {
  RateLimiter limiter(10);
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(limiter.take("a", kStart).allowed) << i;
  EXPECT_FALSE(limiter.take("a", kStart).allowed);
}

TEST(RateLimiter, SaysWhatIsLeftAndWhenMoreComes) {
  RateLimiter limiter(10);
  RateDecision decision = limiter.take("a", kStart);
  EXPECT_EQ(decision.remaining, 9U);
  EXPECT_EQ(decision.seconds, 6);
  decision = limiter.take("a", kStart + seconds(2));
  EXPECT_EQ(decision.remaining, 8U);
  EXPECT_EQ(decision.seconds, 4);
}

TEST(RateLimiter, GivesATokenBackEverySixthSecond) {
  RateLimiter limiter(10);
  for (int i = 0; i < 10; ++i)
    static_cast<void>(limiter.take("a", kStart));
  EXPECT_FALSE(limiter.take("a", kStart + milliseconds(5999)).allowed);
  EXPECT_TRUE(limiter.take("a", kStart + seconds(6)).allowed);
  EXPECT_FALSE(limiter.take("a", kStart + seconds(6)).allowed);
}

TEST(RateLimiter, TellsARefusedCallerWhenToComeBackAndIsRight) {
  RateLimiter limiter(7);
  for (int i = 0; i < 7; ++i)
    static_cast<void>(limiter.take("a", kStart));
  const RateDecision refused = limiter.take("a", kStart + milliseconds(3210));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0U);
  EXPECT_TRUE(limiter.take("a", kStart + milliseconds(3210) + seconds(refused.seconds)).allowed);
}

TEST(RateLimiter, CountsEachSubjectAlone) {
  RateLimiter limiter(1);
  EXPECT_TRUE(limiter.take("a", kStart).allowed);
  EXPECT_FALSE(limiter.take("a", kStart).allowed);
  EXPECT_TRUE(limiter.take("b", kStart).allowed);
}

TEST(RateLimiter, NeverRefusesWithoutALimit) {
  RateLimiter limiter(0);
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(limiter.take("a", kStart).allowed);
  EXPECT_EQ(limiter.subjects(), 0U);
}

TEST(RateLimiter, StaysBoundedUnderManySubjects) {
  RateLimiter limiter(10, 100);
  for (int i = 0; i < 5000; ++i)
    static_cast<void>(limiter.take(std::to_string(i), kStart));
  EXPECT_LE(limiter.subjects(), 100U);
}

TEST(RateLimiter, ForgetsThoseWhoseBucketIsFullAgain) {
  RateLimiter limiter(10);
  for (int i = 0; i < 50; ++i)
    static_cast<void>(limiter.take(std::to_string(i), kStart));
  for (int i = 0; i < 10; ++i)
    static_cast<void>(limiter.take("late", kStart + seconds(60)));
  EXPECT_EQ(limiter.subjects(), 1U);
}

TEST(RateLimiter, ServesRatesAboveOneASecond) {
  RateLimiter limiter(600'000);
  RateDecision decision;
  for (int i = 0; i < 600'000; ++i)
    decision = limiter.take("a", kStart);
  EXPECT_TRUE(decision.allowed);
  EXPECT_FALSE(limiter.take("a", kStart).allowed);
}

TEST(RateHeaders, AreThoseOfTheDraft) {
  Headers headers;
  add_rate_headers(headers, {.allowed = true, .quota = 10, .remaining = 9, .seconds = 6});
  EXPECT_EQ(headers.get("RateLimit"), "\"uploads\";r=9;t=6");
  EXPECT_EQ(headers.get("RateLimit-Policy"), "\"uploads\";q=10;w=60");
  EXPECT_FALSE(headers.has("Retry-After"));
}

TEST(RateHeaders, TellARefusedCallerToWait) {
  Headers headers;
  add_rate_headers(headers, {.allowed = false, .quota = 10, .remaining = 0, .seconds = 6});
  EXPECT_EQ(headers.get("Retry-After"), "6");
}

TEST(RateHeaders, AreAbsentWithoutALimit) {
  Headers headers;
  add_rate_headers(headers, {});
  EXPECT_TRUE(headers.fields().empty());
}

}  // namespace
}  // namespace lazaret::http
