// The checkers of plain text and of tables of comma-separated values.
#pragma once

#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

void check_text(const CheckTools& tools);
// Also finds cells that a spreadsheet would run as formulas. Comma, semicolon, tabulator or bar, as the first record
// uses them.
void check_csv(const CheckTools& tools);

}  // namespace lazaret::sandbox
