// The reads of the metadata port that are one or two statements each.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/document.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

Result<std::optional<DocumentId>> find_by_checksum(Connection& connection, const Digest& checksum,
                                                   const DocumentId& except);
Result<std::vector<DocumentId>> deleted_before(Connection& connection, Timestamp time, std::size_t limit);

// The texts of SQL run here, for the explain tests.
std::vector<std::string_view> lookup_texts();

}  // namespace lazaret::sqlite
