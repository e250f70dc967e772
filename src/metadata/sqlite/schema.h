// The numbered schema files and how they are applied: forward only, all that are missing in one transaction.
// The number lies in the file's user_version; application_id tells our files from others.
#pragma once

#include <span>

#include "base/error.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

// The text of schema/NNNN_*.sql; step i leads from version i to i + 1.
std::span<const char* const> schema_steps();

// Brings a file to the last of `steps`. kInternal, with nothing changed, for a file of another program or of a newer
// Lazaret.
Result<void> migrate(Connection& connection, std::span<const char* const> steps);

}  // namespace lazaret::sqlite
