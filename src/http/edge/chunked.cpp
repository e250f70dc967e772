#include "http/edge/chunked.h"

#include <algorithm>
#include <cstring>

namespace lazaret::http {
namespace {

constexpr unsigned kMaxDigits = 15;  // 60 bits: no sum with one can overflow
constexpr std::size_t kMaxOverhead = 8 * 1024;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

std::expected<ChunkDecoder::Step, ChunkDecoder::Fault> ChunkDecoder::decode(std::span<char> raw) {
  Step step;
  while (step.consumed < raw.size() && state_ != State::kDone) {
    if (state_ != State::kData) {
      if (!take(raw[step.consumed++])) return std::unexpected(Fault::kMalformed);
      continue;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size() - step.consumed));
    std::memmove(raw.data() + step.payload, raw.data() + step.consumed, size);
    step.payload += size;
    step.consumed += size;
    left_ -= size;
    if (left_ == 0) state_ = State::kDataReturn;
  }
  return step;
}

bool ChunkDecoder::take(char c) {
  switch (state_) {
    case State::kSize:
      return take_size(c);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLineFeed;
        return true;
      }
      return is_text(c) && ++overhead_ <= kMaxOverhead;
    case State::kSizeLineFeed:
      digits_ = 0;
      trailer_line_ = 0;
      state_ = left_ == 0 ? State::kTrailer : State::kData;
      return c == '\n';
    case State::kDataReturn:
      state_ = State::kDataLineFeed;
      return c == '\r';
    case State::kDataLineFeed:
      state_ = State::kSize;
      return c == '\n';
    case State::kTrailer:
      return take_trailer(c);
    case State::kTrailerLineFeed:
      state_ = trailer_line_ == 0 ? State::kDone : State::kTrailer;
      trailer_line_ = 0;
      return c == '\n';
    case State::kData:
    case State::kDone:
      break;
  }
  return false;
}

bool ChunkDecoder::take_size(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0) {
    left_ = left_ * 16 + static_cast<unsigned>(digit);
    return ++digits_ <= kMaxDigits;
  }
  if (digits_ == 0) return false;
  state_ = c == ';' ? State::kExtension : State::kSizeLineFeed;
  return c == ';' || c == '\r';
}

bool ChunkDecoder::take_trailer(char c) {
  if (c == '\r') {
    state_ = State::kTrailerLineFeed;
    return true;
  }
  const bool folded = trailer_line_ == 0 && (c == ' ' || c == '\t');
  ++trailer_line_;
  return !folded && is_text(c) && ++overhead_ <= kMaxOverhead;
}

}  // namespace lazaret::http
