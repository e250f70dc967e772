#include "metadata/dynamodb/count.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "metadata/dynamodb/filter.h"
#include "metadata/dynamodb/keys.h"
#include "metadata/dynamodb/list.h"

namespace lazaret::dynamo {
namespace {

// One partition of an index to count in.
struct Counted {
  std::string_view index;
  std::string_view partition_name;
  std::string_view sort_name;
  std::string partition;
  std::string low;
  std::string high;
  HeldByKey held;
};

// By size there is one partition a shard for all time; by date there is one for each month, which is less to read where
// the filter bounds the dates.
std::vector<Counted> partitions_by_size(const Filter& filter, unsigned shards) {
  std::vector<Counted> partitions;
  for (unsigned shard = 0; shard < shards; ++shard) {
    partitions.push_back({kBySize,
                          "_sp",
                          "_sk",
                          size_partition(filter.state, shard),
                          lowest_size_key(filter.size_min.value_or(0)),
                          highest_size_key(filter.size_max.value_or(std::numeric_limits<std::uint64_t>::max())),
                          {.sizes = true}});
  }
  return partitions;
}

std::vector<Counted> partitions_by_date(const Filter& filter, const std::vector<std::string>& months, unsigned shards) {
  const std::string low = lowest_key(filter.date_from.value_or(Timestamp::min()));
  const std::string high = highest_key(filter.date_to.value_or(Timestamp::max()));
  std::vector<Counted> partitions;
  for (const std::string& month : months) {
    if (month < low.substr(0, month.size()) || month > high.substr(0, month.size())) continue;
    for (unsigned shard = 0; shard < shards; ++shard) {
      partitions.push_back(
          {kByDate, "_lp", "_lk", date_partition(filter.state, month, shard), low, high, {.dates = true}});
    }
  }
  return partitions;
}

class Counting {
 public:
  Counting(Home& home, const Call& call, const Filter& filter, const ListBudget& budget)
      : home_(home),
        call_(call),
        filter_(filter),
        budget_(budget),
        bounded_(filters_anything(filter)),
        started_(home.clock().steady_now()) {}

  Result<Total> run(const std::vector<Counted>& partitions) {
    auto counted =
        run_side_by_side(home_.beside(), partitions.size(), [&](std::size_t i) { return count(partitions[i]); });
    if (!counted) return std::unexpected(std::move(counted.error()));
    if (count_ > kMaxExactTotal) return Total{kMaxExactTotal, TotalRelation::kAtLeast};
    return Total{count_, cut_short_ ? TotalRelation::kAtLeast : TotalRelation::kExact};
  }

 private:
  bool may_go_on() const {
    if (count_ > kMaxExactTotal) return false;
    return !bounded_ || (bytes_ < budget_.count_bytes && home_.clock().steady_now() - started_ < budget_.count_time);
  }

  Result<void> count(const Counted& partition) {
    if (partition.low > partition.high) return {};
    aws::QueryItems query{.table = home_.documents(), .index = std::string(partition.index)};
    aws::Expression& expression = query.expression;
    query.key_condition = expression.name(partition.partition_name) + " = " + expression.value(partition.partition) +
                          " AND " + expression.name(partition.sort_name) + " BETWEEN " +
                          expression.value(partition.low) + " AND " + expression.value(partition.high);
    query.filter = filter_expression(filter_, partition.held, expression);
    query.select = aws::Select::kCount;
    do {
      if (!may_go_on()) {
        cut_short_ = true;
        return {};
      }
      auto page = home_.db().query(call_, query);
      if (!page) return fail_as(std::move(page.error()));
      count_ += page->count;
      bytes_ += page->bytes_read;
      query.start = std::move(page->next);
    } while (query.start);
    return {};
  }

  Home& home_;
  const Call& call_;
  const Filter& filter_;
  const ListBudget& budget_;
  const bool bounded_;
  const std::chrono::steady_clock::time_point started_;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<bool> cut_short_ = false;
};

}  // namespace

Result<Total> count_documents(Home& home, const Call& call, const Filter& filter, const ListBudget& budget) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  Counting counting(home, call, filter, budget);
  if (!filter.date_from && !filter.date_to) return counting.run(partitions_by_size(filter, *shards));
  const auto months = home.months(call, filter.state);
  if (!months) return std::unexpected(months.error());
  return counting.run(partitions_by_date(filter, *months, *shards));
}

}  // namespace lazaret::dynamo
