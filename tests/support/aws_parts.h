// What a test hands to an aws::Client: credentials that change when they are called expired, and randomness that
// repeats itself; a pause that does not wait comes with it.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aws/credentials/credentials.h"
#include "base/ids.h"
#include "tests/support/recording_pause.h"

namespace lazaret::testing_support {

// Every byte is the same.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(std::uint8_t byte = 0x5a) : byte_(byte) {}
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, byte_); }

 private:
  const std::uint8_t byte_;
};

// Gives the first of its credentials until they are called expired, then the next. Thread-safe.
class RollingCredentials final : public aws::CredentialsProvider {
 public:
  explicit RollingCredentials(std::deque<aws::Credentials> all) : all_(std::move(all)) {}
  Result<aws::Credentials> get(const Call&) override {
    const std::lock_guard lock(mutex_);
    if (all_.empty()) return fail(ErrorCode::kUnavailable, "no credentials are left");
    return all_.front();
  }
  void invalidate(const aws::Credentials& credentials) override {
    const std::lock_guard lock(mutex_);
    if (!all_.empty() && all_.front().access_key_id == credentials.access_key_id) all_.pop_front();
  }

 private:
  std::mutex mutex_;
  std::deque<aws::Credentials> all_;
};

}  // namespace lazaret::testing_support
