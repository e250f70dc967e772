// AnchorFilter: tells in one quick pass that none of a few words stands in a piece of bytes. What a rule can match
// holds one of the rule's anchors, so most pieces of most documents need not be shown to the engine of rules, which is
// ten times slower and drags its tables into every child.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::sandbox {

class AnchorFilter {
 public:
  static constexpr std::size_t kShortest = 3;  // bytes of an anchor

  // Anchors shorter than kShortest make every piece one that may hold them.
  explicit AnchorFilter(const std::vector<std::string>& anchors);

  // Whether an anchor stands in `bytes`, in upper or lower case, as it is or as UTF-16LE.
  bool may_match(std::string_view bytes) const;
  // Of one piece of a whole, the bytes to be seen again with the next: an anchor could begin among them and not end.
  std::size_t reach() const { return reach_; }

 private:
  void add(std::string folded);
  bool stands_at(std::string_view bytes) const;

  std::vector<std::string> folded_;  // lower case, each also with a zero behind every byte
  std::bitset<1U << 16U> pairs_;     // the first and the second two bytes of each, in either case
  std::bitset<1U << 12U> triples_;   // the first three bytes, in lower case, hashed
  std::size_t reach_ = 0;
  bool knows_all_ = true;
};

}  // namespace lazaret::sandbox
