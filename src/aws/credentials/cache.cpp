#include "aws/credentials/cache.h"

#include <algorithm>
#include <utility>

namespace lazaret::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// The windows of the AWS SDKs, and for short sessions a part of their life.
constexpr milliseconds kSoonBeforeEnd = minutes{15};
constexpr milliseconds kNowBeforeEnd = minutes{10};
constexpr int kSoonPart = 4;
constexpr int kNowPart = 8;
constexpr milliseconds kBetweenAttempts = seconds{30};
// Credentials that outlive their end are asked for again after two to ten minutes, not by all instances at once.
constexpr milliseconds kLeastExtension = minutes{2};
constexpr milliseconds kMostExtension = minutes{10};

milliseconds between(milliseconds least, milliseconds most, Random& random) {
  const auto span = static_cast<std::uint64_t>((most - least).count() + 1);
  return least + milliseconds{static_cast<std::int64_t>(random.next_u64() % span)};
}

}  // namespace

CachedCredentials::CachedCredentials(std::unique_ptr<CredentialsSource> source, const Clock& clock, Random& random)
    : source_(std::move(source)), clock_(clock), random_(random) {}

CachedCredentials::Need CachedCredentials::need(Timestamp now) const {
  if (!usable(now)) return Need::kNow;
  if (refresh_now_ && now >= *refresh_now_) return Need::kNow;
  return refresh_soon_ && now >= *refresh_soon_ ? Need::kSoon : Need::kNone;
}

bool CachedCredentials::usable(Timestamp now) const {
  return current_ && (!end_ || now < *end_);
}

Result<Credentials> CachedCredentials::get(const Call& call) {
  std::unique_lock lock(mutex_);
  const Timestamp now = clock_.now();
  const Need needed = need(now);
  if (needed == Need::kNone) return *current_;
  const bool recently_failed = now < next_attempt_;
  if (usable(now) && (recently_failed || (refreshing_ && needed == Need::kSoon))) return *current_;
  if (!refreshing_) return refresh(call, lock);

  const std::uint64_t round = rounds_;
  const bool ended = refreshed_.wait_until(lock, call.stop, call.deadline, [&] { return rounds_ != round; });
  if (usable(clock_.now())) return *current_;
  if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off while waiting for credentials");
  if (!ended) return fail(ErrorCode::kDeadline, "credentials did not come before the deadline", Retry::kSafe);
  return std::unexpected(last_failure_);  // of the refresh that was waited for
}

Result<Credentials> CachedCredentials::refresh(const Call& call, std::unique_lock<std::mutex>& lock) {
  refreshing_ = true;
  lock.unlock();
  auto fetched = source_->fetch(call);
  lock.lock();
  refreshing_ = false;
  ++rounds_;
  const Timestamp now = clock_.now();
  if (fetched) {
    keep(*std::move(fetched), now);
  } else {
    note_failure(std::move(fetched).error(), now);
  }
  refreshed_.notify_all();
  if (usable(now)) return *current_;
  return std::unexpected(last_failure_);
}

void CachedCredentials::keep(Credentials fresh, Timestamp now) {
  current_ = std::move(fresh);
  next_attempt_ = {};
  end_ = current_->expires_at;
  refresh_soon_ = refresh_now_ = std::nullopt;
  if (!end_) return;
  if (*end_ <= now) {
    // They have ended, and the source has no others.
    if (source_->after_end() == AfterEnd::kStillServed) {
      end_ = std::nullopt;
      refresh_soon_ = now + between(kLeastExtension, kMostExtension, random_);
    } else {
      last_failure_ = {
          ErrorCode::kUnavailable, Retry::kSafe, current_->source + " gave credentials that have ended", {}};
    }
    return;
  }
  const milliseconds life = *end_ - now;
  refresh_soon_ = *end_ - std::min(kSoonBeforeEnd, life / kSoonPart);
  refresh_now_ = *end_ - std::min(kNowBeforeEnd, life / kNowPart);
}

void CachedCredentials::note_failure(Error error, Timestamp now) {
  last_failure_ = std::move(error);
  if (!current_) return;  // the next caller asks at once
  next_attempt_ = now + kBetweenAttempts;
  if (source_->after_end() == AfterEnd::kStillServed && end_) {
    end_ = std::nullopt;
    refresh_now_ = std::nullopt;
    refresh_soon_ = now + between(kLeastExtension, kMostExtension, random_);
  }
}

void CachedCredentials::invalidate(const Credentials& credentials) {
  const std::lock_guard lock(mutex_);
  if (!current_ || current_->access_key_id != credentials.access_key_id ||
      current_->session_token != credentials.session_token) {
    return;
  }
  current_ = std::nullopt;
  next_attempt_ = {};
}

}  // namespace lazaret::aws
