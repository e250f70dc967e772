// Idempotency records: who runs under a key, and what was answered. A record is claimed before the pending row is made;
// its answer is laid into it before the document appears and counts once it has. So a crash in between loses neither
// the answer nor the rule that one key makes one document.
#pragma once

#include <optional>

#include "base/call.h"
#include "base/error.h"
#include "intake/metadata_store.h"
#include "metadata/dynamodb/home.h"

namespace lazaret::dynamo {

// Reserved: the claim is this reservation's. Whoever held it before cannot commit any more.
Result<ReserveOutcome> claim(Home& home, const Call& call, const Reservation& reservation,
                             const IdempotencyClaim& wanted);
// Lays the answer into this attempt's claim. kConflict when the claim is another's by now.
Result<void> prepare_answer(Home& home, const Call& call, const Digest& key, const Attempt& attempt,
                            const RecordedAnswer& answer);
// The document is there: the answer stands without it.
Result<void> finish_answer(Home& home, const Call& call, const Digest& key, const Attempt& attempt);
// This attempt made no document and never will. A claim of another, or a finished one, stays.
Result<void> release_claim(Home& home, const Call& call, const Digest& key, const Attempt& attempt);
Result<std::size_t> forget_expired_answers(Home& home, const Call& call, Timestamp now, std::size_t limit);

}  // namespace lazaret::dynamo
