// CachedCredentials: what a source gave, until it nears its end. One refresh is in flight at a time, on the thread of
// the caller that noticed; the others go on with the old credentials while these are good, and wait for the new ones
// only when they are about to end. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "aws/credentials/credentials.h"
#include "aws/credentials/source.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/ids.h"

namespace lazaret::aws {

class CachedCredentials final : public CredentialsProvider {
 public:
  // `clock` and `random` outlive it.
  CachedCredentials(std::unique_ptr<CredentialsSource> source, const Clock& clock, Random& random);

  Result<Credentials> get(const Call& call) override;
  void invalidate(const Credentials& credentials) override;

 private:
  enum class Need : std::uint8_t { kNone, kSoon, kNow };
  Need need(Timestamp now) const;
  bool usable(Timestamp now) const;
  Result<Credentials> refresh(const Call& call, std::unique_lock<std::mutex>& lock);
  void keep(Credentials fresh, Timestamp now);
  void note_failure(Error error, Timestamp now);

  const std::unique_ptr<CredentialsSource> source_;
  const Clock& clock_;
  Random& random_;

  std::mutex mutex_;
  std::condition_variable_any refreshed_;
  std::optional<Credentials> current_;
  std::optional<Timestamp> refresh_soon_;  // from here on one caller asks anew
  std::optional<Timestamp> refresh_now_;   // from here on all callers wait for it
  std::optional<Timestamp> end_;
  Timestamp next_attempt_;  // after a failure, not before
  bool refreshing_ = false;
  std::uint64_t rounds_ = 0;  // refreshes that have ended
  Error last_failure_;
};

}  // namespace lazaret::aws
