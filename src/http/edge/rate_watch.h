// RateWatch: whether a peer that owes bytes (or owes reading them) is too slow. Only time spent waiting for the peer
// counts, and it counts in windows, so that a fast start buys no right to stall later. Pure; times come from outside.
#pragma once

#include <chrono>
#include <cstdint>

namespace lazaret::http {

class RateWatch {
 public:
  using Duration = std::chrono::steady_clock::duration;
  // Fewer than `bytes_per_second` over a window of waiting is too slow. 0 bytes a second: never.
  RateWatch(std::uint64_t bytes_per_second, Duration window)
      : least_(static_cast<std::uint64_t>(static_cast<double>(bytes_per_second) *
                                          std::chrono::duration<double>(window).count())),
        window_(window) {}

  void moved(std::uint64_t bytes) { moved_ += bytes; }
  // A wait for the peer is over.
  void waited(Duration time) {
    waited_ += time;
    end_window({});
  }
  // `running`: how long the present wait has lasted.
  bool too_slow(Duration running) {
    end_window(running);
    return slow_;
  }

 private:
  void end_window(Duration running) {
    if (waited_ + running < window_) return;
    slow_ = slow_ || moved_ < least_;
    moved_ = 0;
    waited_ = -running;  // the next window begins now, in the middle of this wait
  }

  std::uint64_t least_;
  Duration window_;
  Duration waited_{};
  std::uint64_t moved_ = 0;
  bool slow_ = false;
};

}  // namespace lazaret::http
