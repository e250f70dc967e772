// The chunked coding: however the bytes are cut, the body, its end and its faults are the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/edge/chunked.h"

namespace {

struct Outcome {
  std::string body;
  std::size_t consumed = 0;
  bool done = false;
  bool malformed = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string bytes, std::size_t piece) {
  lazaret::http::ChunkDecoder decoder;
  Outcome outcome;
  for (std::span<char> rest(bytes); !rest.empty() && !decoder.done();) {
    const std::span<char> now = rest.first(std::min(piece, rest.size()));
    const auto step = decoder.decode(now);
    if (!step) return {.body = {}, .malformed = true};
    if (step->payload > step->consumed || step->consumed > now.size()) std::abort();
    if (step->consumed < now.size() && !decoder.done()) std::abort();
    outcome.body.append(now.data(), step->payload);
    outcome.consumed += step->consumed;
    rest = rest.subspan(now.size());
  }
  outcome.done = decoder.done();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = decode(bytes, size + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{16}}) {
    if (decode(bytes, piece) != whole) std::abort();
  }
  return 0;
}
