#include "sandbox/types/byte_ranges.h"

#include <algorithm>

namespace lazaret::sandbox {

void ByteRanges::add(std::uint64_t start, std::uint64_t length) {
  if (length == 0) return;
  if (!ranges_.empty() && ranges_.back().end == start) {
    ranges_.back().end += length;
  } else if (ranges_.size() < kMost) {
    ranges_.push_back({start, start + length});
  } else {
    is_full_ = true;
  }
}

std::vector<ByteRange> ByteRanges::gaps(std::uint64_t size) {
  std::ranges::sort(ranges_, {}, &ByteRange::start);
  std::vector<ByteRange> found;
  std::uint64_t at = 0;
  for (const ByteRange& range : ranges_) {
    if (range.start > at) found.push_back({at, std::min(range.start, size)});
    at = std::max(at, range.end);
    if (at >= size) return found;
  }
  found.push_back({at, size});
  return found;
}

}  // namespace lazaret::sandbox
