// Secure links: /api/documents/{id}/content?expires=<unix seconds>&signature=<43 of base64url>, good without any other
// credential until they expire. Pure; the key is derived from SECRET_KEY.
//
// The signature is two 16-byte MACs. The first binds id and expiry, so a forged or expired link is turned away before
// any store is asked (and says nothing about which documents exist); the second binds the checksum of the bytes too,
// so a link never serves other bytes than those it was made for.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/secret.h"

namespace lazaret::http {

inline constexpr std::chrono::seconds kDefaultLinkLifetime = std::chrono::minutes(15);
inline constexpr std::chrono::seconds kMaxLinkLifetime = std::chrono::days(7);

// A key for one purpose, so that a signature made for one is worth nothing for another.
Secret derive_key(const Secret& secret_key, std::string_view purpose);

// A link whose first half held: what is left to compare once the document is known.
struct OpenLink {
  std::int64_t expires = 0;
  std::string checksum_mac;  // 16 bytes
};

enum class LinkFault : std::uint8_t { kInvalid, kExpired };

class LinkSigner {
 public:
  explicit LinkSigner(const Secret& secret_key) : key_(derive_key(secret_key, "link")) {}

  // Path and query, from the root.
  std::string sign(const DocumentId& id, const Digest& checksum, std::chrono::sys_seconds expires) const;
  // Whether a content request's query means to be a link at all.
  static bool is_link(std::string_view query);
  // `query` is exactly the two parameters as sign() writes them.
  std::expected<OpenLink, LinkFault> open(const DocumentId& id, std::string_view query, Timestamp now) const;
  bool fits(const OpenLink& link, const DocumentId& id, const Digest& checksum) const;

 private:
  std::string id_mac(const DocumentId& id, std::int64_t expires) const;
  std::string checksum_mac(const DocumentId& id, std::int64_t expires, const Digest& checksum) const;

  Secret key_;
};

}  // namespace lazaret::http
