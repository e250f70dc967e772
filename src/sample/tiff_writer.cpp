#include "sample/tiff_writer.h"

#include <algorithm>

#include "sample/pdf_writer.h"

namespace lazaret::sample {
namespace {

constexpr unsigned kAscii = 2;
constexpr unsigned kLong = 4;
constexpr unsigned kLong8 = 16;
constexpr unsigned kRowsPerStrip = 64;
constexpr unsigned kDeflate = 8;

}  // namespace

TiffWriter::TiffWriter(TiffForm form)
    : is_big_endian_(form == TiffForm::kBig || form == TiffForm::kBig64),
      is_big_(form == TiffForm::kLittle64 || form == TiffForm::kBig64),
      file_(is_big_endian_ ? "MM" : "II") {
  file_ += number(is_big_ ? 43 : 42, 2);
  if (is_big_) file_ += number(8, 2) + number(0, 2);
  link_ = file_.size();
  file_ += number(0, word());
}

std::string TiffWriter::number(std::uint64_t value, unsigned bytes) const {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(value & 0xFFU));
    value >>= 8U;
  }
  if (is_big_endian_) std::ranges::reverse(text);
  return text;
}

std::uint64_t TiffWriter::put(std::string_view bytes) {
  file_.append(file_.size() % 2, '\0');
  const std::uint64_t place = file_.size();
  file_.append(bytes);
  return place;
}

std::string TiffWriter::value_of(const TiffField& field) const {
  if (field.numbers.empty()) return field.text + '\0';
  std::string value;
  for (const std::uint64_t one : field.numbers)
    value += number(one, word());
  return value;
}

std::uint64_t TiffWriter::put_directory(const std::vector<TiffField>& fields, Place place) {
  std::string entries = number(fields.size(), is_big_ ? 8 : 2);
  for (const TiffField& field : fields) {
    std::string value = value_of(field);
    const std::uint64_t count = field.numbers.empty() ? value.size() : field.numbers.size();
    if (value.size() > word()) value = number(put(value), word());
    value.resize(word(), '\0');
    entries += number(field.tag, 2) +
               number(field.numbers.empty() ? kAscii
                      : is_big_             ? kLong8
                                            : kLong,
                      2) +
               number(count, word()) + value;
  }
  const std::uint64_t offset = put(entries + number(0, word()));
  if (place == Place::kLoose) return offset;
  file_.replace(link_, word(), number(offset, word()));
  link_ = file_.size() - word();
  return offset;
}

std::vector<TiffField> grey_picture(std::uint64_t width, std::uint64_t height, std::uint64_t strip, std::uint64_t bytes,
                                    unsigned compression) {
  return {{256, {width}, {}}, {257, {height}, {}},        {258, {8}, {}}, {259, {compression}, {}},
          {262, {1}, {}},     {273, {strip}, {}},         {277, {1}, {}}, {278, {height}, {}},
          {279, {bytes}, {}}, {305, {}, "lazaret sample"}};
}

std::string make_tiff(unsigned width, unsigned height, std::string_view rows) {
  TiffWriter writer;
  std::vector<TiffField> fields = grey_picture(width, height, 0, 0, kDeflate);
  fields[5].numbers.clear();
  fields[7].numbers = {kRowsPerStrip};
  fields[8].numbers.clear();
  for (unsigned row = 0; row < height; row += kRowsPerStrip) {
    const std::string strip = deflate(rows.substr(std::size_t{row} * width, std::size_t{kRowsPerStrip} * width), 6);
    fields[5].numbers.push_back(writer.put(strip));
    fields[8].numbers.push_back(strip.size());
  }
  writer.put_directory(fields);
  return writer.finish();
}

}  // namespace lazaret::sample
