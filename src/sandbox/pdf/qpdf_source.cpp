#include "sandbox/pdf/qpdf_source.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace lazaret::sandbox {
namespace {

constexpr qpdf_offset_t kBlock = qpdf_offset_t{16} * 1024;

}  // namespace

const char* QpdfSource::load(size_t& available) {
  if (position_ < block_start_ || position_ >= block_start_ + static_cast<qpdf_offset_t>(block_.size())) {
    // Aligned, so that steps back by a line or a token stay inside.
    block_start_ = position_ - position_ % kBlock;
    block_.resize(kBlock);
    block_.resize(file_.read_at(static_cast<std::uint64_t>(block_start_), block_.data(), block_.size()));
  }
  const auto from = static_cast<size_t>(position_ - block_start_);
  available = from < block_.size() ? block_.size() - from : 0;
  return block_.data() + std::min(from, block_.size());
}

qpdf_offset_t QpdfSource::findAndSkipNextEOL() {
  const auto is_eol = [](char c) { return c == '\n' || c == '\r'; };
  size_t available = 0;
  for (const char* bytes = load(available); available != 0; bytes = load(available)) {
    const char* end = bytes + available;
    const char* hit = std::find_if(bytes, end, is_eol);
    position_ += hit - bytes;
    if (hit == end) continue;
    const qpdf_offset_t result = position_;
    for (const char* after = load(available); available != 0; after = load(available)) {
      if (!is_eol(*after)) break;
      ++position_;
    }
    return result;
  }
  return position_;
}

void QpdfSource::seek(qpdf_offset_t offset, int whence) {
  qpdf_offset_t base = 0;
  if (whence == SEEK_CUR) base = position_;
  if (whence == SEEK_END) base = static_cast<qpdf_offset_t>(file_.size());
  if (offset > std::numeric_limits<qpdf_offset_t>::max() - base || base + offset < 0) {
    throw std::runtime_error("a position before the document's first byte");
  }
  position_ = base + offset;
}

size_t QpdfSource::read(char* buffer, size_t length) {
  last_offset = position_;
  size_t done = 0;
  while (done < length) {
    size_t available = 0;
    const char* bytes = load(available);
    if (available == 0) break;
    const size_t part = std::min(available, length - done);
    std::memcpy(buffer + done, bytes, part);
    done += part;
    position_ += static_cast<qpdf_offset_t>(part);
  }
  return done;
}

void QpdfSource::unreadCh(char) {
  if (position_ > 0) --position_;
}

}  // namespace lazaret::sandbox
