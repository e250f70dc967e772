// How rows leave, and what the sweeper is told: removals step by step, and the lists of open work.
#pragma once

#include <cstddef>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "intake/metadata_store.h"
#include "metadata/dynamodb/home.h"

namespace lazaret::dynamo {

// kOverloaded where other changes of the row come first again and again.
Result<OpenWork> begin_removal(Home& home, const Call& call, const DocumentId& id, const RemovalCondition& condition,
                               Timestamp due);
Result<void> postpone_removal(Home& home, const Call& call, const DocumentId& id, Timestamp retry_at);
Result<void> finish_removal(Home& home, const Call& call, const DocumentId& id);

Result<std::vector<OpenWork>> open_work(Home& home, const Call& call, Timestamp now, std::size_t limit);
Result<std::vector<DocumentId>> deleted_before(Home& home, const Call& call, Timestamp time, std::size_t limit);

}  // namespace lazaret::dynamo
