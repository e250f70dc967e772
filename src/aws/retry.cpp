#include "aws/retry.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <string_view>

namespace lazaret::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLongestDelay = seconds{20};
constexpr milliseconds kHintAllowance = seconds{5};
constexpr int kMostDoublings = 20;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr std::int64_t kMost = 1'000'000'000;
  if (fault != std::errc{} || end != text.data() + text.size() || value < 0 || value > kMost) return std::nullopt;
  return value;
}

}  // namespace

bool RetryQuota::take(int cost) {
  const std::lock_guard lock(mutex_);
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

void RetryQuota::refund(int last_cost) {
  const std::lock_guard lock(mutex_);
  tokens_ = std::min(kCapacity, tokens_ + (last_cost == 0 ? kFirstTryRefund : last_cost));
}

int RetryQuota::left() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

milliseconds backoff(milliseconds base, int failures, Random& random) {
  const int doublings = std::clamp(failures - 1, 0, kMostDoublings);
  const std::int64_t ceiling = std::min(kLongestDelay.count(), base.count() << doublings);
  return milliseconds{static_cast<std::int64_t>(random.next_u64() % static_cast<std::uint64_t>(ceiling + 1))};
}

std::optional<milliseconds> retry_hint(const HttpResponse& response) {
  if (const auto hint = whole_number(response.header("x-amz-retry-after"))) return milliseconds{*hint};
  if (const auto hint = whole_number(response.header("retry-after"))) return seconds{*hint};
  return std::nullopt;
}

milliseconds with_hint(milliseconds own, std::optional<milliseconds> hint) {
  return hint ? std::clamp(*hint, own, own + kHintAllowance) : own;
}

void ThreadPause::wait(const Call& call, milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, call.stop, time, [] { return false; });
}

}  // namespace lazaret::aws
