#include "metadata/dynamodb/totals.h"

#include <utility>

#include "metadata/filter_key.h"

namespace lazaret::dynamo {
namespace {

constexpr std::size_t kMostTotals = 1024;

bool is_beyond(const Total& total) {
  return total.count >= kMaxExactTotal && total.relation == TotalRelation::kAtLeast;
}

}  // namespace

Result<Total> Totals::find_or_count(const Filter& filter, const std::function<Result<Total>()>& count) {
  const std::string key = filter_key(filter);
  const auto now = clock_.steady_now();
  std::uint64_t drops_before = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = totals_.find(key);
    if (found != totals_.end() && now - found->second.counted_at < kept_) return found->second.total;
    drops_before = drops_;
  }
  auto total = count();
  const std::lock_guard lock(mutex_);
  // Whether the count saw a write that was made beside it, nobody knows.
  if (!total || drops_ != drops_before) return total;
  if (totals_.size() >= kMostTotals) totals_.clear();
  totals_[key] = {*total, now};
  return total;
}

void Totals::drop(Change change) {
  const std::lock_guard lock(mutex_);
  ++drops_;
  std::erase_if(totals_,
                [change](const auto& entry) { return change == Change::kAny || !is_beyond(entry.second.total); });
}

}  // namespace lazaret::dynamo
