// The lookup by checksum.
#pragma once

#include <optional>

#include "base/call.h"
#include "base/error.h"
#include "metadata/dynamodb/home.h"

namespace lazaret::dynamo {

Result<std::optional<DocumentId>> find_by_checksum(Home& home, const Call& call, const Digest& checksum,
                                                   const DocumentId& except);

}  // namespace lazaret::dynamo
