#include "sandbox/types/base64_look.h"

#include <algorithm>
#include <array>

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kLeastBytes = 16;  // less is no file
constexpr std::size_t kPiece = 4096;

constexpr signed char kNone = -1;
constexpr signed char kBlank = -2;
constexpr signed char kPadding = -3;

constexpr std::array<signed char, 256> make_values() {
  std::array<signed char, 256> values{};
  values.fill(kNone);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
  for (const char blank : {' ', '\t', '\r', '\n'})
    values[static_cast<unsigned char>(blank)] = kBlank;
  values['='] = kPadding;
  return values;
}
constexpr auto kValues = make_values();

}  // namespace

void Base64Look::begin(const Spot& spot) {
  spot_ = spot;
  bytes_.clear();
  bits_ = 0;
  held_ = 0;
  is_sound_ = true;
  is_padded_ = false;
  is_whole_ = true;
  search_.begin(spot);
}

void Base64Look::feed(std::string_view text) {
  std::array<char, kPiece> piece{};
  std::size_t made = 0;
  for (const char c : text) {
    const signed char value = kValues.at(static_cast<unsigned char>(c));
    if (value == kBlank) continue;
    if (value == kPadding) {
      is_padded_ = true;
      continue;
    }
    is_sound_ = is_sound_ && value != kNone && !is_padded_;
    if (!is_sound_) return;
    bits_ = (bits_ << 6U) | static_cast<std::uint32_t>(value);
    held_ += 6;
    if (held_ < 8) continue;
    held_ -= 8;
    piece.at(made++) = static_cast<char>((bits_ >> static_cast<unsigned>(held_)) & 0xFFU);
    if (made < piece.size()) continue;
    take({piece.data(), made});
    made = 0;
  }
  take({piece.data(), made});
}

void Base64Look::take(std::string_view bytes) {
  search_.feed(bytes);
  const std::size_t room = kMostNestedBytes - bytes_.size();
  bytes_.append(bytes.substr(0, room));
  is_whole_ = is_whole_ && bytes.size() <= room;
}

void Base64Look::end() {
  if (is_sound_ && bytes_.size() >= kLeastBytes) {
    ++files_;
    nested_.judge(bytes_, is_whole_, spot_);
  }
  bytes_ = std::string();
}

}  // namespace lazaret::sandbox
