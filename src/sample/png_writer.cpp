#include "sample/png_writer.h"

#include <cstdint>

#include <zlib.h>

#include "sample/pdf_writer.h"

namespace lazaret::sample {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    bytes.push_back(static_cast<char>(value >> shift & 0xFFU));
  return bytes;
}

}  // namespace

std::string png_chunk(std::string_view type, std::string_view data) {
  std::string body(type);
  body.append(data);
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(static_cast<std::uint32_t>(sum));
}

std::string png_header(unsigned width, unsigned height, unsigned bit_depth, unsigned color) {
  std::string data = big_endian(width) + big_endian(height);
  data.push_back(static_cast<char>(bit_depth));
  data.push_back(static_cast<char>(color));
  data.append(3, '\0');  // deflate, the usual filters, not interlaced
  return data;
}

std::string make_png(unsigned width, unsigned height, std::string_view rows) {
  std::string filtered;
  for (unsigned row = 0; row < height; ++row) {
    filtered.push_back('\0');
    filtered.append(rows.substr(std::size_t{row} * width, width));
  }
  std::string file(kPngSignature);
  file += png_chunk("IHDR", png_header(width, height, 8, 0));
  file += png_chunk("IDAT", deflate(filtered, 6));
  return file + png_chunk("IEND", {});
}

}  // namespace lazaret::sample
