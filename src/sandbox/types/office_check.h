// The checkers of DOCX and XLSX (OOXML): the archive held against its own directory, every part unpacked under caps and
// judged by its own bytes, what the XML would make a program do, macros, and what is embedded.
#pragma once

#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

void check_docx(const CheckTools& tools);
void check_xlsx(const CheckTools& tools);

}  // namespace lazaret::sandbox
