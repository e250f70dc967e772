#include "inspect/turns.h"

#include <algorithm>
#include <chrono>

namespace lazaret::inspect {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestWait{600'000};  // where the call has no deadline

}  // namespace

Turns::Turns(Limits limits, const Clock& clock)
    : limits_{std::max<std::size_t>(limits.places, 1), limits.queue}, clock_(clock) {}

Result<Turns::Turn> Turns::take(const Call& call) {
  const auto left = std::chrono::ceil<milliseconds>(call.deadline - clock_.steady_now());
  if (left <= milliseconds::zero()) return fail(ErrorCode::kDeadline, "no time left to inspect", Retry::kSafe);
  std::unique_lock lock(mutex_);
  if (running_ >= limits_.places) {
    if (waiting_ >= limits_.queue) return fail(ErrorCode::kOverloaded, "inspection queue full", Retry::kSafe);
    ++waiting_;
    const auto is_free = [this] { return running_ < limits_.places; };
    const bool got = ended_.wait_for(lock, call.stop, std::min(left, kLongestWait), is_free);
    --waiting_;
    if (call.stop.stop_requested()) {
      ended_.notify_one();  // the wake-up may have been another's
      return fail(ErrorCode::kCancelled, "called off before inspection", Retry::kSafe);
    }
    if (!got) return fail(ErrorCode::kDeadline, "no turn before the deadline", Retry::kSafe);
  }
  ++running_;
  return Turn(*this);
}

void Turns::end() {
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.notify_one();
}

}  // namespace lazaret::inspect
