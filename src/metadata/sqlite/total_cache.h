// TotalCache: totals that took counting, for as long as no document changes. Bounded; thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "document/query.h"
#include "metadata/filter_key.h"

namespace lazaret::sqlite {

class TotalCache {
 public:
  // `generation` is that of the data before it was read: a total is given only to those who saw the same.
  std::optional<Total> find(const std::string& key, std::uint64_t generation) const;
  void keep(const std::string& key, std::uint64_t generation, const Total& total);

 private:
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  std::unordered_map<std::string, Total> totals_;
};

}  // namespace lazaret::sqlite
