// The rules of trying again: how long to wait, and the quota that keeps many callers from hammering a service that is
// down. The "standard" mode of the AWS SDKs as of 2026:
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "aws/http.h"
#include "base/call.h"
#include "base/ids.h"

namespace lazaret::aws {

// A bucket of tokens that all calls of a client share. Every repetition takes some; success gives back. When it is
// empty, failures are final: a service that is down sees one try a call. Thread-safe.
class RetryQuota {
 public:
  static constexpr int kCapacity = 500;
  static constexpr int kTransientCost = 14;
  static constexpr int kThrottledCost = 5;
  static constexpr int kFirstTryRefund = 1;

  // False where too few are left; none are taken then.
  bool take(int cost);
  // `last_cost` of a call that succeeded; 0 where its first try did.
  void refund(int last_cost);
  int left() const;

 private:
  mutable std::mutex mutex_;
  int tokens_ = kCapacity;
};

// Full jitter: a random part of `base` doubled for each failure before, at most 20 s. `failures` is 1 for the first.
std::chrono::milliseconds backoff(std::chrono::milliseconds base, int failures, Random& random);
// What the service asks for: x-amz-retry-after (milliseconds), else Retry-After (seconds).
std::optional<std::chrono::milliseconds> retry_hint(const HttpResponse& response);
// At least our own delay, at most 5 s more than it, the hint in between.
std::chrono::milliseconds with_hint(std::chrono::milliseconds own, std::optional<std::chrono::milliseconds> hint);

}  // namespace lazaret::aws
