// How documents come and change. No transactions: every step is a conditional write that can be made again, and between
// steps there is never a row that lists would miss.
#pragma once

#include <cstdint>
#include <optional>

#include "base/call.h"
#include "base/error.h"
#include "intake/metadata_store.h"
#include "metadata/dynamodb/home.h"

namespace lazaret::dynamo {

Result<ReserveOutcome> reserve(Home& home, const Call& call, const Reservation& reservation);
Result<void> renew(Home& home, const Call& call, const Attempt& attempt, Timestamp lease_until);
Result<void> commit(Home& home, const Call& call, const Document& document, AttemptId attempt,
                    const std::optional<RecordedAnswer>& answer);
Result<void> replace(Home& home, const Call& call, const Document& document, std::uint64_t expected_version);

}  // namespace lazaret::dynamo
