// The writes of the metadata port, each inside the writer's transaction. They read what they need, refuse before they
// change anything, and leave rolling back to the writer's savepoint.
#pragma once

#include "intake/metadata_store.h"
#include "metadata/sqlite/writer.h"

namespace lazaret::sqlite {

Result<ReserveOutcome> reserve(WriteContext& context, const Reservation& reservation);
Result<void> renew(WriteContext& context, const Attempt& attempt, Timestamp lease_until);
Result<void> commit(WriteContext& context, const Document& document, AttemptId attempt,
                    const std::optional<RecordedAnswer>& answer);
Result<void> replace(WriteContext& context, const Document& document, std::uint64_t expected_version);
Result<OpenWork> begin_removal(WriteContext& context, const DocumentId& id, const RemovalCondition& condition,
                               Timestamp due);
Result<void> postpone_removal(WriteContext& context, const DocumentId& id, Timestamp retry_at);
Result<void> finish_removal(WriteContext& context, const DocumentId& id);
Result<std::size_t> forget_expired_answers(WriteContext& context, Timestamp now, std::size_t limit);
Result<void> expire_all_leases(WriteContext& context, Timestamp now);

// Reads, for a connection of either kind.
Result<std::vector<OpenWork>> open_work(Connection& connection, Timestamp now, std::size_t limit);

}  // namespace lazaret::sqlite
