// The rows of the index table, kept beside documents without transactions. A row carries `_v`, the version of the
// document it was put for; a list drops every row that its document does not want, so a row too many does no harm and a
// row too few does. Hence: rows are put before the document changes and deleted after it, and
//   a row is put unless one of the same or a later version is there;
//   a row that version k does not want is deleted unless it was put for a version after k.
// A row that is wanted was put for a version after any that did not want it, so no deletion takes it, however late.
#pragma once

#include <cstdint>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/keys.h"

namespace lazaret::dynamo {

using IndexRows = std::vector<IndexRow>;  // sorted

IndexRows without(const IndexRows& rows, const IndexRows& others);

// Of a document that is new: in batches, without looking.
Result<void> put_new_rows(Home& home, const Call& call, const IndexRows& rows, std::uint64_t version);
// Of a document that may have had them before.
Result<void> put_rows(Home& home, const Call& call, const IndexRows& rows, std::uint64_t version);
// Of a document whose version `version` does not want them.
Result<void> delete_rows(Home& home, const Call& call, const IndexRows& rows, std::uint64_t version);
// Of a document that goes for ever: in batches, without looking.
Result<void> delete_last_rows(Home& home, const Call& call, const IndexRows& rows);

// After a write that lost, or when a list met a row that nobody wants: makes these rows of this id what the document as
// it is now wants. Best effort: what fails is met again.
void settle_rows(Home& home, const Call& call, const DocumentId& id, const IndexRows& rows);

}  // namespace lazaret::dynamo
