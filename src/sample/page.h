// Content streams: the operators that draw a document's wording, or a picture with the text layer a scanner adds.
#pragma once

#include <string>

#include "sample/wording.h"

namespace lazaret::sample {

inline constexpr int kPageWidth = 595;  // A4, in points
inline constexpr int kPageHeight = 842;

// The text page, with the fonts /F1 and /F2 (bold).
std::string draw_wording(const Wording& wording, Language language);

// A page filled by `strips` pictures /Im0, /Im1, ... from top to bottom, with an invisible line of text above them.
std::string draw_scan(const Wording& wording, Language language, int page, int strips);

}  // namespace lazaret::sample
