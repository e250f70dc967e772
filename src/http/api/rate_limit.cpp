#include "http/api/rate_limit.h"

#include <algorithm>

namespace lazaret::http {
namespace {

constexpr std::chrono::nanoseconds kMinute = std::chrono::minutes(1);
// How many idle buckets one request may have to clean up.
constexpr int kForgetAtOnce = 8;

std::int64_t whole_seconds_up(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

}  // namespace

RateLimiter::RateLimiter(std::uint64_t per_minute, std::size_t max_subjects)
    : quota_(per_minute),
      interval_(per_minute == 0 ? 0
                                : std::max<std::int64_t>(1, kMinute.count() / static_cast<std::int64_t>(per_minute))),
      max_subjects_(max_subjects) {}

RateDecision RateLimiter::take(const std::string& subject, std::chrono::steady_clock::time_point now) {
  if (quota_ == 0) return {};
  const std::lock_guard lock(mutex_);
  forget_idle(now);
  auto found = by_subject_.find(subject);
  if (found == by_subject_.end()) {
    buckets_.push_back({subject, now});
    found = by_subject_.emplace(subject, std::prev(buckets_.end())).first;
  } else {
    buckets_.splice(buckets_.end(), buckets_, found->second);
  }
  Bucket& bucket = *found->second;
  bucket.full_at = std::max(bucket.full_at, now);

  const std::chrono::nanoseconds capacity = interval_ * static_cast<std::int64_t>(quota_);
  RateDecision decision{.allowed = bucket.full_at - now + interval_ <= capacity, .quota = quota_};
  if (decision.allowed) bucket.full_at += interval_;
  const std::chrono::nanoseconds missing = bucket.full_at - now;
  decision.remaining = static_cast<std::uint64_t>((capacity - missing) / interval_);
  const std::chrono::nanoseconds into_next = missing % interval_;
  if (missing > std::chrono::nanoseconds{0}) {
    decision.seconds = whole_seconds_up(into_next == std::chrono::nanoseconds{0} ? interval_ : into_next);
  }
  return decision;
}

void RateLimiter::forget_idle(std::chrono::steady_clock::time_point now) {
  for (int i = 0; i < kForgetAtOnce && !buckets_.empty(); ++i) {
    // Over the bound the one that was quiet longest goes, full or not: it is the closest to full.
    if (buckets_.front().full_at > now && buckets_.size() < max_subjects_) return;
    by_subject_.erase(buckets_.front().subject);
    buckets_.pop_front();
  }
}

std::size_t RateLimiter::subjects() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

void add_rate_headers(Headers& headers, const RateDecision& decision) {
  if (decision.quota == 0) return;
  headers.set("RateLimit",
              "\"uploads\";r=" + std::to_string(decision.remaining) + ";t=" + std::to_string(decision.seconds));
  headers.set("RateLimit-Policy", "\"uploads\";q=" + std::to_string(decision.quota) + ";w=60");
  if (!decision.allowed) headers.set("Retry-After", std::to_string(std::max<std::int64_t>(1, decision.seconds)));
}

}  // namespace lazaret::http
