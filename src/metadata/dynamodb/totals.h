// Totals: those that took counting, kept for a moment. A write through this store drops them at once, but for those
// that are beyond what is counted, which only removals bring back. Other stores over the same tables are seen when the
// moment is over. Bounded; thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"
#include "document/query.h"

namespace lazaret::dynamo {

class Totals {
 public:
  Totals(const Clock& clock, std::chrono::milliseconds kept) : clock_(clock), kept_(kept) {}

  Result<Total> find_or_count(const Filter& filter, const std::function<Result<Total>()>& count);
  enum class Change : std::uint8_t { kMore, kAny };
  void drop(Change change);

 private:
  struct Kept {
    Total total;
    std::chrono::steady_clock::time_point counted_at;
  };
  const Clock& clock_;
  const std::chrono::milliseconds kept_;
  std::mutex mutex_;
  std::uint64_t drops_ = 0;
  std::unordered_map<std::string, Kept> totals_;
};

}  // namespace lazaret::dynamo
