// The headers of pictures that stand in a PDF as a codec wrote them, checked for sense: what decoders took on trust and
// were broken by. A picture that is merely damaged is none of it. Pure. Plain C++17, for the room of libqpdf.
#pragma once

#include <cstdint>
#include <string_view>

namespace lazaret::sandbox {

// Of any picture, in bytes once decoded; a larger one is a bomb.
inline constexpr double kLargestImage = 4.0 * (1ULL << 30U);

struct ImageSense {
  bool is_absurd = false;    // values that no encoder writes
  double decoded_bytes = 0;  // by the codec's own header; 0: not known
};

// `bytes` is the beginning of the data, a few kilobytes at least where there are so many; `size` the whole of it.
ImageSense sense_of_jbig2(std::string_view bytes, std::uint64_t size);
ImageSense sense_of_jpx(std::string_view bytes);
ImageSense sense_of_dct(std::string_view bytes);

}  // namespace lazaret::sandbox
