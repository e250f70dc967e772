// ChunkDecoder: the chunked transfer coding (RFC 9112 section 7.1), pushed in pieces of any size, decoded in place.
// Pure and strict. Extensions and trailers are bounded and dropped: nothing behind the edge may depend on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace lazaret::http {

class ChunkDecoder {
 public:
  struct Step {
    std::size_t payload = 0;   // bytes of body now at the front of what was given
    std::size_t consumed = 0;  // bytes of the coding taken; fewer than given only after its end
  };
  enum class Fault : std::uint8_t { kMalformed };

  // Moves the body's bytes to the front of `raw`. Once done() nothing more is consumed.
  std::expected<Step, Fault> decode(std::span<char> raw);
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeLineFeed,
    kData,
    kDataReturn,
    kDataLineFeed,
    kTrailer,
    kTrailerLineFeed,
    kDone
  };

  bool take(char c);
  bool take_size(char c);
  bool take_trailer(char c);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;        // of the running chunk
  unsigned digits_ = 0;           // of the running size
  std::size_t overhead_ = 0;      // bytes of all extensions and trailers
  std::size_t trailer_line_ = 0;  // bytes of the running trailer line
};

}  // namespace lazaret::http
