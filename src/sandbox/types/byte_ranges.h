// ByteRanges: which bytes of a file a format's own structures lead to, so that what none of them leads to can be looked
// at. Bounded: neighbours become one range, and a file in more pieces than kMost is told as such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lazaret::sandbox {

struct ByteRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

class ByteRanges {
 public:
  static constexpr std::size_t kMost = 1'000'000;

  void add(std::uint64_t start, std::uint64_t length);
  bool is_full() const { return is_full_; }
  // The ranges of [0, size) that were not added, in order.
  std::vector<ByteRange> gaps(std::uint64_t size);

 private:
  std::vector<ByteRange> ranges_;
  bool is_full_ = false;
};

}  // namespace lazaret::sandbox
