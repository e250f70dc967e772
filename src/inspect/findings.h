// The table of findings: code, what it makes of a document, how bad it is, and the sentence for whoever sent the file.
// docs/inspection.md lists every row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "document/verdict.h"
#include "inspect/finding_code.h"

namespace lazaret::inspect {

struct FindingRow {
  FindingCode code;
  std::string_view name;  // "embedded_file"
  Outcome outcome;
  Severity severity;
  std::string_view message;  // what was found and what to do
};

// Rows in the order of FindingCode.
std::span<const FindingRow> finding_table();
const FindingRow& finding_row(FindingCode code);
std::optional<FindingCode> finding_code_of(std::uint16_t wire);

// The table as docs/inspection.md shows it; a test holds the page against it.
std::string finding_table_markdown();

}  // namespace lazaret::inspect
