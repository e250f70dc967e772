// ManualClock: a clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace lazaret::testing_support {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = *parse_rfc3339("2026-01-02T03:04:05.678Z"))
      : millis_(start.time_since_epoch().count()) {}
  Timestamp now() const override { return Timestamp{std::chrono::milliseconds{millis_.load()}}; }
  // Real, so that deadlines of calls work.
  std::chrono::steady_clock::time_point steady_now() const override { return std::chrono::steady_clock::now(); }
  void advance(std::chrono::milliseconds time) { millis_ += time.count(); }

 private:
  std::atomic<std::int64_t> millis_;
};

}  // namespace lazaret::testing_support
