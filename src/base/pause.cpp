#include "base/pause.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace lazaret {
namespace {

constexpr int kMostDoublings = 20;

}  // namespace

void ThreadPause::wait(const Call& call, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, call.stop, time, [] { return false; });
}

std::chrono::milliseconds full_jitter(std::chrono::milliseconds base, int failures, std::chrono::milliseconds longest,
                                      Random& random) {
  const int doublings = std::clamp(failures - 1, 0, kMostDoublings);
  const std::int64_t ceiling = std::min(longest.count(), base.count() << doublings);
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(random.next_u64() % static_cast<std::uint64_t>(ceiling + 1))};
}

}  // namespace lazaret
