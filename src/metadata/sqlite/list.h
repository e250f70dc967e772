// Lists: how a Query becomes a Page. A query runs along an index in the order of its sort; where a filter leaves few
// documents, those are gathered and sorted instead. Both look at a bounded number of rows: a walk that would need more
// gives a short page and goes on where it stopped.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "document/query.h"
#include "metadata/list_limits.h"
#include "metadata/sqlite/connection.h"
#include "metadata/sqlite/total_cache.h"

namespace lazaret::sqlite {

// `generation` was read before the call.
Result<Page> list_documents(Connection& connection, const Query& query, const ListLimits& limits, TotalCache& totals,
                            std::uint64_t generation);

// The texts of SQL run here, for the explain tests.
std::vector<std::string_view> list_texts();

}  // namespace lazaret::sqlite
