// SeededRandom: the same numbers for the same seed, on every machine and every run (splitmix64). For samples and
// benchmarks; never for ids, keys or signatures, which take base/ids.h. Not thread-safe; copied freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lazaret::sample {

class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  // A generator of its own for the thing called `stream`, so that files do not depend on their neighbours.
  static SeededRandom derive(std::uint64_t seed, std::uint64_t stream) {
    return SeededRandom(SeededRandom(seed ^ (stream + 1) * 0xd1342543de82ef95U).next());
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31U;
  }

  // 0 <= result < bound; bound is at least 1. The bias is below 2^-40 for the bounds used here.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  int between(int low, int high) { return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1)); }

 private:
  std::uint64_t state_;
};

}  // namespace lazaret::sample
