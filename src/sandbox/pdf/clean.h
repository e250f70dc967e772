// clean_pdf(): a document written anew without anything that acts. What goes is what the walk would report: the same
// judges are asked. Pages, text, forms, bookmarks and plain links stay; what a stream holds is not touched. Only what
// can be reached is written, in the clear. The one door to this part of the room of libqpdf: plain C++17.
#pragma once

#include "inspect/copy_end.h"
#include "sandbox/pdf/walk.h"

namespace lazaret::sandbox {

// Hands the copy to `copy` piece by piece; the same document gives the same bytes. Of `tools`, the findings are not
// used: what is found here is removed. Never throws but std::bad_alloc.
inspect::CopyEnd clean_pdf(const WalkTools& tools, const WalkLimits& limits, ByteSink& copy);

}  // namespace lazaret::sandbox
