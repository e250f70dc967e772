// SHA-256, HMAC-SHA-256 and MD5 (OpenSSL), and comparison in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace lazaret {

class Digest {
 public:
  Digest() = default;
  explicit Digest(std::array<std::uint8_t, 32> bytes) : bytes_(bytes) {}
  static std::optional<Digest> parse(std::string_view text);  // 64 hex digits, either case
  std::string to_string() const;                              // lower case
  const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }
  auto operator<=>(const Digest&) const = default;

 private:
  std::array<std::uint8_t, 32> bytes_{};
};

// Bytes in, digest out. Not thread-safe; moved freely.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  Digest finish();  // once; the object is spent afterwards

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest sha256(std::string_view text);
// For protocols that ask for it (Content-MD5); it protects nothing.
std::array<std::uint8_t, 16> md5(std::string_view text);
Digest hmac_sha256(const Secret& key, std::string_view text);
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace lazaret
