// IP addresses and networks as values, and which of the addresses a request passed through is its client. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace lazaret::http {

// IPv4 is kept as the IPv6 address that maps it (::ffff:a.b.c.d), so 127.0.0.1 and ::ffff:127.0.0.1 are one.
class IpAddress {
 public:
  static std::optional<IpAddress> parse(std::string_view text);
  bool is_loopback() const;
  bool is_v4() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string to_string() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

class Network {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or one address. Bits set beyond the prefix are refused.
  static std::optional<Network> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  unsigned prefix_ = 128;
};

// TRUSTED_PROXIES; every entry that cannot be read is a kInvalidParameter fault.
Result<std::vector<Network>> parse_networks(const std::vector<std::string>& texts);

// Where a request comes from: the peer, unless the peer is a trusted proxy; then the right-most address of
// X-Forwarded-For that is no trusted proxy. An entry that is no address ends the walk at the hop before it.
std::string client_address(std::string_view peer, const Headers& headers, const std::vector<Network>& trusted);

// What the rate limit counts by: the address, or its /64 where it is IPv6, of which one household owns a whole.
std::string rate_limit_subject(std::string_view client);

// ":8000"
bool is_port(std::string_view text);

}  // namespace lazaret::http
