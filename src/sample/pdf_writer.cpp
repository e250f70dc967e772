#include "sample/pdf_writer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

namespace lazaret::sample {
namespace {

// The code points of UTF-8 text that UTF-16 writes as one unit.
std::vector<std::uint32_t> basic_plane(std::string_view utf8) {
  std::vector<std::uint32_t> codes;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<std::uint8_t>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    if (length == 0 || i + length > utf8.size()) {
      ++i;
      continue;
    }
    std::uint32_t code = length == 1 ? lead : lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k)
      code = code << 6U | (static_cast<std::uint8_t>(utf8[i + k]) & 0x3fU);
    if (code <= 0xffff) codes.push_back(code);
    i += length;
  }
  return codes;
}

}  // namespace

std::string ObjectRef::to_string() const {
  return fmt::format("{} 0 R", number);
}

PdfWriter::PdfWriter() : file_("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"), offsets_(1, 0) {}

ObjectRef PdfWriter::reserve() {
  offsets_.push_back(0);
  return ObjectRef{static_cast<std::uint32_t>(offsets_.size() - 1)};
}

void PdfWriter::put(ObjectRef ref, std::string_view body) {
  offsets_.at(ref.number) = file_.size();
  file_ += fmt::format("{} 0 obj\n", ref.number);
  file_ += body;
  file_ += "\nendobj\n";
}

void PdfWriter::put_stream(ObjectRef ref, std::string_view entries, std::string_view data) {
  offsets_.at(ref.number) = file_.size();
  file_ += fmt::format("{} 0 obj\n<< {} /Length {} >>\nstream\n", ref.number, entries, data.size());
  file_ += data;
  file_ += "\nendstream\nendobj\n";
}

ObjectRef PdfWriter::add(std::string_view body) {
  const ObjectRef ref = reserve();
  put(ref, body);
  return ref;
}

ObjectRef PdfWriter::add_stream(std::string_view entries, std::string_view data) {
  const ObjectRef ref = reserve();
  put_stream(ref, entries, data);
  return ref;
}

std::string PdfWriter::finish(ObjectRef root, ObjectRef info, std::string_view id) && {
  const std::size_t xref = file_.size();
  file_ += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets_.size());
  for (std::size_t number = 1; number < offsets_.size(); ++number)
    file_ += fmt::format("{:010} 00000 n \n", offsets_[number]);
  file_ += fmt::format("trailer\n<< /Size {} /Root {} /Info {} /ID [<{}> <{}>] >>\nstartxref\n{}\n%%EOF\n",
                       offsets_.size(), root.to_string(), info.to_string(), id, id, xref);
  return std::move(file_);
}

std::string deflate(std::string_view bytes, int level) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  // compress2 fails only for too little room or memory; compressBound has given the room.
  const int outcome = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), level);
  if (outcome != Z_OK) throw std::bad_alloc();
  packed.resize(size);
  return packed;
}

std::string literal_string(std::string_view ascii) {
  std::string text = "(";
  for (const char c : ascii) {
    if (c == '(' || c == ')' || c == '\\') text += '\\';
    text += c;
  }
  return text + ')';
}

std::string utf16_hex_string(std::string_view utf8) {
  std::string text = "<";
  for (const std::uint32_t code : basic_plane(utf8))
    text += fmt::format("{:04X}", code);
  return text + '>';
}

std::string text_string(std::string_view utf8) {
  if (std::ranges::all_of(utf8, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return literal_string(utf8);
  return "<FEFF" + utf16_hex_string(utf8).substr(1);
}

}  // namespace lazaret::sample
