// Identifiers: a document's id (UUIDv7), an attempt to store one (random 64 bits), and where their randomness comes
// from.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace lazaret {

// A UUID as 16 bytes. Its order is the order of its text, and for UUIDv7 the order of creation.
class DocumentId {
 public:
  DocumentId() = default;
  explicit DocumentId(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}
  // Lower-case canonical form only, any version; everything else is nullopt: an upper-case id is another resource.
  static std::optional<DocumentId> parse(std::string_view text);
  std::string to_string() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  auto operator<=>(const DocumentId&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// One try at storing one document. Every try writes under an object key of its own.
class AttemptId {
 public:
  AttemptId() = default;
  explicit AttemptId(std::uint64_t value) : value_(value) {}
  static std::optional<AttemptId> parse(std::string_view text);  // 16 lower-case hex digits
  std::string to_string() const;
  std::uint64_t value() const { return value_; }
  auto operator<=>(const AttemptId&) const = default;

 private:
  std::uint64_t value_ = 0;
};

// Thread-safe.
class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
  std::uint64_t next_u64();
};

// The kernel's generator (getrandom). A kernel that cannot answer ends the process: no weak id is ever made.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

// RFC 9562 section 5.7: 48 bits of milliseconds, then randomness.
DocumentId make_document_id(Timestamp now, Random& random);
AttemptId make_attempt_id(Random& random);

}  // namespace lazaret

template <>
struct std::hash<lazaret::DocumentId> {
  std::size_t operator()(const lazaret::DocumentId& id) const noexcept;
};
