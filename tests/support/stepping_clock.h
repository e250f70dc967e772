// SteppingClock: both of its clocks stand still until a test moves them together. For what measures intervals and never
// waits for a deadline. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace lazaret::testing_support {

class SteppingClock final : public Clock {
 public:
  Timestamp now() const override { return start_ + std::chrono::milliseconds{passed_.load()}; }
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::time_point{std::chrono::hours{1}} + std::chrono::milliseconds{passed_.load()};
  }
  void advance(std::chrono::milliseconds time) { passed_ += time.count(); }

 private:
  const Timestamp start_ = *parse_rfc3339("2026-01-02T03:04:05.678Z");
  std::atomic<std::int64_t> passed_ = 0;
};

}  // namespace lazaret::testing_support
