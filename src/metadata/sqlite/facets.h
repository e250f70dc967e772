// FacetSet: which facets pass the filters on attributes of few values (categories, content type, processed), and how
// many documents they hold. Where there are more facets than are worth reading, each is judged when it is met.
// Belongs to one snapshot of one connection; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "document/query.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

class FacetSet {
 public:
  // The filter must outlive the set.
  static Result<FacetSet> load(Connection& connection, const Filter& filter);

  // Whether the filter asks for any of these attributes at all.
  bool filters() const { return filters_; }
  // Whether the filter asks for nothing else (beside the state).
  bool says_all() const { return says_all_; }
  // Whether matching() and documents() are the whole truth.
  bool complete() const { return complete_; }
  const std::vector<std::int64_t>& matching() const { return matching_; }
  std::uint64_t documents() const { return documents_; }

  Result<bool> contains(Connection& connection, std::int64_t facet);

 private:
  explicit FacetSet(const Filter& filter);
  bool passes(const Statement& row) const;
  Result<void> load_all(Connection& connection);

  const Filter* filter_;
  bool filters_;
  bool says_all_;
  bool complete_ = true;
  std::vector<std::int64_t> matching_;  // only when filters()
  std::uint64_t documents_ = 0;
  std::unordered_map<std::int64_t, bool> judged_;
};

}  // namespace lazaret::sqlite
