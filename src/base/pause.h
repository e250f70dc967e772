// Waiting between tries, and for how long.
#pragma once

#include <chrono>

#include "base/call.h"
#include "base/ids.h"

namespace lazaret {

// Injected, so that no test sleeps. Thread-safe.
class Pause {
 public:
  Pause() = default;
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  virtual ~Pause() = default;
  // Ends early when the call is stopped.
  virtual void wait(const Call& call, std::chrono::milliseconds time) = 0;
};

class ThreadPause final : public Pause {
 public:
  void wait(const Call& call, std::chrono::milliseconds time) override;
};

// Full jitter: a random part, from nothing to all, of `base` doubled for each failure before this one, at most
// `longest`. `failures` is 1 for the first. Who failed together does not come back together.
std::chrono::milliseconds full_jitter(std::chrono::milliseconds base, int failures, std::chrono::milliseconds longest,
                                      Random& random);

}  // namespace lazaret
