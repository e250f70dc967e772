#include "metadata/dynamodb/plan.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "metadata/dynamodb/filter.h"

namespace lazaret::dynamo {
namespace {

constexpr std::size_t kMonthLength = 7;

// The start of the longest word that has rows, the likeliest to be rare.
std::optional<std::string> driving_start(const Filter& filter) {
  std::optional<std::string> best;
  std::size_t longest = 0;
  for (const std::string& word : filter.search_words) {
    auto start = start_of(word);
    if (!start || word.size() <= longest) continue;
    longest = word.size();
    best = std::move(start);
  }
  return best;
}

SourceKind driver_of(const Query& query) {
  switch (query.sort_by) {
    case SortBy::kFilename:
      return SourceKind::kName;
    case SortBy::kSize:
      return SourceKind::kSize;
    case SortBy::kUploadDate:
      break;
  }
  if (query.filter.checksum) return SourceKind::kChecksum;
  if (driving_start(query.filter)) return SourceKind::kWord;
  return query.filter.categories.empty() ? SourceKind::kDate : SourceKind::kCategory;
}

std::pair<std::string, std::string> bounds_of(const Query& query) {
  const Filter& filter = query.filter;
  switch (query.sort_by) {
    case SortBy::kUploadDate:
      return {lowest_key(filter.date_from.value_or(Timestamp::min())),
              highest_key(filter.date_to.value_or(Timestamp::max()))};
    case SortBy::kFilename:
      return {std::string(kLowestName), std::string(kHighestName)};
    case SortBy::kSize:
      return {lowest_size_key(filter.size_min.value_or(0)),
              highest_size_key(filter.size_max.value_or(std::numeric_limits<std::uint64_t>::max()))};
  }
  return {};
}

// The partitions of one month, or of all where they have none.
std::vector<Source> sources_of(SourceKind kind, const Filter& filter, const std::string& month, unsigned shards) {
  std::vector<Source> sources;
  std::vector<std::string> categories = filter.categories;
  if (filter.categories_match == CategoriesMatch::kAll && !categories.empty()) categories.resize(1);
  const std::string start = kind == SourceKind::kWord ? driving_start(filter).value_or("") : "";
  for (unsigned shard = 0; shard < shards; ++shard) {
    switch (kind) {
      case SourceKind::kDate:
        sources.push_back({kind, date_partition(filter.state, month, shard)});
        break;
      case SourceKind::kName:
        sources.push_back({kind, name_partition(filter.state, shard)});
        break;
      case SourceKind::kSize:
        sources.push_back({kind, size_partition(filter.state, shard)});
        break;
      case SourceKind::kWord:
        sources.push_back({kind, word_partition(start, filter.state, month, shard)});
        break;
      case SourceKind::kCategory:
        for (const std::string& category : categories)
          sources.push_back({kind, category_partition(category, filter.state, month, shard)});
        break;
      case SourceKind::kChecksum:
        return {{kind, checksum_partition(*filter.checksum)}};
    }
  }
  return sources;
}

bool lies_in_months(SourceKind kind) {
  return kind == SourceKind::kDate || kind == SourceKind::kCategory || kind == SourceKind::kWord;
}

}  // namespace

bool is_index_row(SourceKind kind) {
  return kind == SourceKind::kCategory || kind == SourceKind::kWord || kind == SourceKind::kChecksum;
}

bool filters_on_engine(SourceKind kind, const Filter& filter) {
  if (kind == SourceKind::kWord) return true;
  return !is_index_row(kind) && filters_anything(filter);
}

bool needs_months(const Query& query) {
  return lies_in_months(driver_of(query));
}

Plan make_plan(const Query& query, const std::vector<std::string>& months, unsigned shards) {
  Plan plan;
  std::tie(plan.low, plan.high) = bounds_of(query);
  const bool down = query.sort_order == SortOrder::kDescending;
  if (query.after) {
    const std::string after = sort_key(query.sort_by, *query.after);
    if (down) plan.high = std::min(plan.high, after);
    if (!down) plan.low = std::max(plan.low, after);
  }
  if (plan.low > plan.high) return plan;
  const SourceKind kind = driver_of(query);
  if (!lies_in_months(kind)) {
    plan.stages.push_back({"", sources_of(kind, query.filter, "", shards)});
    return plan;
  }
  const std::string first = plan.low.substr(0, kMonthLength);
  const std::string last = plan.high.substr(0, kMonthLength);
  for (const std::string& month : months) {
    if (month < first || month > last) continue;
    plan.stages.push_back({month, sources_of(kind, query.filter, month, shards)});
  }
  if (down) std::ranges::reverse(plan.stages);
  return plan;
}

Position behind_month(const std::string& month, SortOrder order) {
  // Between two milliseconds: no document lies there.
  std::array<std::uint8_t, 16> id{};
  if (order == SortOrder::kAscending) return {last_of(month) + std::chrono::milliseconds{1}, DocumentId{id}, {}};
  id.fill(0xff);
  return {first_of(month) - std::chrono::milliseconds{1}, DocumentId{id}, {}};
}

}  // namespace lazaret::dynamo
