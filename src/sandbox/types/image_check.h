// The checkers of PNG, JPEG and TIFF: their structure from the first byte to the last, sizes a reader would have to
// make room for, what stands behind the picture's end, and script in what is said about the picture.
#pragma once

#include "sandbox/types/byte_ranges.h"
#include "sandbox/types/byte_window.h"
#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

void check_png(const CheckTools& tools);
void check_jpeg(const CheckTools& tools);
void check_tiff(const CheckTools& tools);

// Shared with the other checkers of pictures.
struct ImageSize {
  std::uint64_t width = 0;  // pixels
  std::uint64_t height = 0;
  std::uint64_t bit_depth = 0;  // of one sample
  std::uint64_t channels = 0;
};
// Whether it unpacks to more than any reader should have to make room for.
bool is_too_large(const ImageSize& size);
// Puts it into the facts, and into the findings where it is absurd.
void tell_image_size(const CheckTools& tools, const ImageSize& size);
// Marks of script in what is said about a picture.
void look_for_script(const CheckTools& tools, ByteWindow& window, const ByteRange& range);
// Whether another file begins in the first bytes of `range`, a JPEG aside: those are previews.
bool holds_other_file(ByteWindow& window, const ByteRange& range);
// What lies behind a file's proper end: another file, or stray bytes. Zeros are padding.
void look_behind(const CheckTools& tools, ByteWindow& window, std::uint64_t end);
// A ZIP end record in the tail of a file that is no archive.
void look_for_archive(const CheckTools& tools);

}  // namespace lazaret::sandbox
