// The checker of DICOM: preamble, meta header and the data set walked element by element, without any of its text.
// Patients' tags are stepped over unread. A preamble may make the file a TIFF as well, as microscopes do; a program
// there is an attack.
#pragma once

#include <cstddef>

#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

// Where "DICM" stands.
inline constexpr std::size_t kDicomPreamble = 128;

void check_dicom(const CheckTools& tools);

}  // namespace lazaret::sandbox
