// ListLimits: how much one list request may cost before it gives a short page. The defaults are measured for pages of
// 100 (docs/adr); tests choose others to walk every path with few documents.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lazaret {

struct ListLimits {
  std::size_t rare = 2000;             // documents gathered and sorted rather than walked
  std::size_t merged_streams = 64;     // streams open at once
  std::size_t merged_words = 32;       // words one prefix may stand for
  std::uint64_t page_cost = 20'000;    // index rows looked at for one page
  std::uint64_t count_cost = 200'000;  // and for a total
};

}  // namespace lazaret
