#include "sample/dicom_writer.h"

#include <algorithm>
#include <array>

namespace lazaret::sample {
namespace {

template <class Number>
std::string little_endian(Number value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFFU));
  return bytes;
}

bool has_long_length(std::string_view representation) {
  static constexpr std::array<std::string_view, 5> kLong{"OB", "OW", "SQ", "UN", "UT"};
  return std::ranges::find(kLong, representation) != kLong.end();
}

}  // namespace

DicomWriter::DicomWriter(std::string_view sop_class, std::string_view instance, std::string_view transfer_syntax) {
  meta_ = element(0x00020001, "OB", std::string_view("\0\1", 2)) + element(0x00020002, "UI", sop_class) +
          element(0x00020003, "UI", instance) + element(0x00020010, "UI", transfer_syntax) +
          element(0x00020012, "UI", "1.2.826.0.1.3680043.10.1");
}

std::string DicomWriter::element(std::uint32_t tag, std::string_view representation, std::string_view value) {
  std::string padded(value);
  const bool is_bytes = representation == "UI" || representation == "OB" || representation == "UN";
  if (padded.size() % 2 != 0) padded.push_back(is_bytes ? '\0' : ' ');
  std::string bytes = little_endian(static_cast<std::uint16_t>(tag >> 16U)) +
                      little_endian(static_cast<std::uint16_t>(tag & 0xFFFFU)) + std::string(representation);
  if (has_long_length(representation)) {
    bytes += little_endian(std::uint16_t{0}) + little_endian(static_cast<std::uint32_t>(padded.size()));
  } else {
    bytes += little_endian(static_cast<std::uint16_t>(padded.size()));
  }
  return bytes + padded;
}

void DicomWriter::add(std::uint32_t tag, std::string_view representation, std::string_view value) {
  data_ += element(tag, representation, value);
}

void DicomWriter::add_number(std::uint32_t tag, std::uint16_t value) {
  add(tag, "US", little_endian(value));
}

std::string DicomWriter::finish(std::string_view preamble) const {
  std::string file(preamble.substr(0, 128));
  file.resize(128, '\0');
  file += "DICM";
  file += element(0x00020000, "UL", little_endian(static_cast<std::uint32_t>(meta_.size())));
  return file + meta_ + data_;
}

}  // namespace lazaret::sample
