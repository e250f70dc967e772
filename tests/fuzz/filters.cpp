// The decoding filters: up to four of them, chosen by the first bytes, over the rest, in pieces of odd sizes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "sandbox/pdf/filter_chain.h"

namespace {

class Counter final : public lazaret::sandbox::ByteSink {
 public:
  bool write(const char*, std::size_t length) override {
    made += length;
    return true;
  }
  std::uint64_t made = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret::sandbox;
  constexpr std::uint64_t kCap = 1 << 20;
  constexpr std::uint64_t kOvershoot = 1 << 16;  // the last block before a stage is stopped
  if (size < 3) return 0;
  std::vector<FilterSpec> specs;
  for (std::size_t i = 0; i < 1U + (data[0] & 3U); ++i) {
    specs.push_back({.kind = static_cast<FilterKind>((data[1] >> i) % 6),
                     .predictor = (data[2] & 1U) != 0 ? 10 + data[2] % 6 : data[2] % 3,
                     .columns = data[2],
                     .colors = 1 + data[1] % 5,
                     .bits = 8,
                     .early_change = (data[0] & 4U) != 0});
  }
  static Inflater inflater;
  Counter counter;
  FilterChain chain(specs, inflater, kCap, counter);
  const auto* bytes = reinterpret_cast<const char*>(data + 3);
  const std::size_t piece = 1U + data[0];
  std::size_t left = size - 3;
  while (left > 0 && chain.write(bytes, std::min(piece, left))) {
    bytes += std::min(piece, left);
    left -= std::min(piece, left);
  }
  chain.finish();
  if (counter.made > kCap + kOvershoot) std::abort();
  return 0;
}
