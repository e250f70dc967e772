#include "metadata/sqlite/facets.h"

#include <algorithm>
#include <utility>

namespace lazaret::sqlite {
namespace {

constexpr std::int64_t kMostFacets = 4096;

constexpr std::string_view kReadFacets =
    "SELECT content_type, processed, categories, facet, documents FROM facets WHERE state = ?1 LIMIT ?2";
constexpr std::string_view kReadFacet = "SELECT content_type, processed, categories FROM facets WHERE facet = ?1";
constexpr std::string_view kSumFacets =
    "SELECT count(*), coalesce(sum(documents), 0) FROM (SELECT documents FROM facets WHERE state = ?1 LIMIT ?2)";

bool has_category(std::string_view joined, std::string_view category) {
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(','), joined.size());
    if (joined.substr(0, end) == category) return true;
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return false;
}

}  // namespace

FacetSet::FacetSet(const Filter& filter)
    : filter_(&filter),
      filters_(!filter.categories.empty() || filter.processed || filter.content_type),
      says_all_(!filter.date_from && !filter.date_to && !filter.size_min && !filter.size_max && !filter.checksum &&
                filter.search_words.empty()) {}

Result<FacetSet> FacetSet::load(Connection& connection, const Filter& filter) {
  FacetSet set(filter);
  if (set.filters_) {
    if (auto loaded = set.load_all(connection); !loaded) return std::unexpected(loaded.error());
    return set;
  }
  auto sum = connection.prepare(kSumFacets);
  if (!sum) return std::unexpected(sum.error());
  const auto row = sum->bind(1, std::to_underlying(filter.state)).bind(2, kMostFacets + 1).step();
  if (!row) return std::unexpected(row.error());
  set.complete_ = sum->integer(0) <= kMostFacets;
  set.documents_ = static_cast<std::uint64_t>(sum->integer(1));
  return set;
}

Result<void> FacetSet::load_all(Connection& connection) {
  auto read = connection.prepare(kReadFacets);
  if (!read) return std::unexpected(read.error());
  read->bind(1, std::to_underlying(filter_->state)).bind(2, kMostFacets + 1);
  for (std::int64_t facets = 0;; ++facets) {
    const auto row = read->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (facets == kMostFacets) {
      complete_ = false;
      return {};
    }
    const std::int64_t facet = read->integer(3);
    const bool match = passes(*read);
    judged_[facet] = match;
    if (!match) continue;
    matching_.push_back(facet);
    documents_ += static_cast<std::uint64_t>(read->integer(4));
  }
}

bool FacetSet::passes(const Statement& row) const {
  if (filter_->content_type && row.text(0) != *filter_->content_type) return false;
  if (filter_->processed && (row.integer(1) != 0) != *filter_->processed) return false;
  if (filter_->categories.empty()) return true;
  const auto has = [joined = row.text(2)](const std::string& category) { return has_category(joined, category); };
  return filter_->categories_match == CategoriesMatch::kAll ? std::ranges::all_of(filter_->categories, has)
                                                            : std::ranges::any_of(filter_->categories, has);
}

Result<bool> FacetSet::contains(Connection& connection, std::int64_t facet) {
  if (!filters_) return true;
  if (const auto found = judged_.find(facet); found != judged_.end()) return found->second;
  auto read = connection.prepare(kReadFacet);
  if (!read) return std::unexpected(read.error());
  const auto row = read->bind(1, facet).step();
  if (!row) return row;
  if (!*row) return fail(ErrorCode::kCorrupt, "sqlite: a document names a facet that is not there");
  return judged_[facet] = passes(*read);
}

}  // namespace lazaret::sqlite
