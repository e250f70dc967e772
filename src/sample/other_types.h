// Samples of the types beside PDF: pictures of a page, DICOM, CDA, FHIR, text and tables, of about the size asked for
// and the same for the same seed. Pure.
#pragma once

#include <string>

#include "sample/sample.h"

namespace lazaret::sample {

// `type` is no PDF.
std::string make_other_type(Type type, const Recipe& recipe);

}  // namespace lazaret::sample
