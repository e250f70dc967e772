// PNG files in memory, chunk by chunk. Pure.
#pragma once

#include <string>
#include <string_view>

namespace lazaret::sample {

inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1A\n";

// Length, type, data and checksum. `type` has four letters.
std::string png_chunk(std::string_view type, std::string_view data);
// The data of an IHDR chunk.
std::string png_header(unsigned width, unsigned height, unsigned bit_depth, unsigned color);
// A whole picture of eight-bit grey; `rows` holds width * height bytes.
std::string make_png(unsigned width, unsigned height, std::string_view rows);

}  // namespace lazaret::sample
