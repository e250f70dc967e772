// Turns: so many callers at a time, so many waiting, and no more. Thread-safe; outlives its turns.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"

namespace lazaret::inspect {

class Turns {
 public:
  struct Limits {
    std::size_t places = 1;  // callers at a time; at least 1
    std::size_t queue = 0;   // callers waiting; beyond it kOverloaded
  };
  Turns(Limits limits, const Clock& clock);
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // One of the places; given back by the destructor.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->end();
    }

   private:
    Turns* turns_;
  };

  // kOverloaded at once where too many wait; kDeadline and kCancelled by the call.
  Result<Turn> take(const Call& call);

 private:
  void end();

  const Limits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace lazaret::inspect
