// ByteWindow: a file's bytes at hand, for parsers that step from one small header to the next. Holds one block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

class ByteWindow {
 public:
  static constexpr std::size_t kBlock = std::size_t{16} * 1024;

  explicit ByteWindow(const FileReader& file) : file_(file) {}
  std::uint64_t size() const { return file_.size(); }
  // `length` bytes from `offset`, at most kBlock; fewer only at the end of the file. Good until the next call.
  std::string_view at(std::uint64_t offset, std::size_t length);
  // Whether `length` bytes lie in the file from `offset`.
  bool holds(std::uint64_t offset, std::uint64_t length) const { return offset <= size() && length <= size() - offset; }
  // Hands a range to `sink` in pieces; false where it wants no more.
  bool pour(std::uint64_t offset, std::uint64_t length, ByteSink& sink);

 private:
  const FileReader& file_;
  std::string block_;
  std::uint64_t start_ = 0;
};

// Whole numbers of formats that were made on big and on little machines; `bytes` is long enough.
inline std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4))
    value = (value << 8U) | static_cast<unsigned char>(c);
  return value;
}
inline std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size() < 4 ? bytes.size() : 4; i > 0; --i)
    value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

}  // namespace lazaret::sandbox
