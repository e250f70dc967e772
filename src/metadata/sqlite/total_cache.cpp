#include "metadata/sqlite/total_cache.h"

#include <utility>

namespace lazaret::sqlite {
namespace {

constexpr std::size_t kMostTotals = 1024;

}  // namespace

std::optional<Total> TotalCache::find(const std::string& key, std::uint64_t generation) const {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return std::nullopt;
  const auto found = totals_.find(key);
  return found == totals_.end() ? std::nullopt : std::optional(found->second);
}

void TotalCache::keep(const std::string& key, std::uint64_t generation, const Total& total) {
  const std::lock_guard lock(mutex_);
  if (generation < generation_) return;
  if (generation > generation_ || totals_.size() >= kMostTotals) totals_.clear();
  generation_ = generation;
  totals_[key] = total;
}

}  // namespace lazaret::sqlite
