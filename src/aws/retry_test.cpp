#include "aws/retry.h"

#include <gtest/gtest.h>

#include "tests/support/aws_parts.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;
using testing_support::ConstantRandom;

TEST(RetryQuota, RunsOutAndSaysSo) {
  RetryQuota quota;
  int taken = 0;
  while (quota.take(RetryQuota::kTransientCost))
    ++taken;
  EXPECT_EQ(taken, 35);
  EXPECT_EQ(quota.left(), 10);
  EXPECT_TRUE(quota.take(RetryQuota::kThrottledCost));
}

TEST(RetryQuota, GivesBackWhatASuccessfulRepetitionCost) {
  RetryQuota quota;
  ASSERT_TRUE(quota.take(14));
  quota.refund(14);
  EXPECT_EQ(quota.left(), RetryQuota::kCapacity);
}

TEST(RetryQuota, GrowsByOneForEachFirstTryThatSucceeds) {
  RetryQuota quota;
  ASSERT_TRUE(quota.take(14));
  quota.refund(0);
  EXPECT_EQ(quota.left(), RetryQuota::kCapacity - 13);
}

TEST(Backoff, StaysBelowADoublingCeilingOfTwentySeconds) {
  SystemRandom random;
  for (int failures = 1; failures <= 70; ++failures) {
    const auto ceiling = failures < 10 ? std::min<std::chrono::milliseconds>(50ms * (1 << (failures - 1)), 20s) : 20s;
    for (int i = 0; i < 20; ++i) {
      const auto delay = backoff(50ms, failures, random);
      EXPECT_GE(delay, 0ms);
      EXPECT_LE(delay, ceiling);
    }
  }
}

TEST(Backoff, IsSpreadOverAllOfIt) {
  ConstantRandom low(0);
  ConstantRandom other(0x77);
  EXPECT_EQ(backoff(1s, 3, low), 0ms);
  EXPECT_NE(backoff(1s, 3, other), 0ms);
}

TEST(RetryHint, PrefersMillisecondsOverSeconds) {
  EXPECT_EQ(retry_hint({.headers = {{"retry-after", "7"}, {"x-amz-retry-after", "150"}}}), 150ms);
  EXPECT_EQ(retry_hint({.headers = {{"retry-after", "7"}}}), 7s);
}

TEST(RetryHint, PassesOverWhatIsNoNumber) {
  for (const char* text : {"", "soon", "-1", "7 ", "99999999999999999999", "Fri, 24 May 2013 00:00:00 GMT"})
    EXPECT_FALSE(retry_hint({.headers = {{"retry-after", text}}})) << text;
}

TEST(RetryHint, LengthensTheDelayByFiveSecondsAtMost) {
  EXPECT_EQ(with_hint(100ms, std::nullopt), 100ms);
  EXPECT_EQ(with_hint(100ms, 10ms), 100ms);
  EXPECT_EQ(with_hint(100ms, 2s), 2s);
  EXPECT_EQ(with_hint(100ms, 60s), 5100ms);
}

}  // namespace
}  // namespace lazaret::aws
