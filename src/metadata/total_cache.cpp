#include "metadata/total_cache.h"

#include <utility>

namespace lazaret::sqlite {
namespace {

constexpr std::size_t kMostTotals = 1024;

// Lengths before texts keep any two filters apart.
void append(std::string& key, const std::string& text) {
  key.append(std::to_string(text.size())).append(":").append(text);
}

void append(std::string& key, std::int64_t number) {
  key.append(std::to_string(number)).append(",");
}

}  // namespace

std::string filter_key(const Filter& filter) {
  std::string key;
  append(key, std::to_underlying(filter.state));
  append(key, std::to_underlying(filter.categories_match));
  append(key, static_cast<std::int64_t>(filter.categories.size()));
  for (const std::string& category : filter.categories)
    append(key, category);
  if (filter.date_from) append(key += 'f', filter.date_from->time_since_epoch().count());
  if (filter.date_to) append(key += 't', filter.date_to->time_since_epoch().count());
  if (filter.size_min) append(key += 'm', std::to_string(*filter.size_min));
  if (filter.size_max) append(key += 'M', std::to_string(*filter.size_max));
  if (filter.processed) append(key += 'p', *filter.processed ? 1 : 0);
  if (filter.content_type) append(key += 'c', *filter.content_type);
  if (filter.checksum) append(key += 's', filter.checksum->to_string());
  for (const std::string& word : filter.search_words)
    append(key += 'w', word);
  return key;
}

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
