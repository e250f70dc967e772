// Encoder and Decoder: numbers and short texts as bytes, little-endian, for messages between the server and its
// inspector. The decoder treats its bytes as hostile: it never reads past the end, and one fault spoils the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace lazaret::inspect {

class Encoder {
 public:
  template <class Integer>
  void number(Integer value) {
    auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
      bytes_.push_back(static_cast<char>(bits & 0xFFU));
      bits = static_cast<decltype(bits)>(static_cast<std::uint64_t>(bits) >> 8U);
    }
  }
  // Precondition: at most 65,535 bytes.
  void text(std::string_view value) {
    number(static_cast<std::uint16_t>(value.size()));
    bytes_.append(value);
  }
  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  // Zero once anything was wrong.
  template <class Integer>
  Integer number() {
    if (!sound_ || rest_.size() < sizeof(Integer)) return spoil<Integer>();
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
      bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(sizeof(Integer));
    return static_cast<Integer>(bits);
  }

  template <class Integer>
  Integer number_within(Integer low, Integer high) {
    const auto value = number<Integer>();
    if (sound_ && (value < low || value > high)) return spoil<Integer>();
    return value;
  }

  std::string text(std::size_t longest) {
    const std::size_t size = number<std::uint16_t>();
    if (!sound_ || size > longest || size > rest_.size()) return spoil<std::string>();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }

  bool sound() const { return sound_; }
  std::size_t left() const { return rest_.size(); }
  // Everything was there, and nothing else.
  bool finished() const { return sound_ && rest_.empty(); }

 private:
  template <class Value>
  Value spoil() {
    sound_ = false;
    return Value{};
  }

  std::string_view rest_;
  bool sound_ = true;
};

}  // namespace lazaret::inspect
