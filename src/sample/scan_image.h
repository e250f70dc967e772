// Pictures that look like a scanned page: paper, lines of words, and the noise of a scanner, in about as many bytes
// as asked for. Pure functions of their arguments.
#pragma once

#include <cstdint>
#include <string>

#include "sample/seeded_random.h"

namespace lazaret::sample {

struct ScanImage {
  std::string data;
  int width = 0;   // pixels
  int height = 0;  // pixels
};

// A valid baseline JPEG (8-bit grey) of an upright page. At least about 600 bytes; at most 3 MB, asked-for sizes
// beyond are cut: a scanner makes one page of it, not a bigger one.
ScanImage make_scan_jpeg(std::uint64_t bytes, SeededRandom& random);

// Raw 8-bit grey rows of a strip of such a page. Deflated they shrink to a little less than half.
std::string make_scan_rows(int width, int rows, SeededRandom& random);

}  // namespace lazaret::sample
