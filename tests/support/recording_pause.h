// RecordingPause: waits for nothing.
#pragma once

#include <chrono>
#include <mutex>
#include <vector>

#include "base/pause.h"

namespace lazaret::testing_support {

// Remembers what it was asked to wait. Thread-safe.
class RecordingPause final : public Pause {
 public:
  void wait(const Call&, std::chrono::milliseconds time) override {
    const std::lock_guard lock(mutex_);
    waits_.push_back(time);
  }
  std::vector<std::chrono::milliseconds> waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::chrono::milliseconds> waits_;
};

}  // namespace lazaret::testing_support
