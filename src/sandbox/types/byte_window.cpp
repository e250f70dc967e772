#include "sandbox/types/byte_window.h"

#include <algorithm>

namespace lazaret::sandbox {

std::string_view ByteWindow::at(std::uint64_t offset, std::size_t length) {
  if (!holds(offset, 1)) return {};
  length = std::min(length, kBlock);
  const bool is_here = offset >= start_ && offset - start_ + length <= block_.size();
  if (!is_here) {
    block_.resize(kBlock);
    block_.resize(file_.read_at(offset, block_.data(), block_.size()));
    start_ = offset;
  }
  return std::string_view(block_).substr(static_cast<std::size_t>(offset - start_), length);
}

bool ByteWindow::pour(std::uint64_t offset, std::uint64_t length, ByteSink& sink) {
  while (length != 0) {
    const std::string_view piece = at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(length, kBlock)));
    if (piece.empty()) return true;
    if (!sink.write(piece.data(), piece.size())) return false;
    offset += piece.size();
    length -= piece.size();
  }
  return true;
}

}  // namespace lazaret::sandbox
