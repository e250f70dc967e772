#include "base/ids.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/random.h>

#include "base/encoding.h"

namespace lazaret {

std::optional<DocumentId> DocumentId::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  digits.reserve(32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits += text[i];
  }
  std::array<std::uint8_t, 16> bytes{};
  if (!hex_decode(digits, bytes)) return std::nullopt;
  return DocumentId{bytes};
}

std::string DocumentId::to_string() const {
  constexpr std::array<std::size_t, 5> kGroups{8, 4, 4, 4, 12};
  const std::string digits = hex_encode(bytes_);
  std::string text(36, '-');
  std::size_t from = 0;
  std::size_t to = 0;
  for (const std::size_t group : kGroups) {
    digits.copy(&text[to], group, from);
    from += group;
    to += group + 1;
  }
  return text;
}

std::optional<AttemptId> AttemptId::parse(std::string_view text) {
  std::array<std::uint8_t, 8> bytes{};
  if (text.size() != 16 || !hex_decode(text, bytes)) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes)
    value = value << 8U | byte;
  return AttemptId{value};
}

std::string AttemptId::to_string() const {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < 8; ++i)
    bytes[i] = static_cast<std::uint8_t>(value_ >> (56 - 8 * i));
  return hex_encode(bytes);
}

std::uint64_t Random::next_u64() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) std::abort();
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

DocumentId make_document_id(Timestamp now, Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  const auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i)
    bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x70U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  return DocumentId{bytes};
}

AttemptId make_attempt_id(Random& random) {
  return AttemptId{random.next_u64()};
}

}  // namespace lazaret

std::size_t std::hash<lazaret::DocumentId>::operator()(const lazaret::DocumentId& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.bytes().data() + 8, sizeof value);
  return value;
}
