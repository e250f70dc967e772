// The XML inside a PDF: XFA forms, which readers act on, and XMP metadata, which they only read. Parsed, never searched
// for what a DOCTYPE does. Plain C++17, for the room of libqpdf.
#pragma once

#include <string_view>

#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

void judge_xfa(std::string_view text, FindingSink& findings, const Spot& spot);
void judge_xmp(std::string_view text, FindingSink& findings, const Spot& spot);

}  // namespace lazaret::sandbox
