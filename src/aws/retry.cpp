#include "aws/retry.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/pause.h"

namespace lazaret::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLongestDelay = seconds{20};
constexpr milliseconds kHintAllowance = seconds{5};

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
  return full_jitter(base, failures, kLongestDelay, random);
}

std::optional<milliseconds> retry_hint(const HttpResponse& response) {
  if (const auto hint = whole_number(response.header("x-amz-retry-after"))) return milliseconds{*hint};
  if (const auto hint = whole_number(response.header("retry-after"))) return seconds{*hint};
  return std::nullopt;
}

milliseconds with_hint(milliseconds own, std::optional<milliseconds> hint) {
  return hint ? std::clamp(*hint, own, own + kHintAllowance) : own;
}

}  // namespace lazaret::aws
