// The checkers of PNG and JPEG: their structure from the first byte to the last, sizes a reader would have to make room
// for, what stands behind the picture's end, and script in what is said about the picture.
#pragma once

#include "sandbox/types/byte_window.h"
#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

void check_png(const CheckTools& tools);
void check_jpeg(const CheckTools& tools);

// Shared with the other checkers of pictures.
struct ImageSize {
  std::uint64_t width = 0;  // pixels
  std::uint64_t height = 0;
  std::uint64_t bit_depth = 0;  // of one sample
  std::uint64_t channels = 0;
};
// Puts it into the facts, and into the findings where it is absurd.
void tell_image_size(const CheckTools& tools, const ImageSize& size);
// What lies behind a file's proper end: another file, or stray bytes. Zeros are padding.
void look_behind(const CheckTools& tools, ByteWindow& window, std::uint64_t end);
// A ZIP end record in the tail of a file that is no archive.
void look_for_archive(const CheckTools& tools);

}  // namespace lazaret::sandbox
