// Plan: which partitions a list walks along, in which order, and between which keys. The sort picks the index; under
// the sort by date the rarest of checksum, word and category drives, each along rows of its own; all else filters.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "document/query.h"
#include "metadata/dynamodb/keys.h"

namespace lazaret::dynamo {

enum class SourceKind : std::uint8_t { kDate, kName, kSize, kCategory, kWord, kChecksum };

struct Source {
  SourceKind kind = SourceKind::kDate;
  std::string partition;
};

struct Plan {
  // Both inclusive; nothing lies between them where low is above high.
  std::string low;
  std::string high;
  // To be walked one stage after the other, the sources of a stage merged: a month each, or one stage for everything.
  struct Stage {
    std::string month;  // empty: all months
    std::vector<Source> sources;
  };
  std::vector<Stage> stages;
};

bool is_index_row(SourceKind kind);
// Whether the engine leaves out what the filter does not match. Rows of categories hold nothing to ask.
bool filters_on_engine(SourceKind kind, const Filter& filter);

// `months` in order, as the directory has them.
Plan make_plan(const Query& query, const std::vector<std::string>& months, unsigned shards);
bool needs_months(const Query& query);

// Where a walk goes on that has seen all of a month.
Position behind_month(const std::string& month, SortOrder order);

}  // namespace lazaret::dynamo
