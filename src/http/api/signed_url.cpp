#include "http/api/signed_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encoding.h"

namespace lazaret::http {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::string_view kExpires = "expires=";
constexpr std::string_view kSignature = "&signature=";

std::string short_mac(const Secret& key, const std::string& text) {
  const Digest mac = hmac_sha256(key, text);
  return {reinterpret_cast<const char*>(mac.bytes().data()), kMacBytes};
}

bool has_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.substr(0, pair.find('=')) == name) return true;
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return false;
}

// Decimal without sign or leading zeros: one text for one link.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  if (std::to_string(value) != text) return std::nullopt;
  return value;
}

}  // namespace

Secret derive_key(const Secret& secret_key, std::string_view purpose) {
  const Digest mac = hmac_sha256(secret_key, "lazaret/v1/" + std::string(purpose));
  return Secret(std::string(reinterpret_cast<const char*>(mac.bytes().data()), mac.bytes().size()));
}

std::string LinkSigner::id_mac(const DocumentId& id, std::int64_t expires) const {
  return short_mac(key_, "id\n" + id.to_string() + "\n" + std::to_string(expires));
}

std::string LinkSigner::checksum_mac(const DocumentId& id, std::int64_t expires, const Digest& checksum) const {
  return short_mac(key_, "bytes\n" + id.to_string() + "\n" + std::to_string(expires) + "\n" + checksum.to_string());
}

std::string LinkSigner::sign(const DocumentId& id, const Digest& checksum, std::chrono::sys_seconds expires) const {
  const std::int64_t seconds = expires.time_since_epoch().count();
  const std::string signature = base64url_encode(id_mac(id, seconds) + checksum_mac(id, seconds, checksum));
  return "/api/documents/" + id.to_string() + "/content?" + std::string(kExpires) + std::to_string(seconds) +
         std::string(kSignature) + signature;
}

bool LinkSigner::is_link(std::string_view query) {
  return has_parameter(query, "signature") || has_parameter(query, "expires");
}

std::expected<OpenLink, LinkFault> LinkSigner::open(const DocumentId& id, std::string_view query, Timestamp now) const {
  const std::size_t middle = query.find(kSignature);
  if (!query.starts_with(kExpires) || middle == std::string_view::npos) return std::unexpected(LinkFault::kInvalid);
  const auto expires = parse_seconds(query.substr(kExpires.size(), middle - kExpires.size()));
  const auto signature = base64url_decode(query.substr(middle + kSignature.size()));
  if (!expires || !signature || signature->size() != 2 * kMacBytes) return std::unexpected(LinkFault::kInvalid);
  if (!equal_in_constant_time(signature->substr(0, kMacBytes), id_mac(id, *expires))) {
    return std::unexpected(LinkFault::kInvalid);
  }
  if (std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() >= *expires) {
    return std::unexpected(LinkFault::kExpired);
  }
  return OpenLink{*expires, signature->substr(kMacBytes)};
}

bool LinkSigner::fits(const OpenLink& link, const DocumentId& id, const Digest& checksum) const {
  return equal_in_constant_time(link.checksum_mac, checksum_mac(id, link.expires, checksum));
}

}  // namespace lazaret::http
