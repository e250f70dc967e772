#include "http/api/address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace lazaret::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;
constexpr std::size_t kMaxForwardedHops = 64;

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

// "1.2.3.4:5678" and "[::1]:80" are seen in the wild; the port says nothing.
std::optional<IpAddress> parse_hop(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return IpAddress::parse(text.substr(1, end - 1));
  }
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return IpAddress::parse(text);
}

bool is_trusted(const IpAddress& address, const std::vector<Network>& trusted) {
  return std::ranges::any_of(trusted, [&](const Network& network) { return network.contains(address); });
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string zero_ended(text);
  IpAddress address;
  if (::inet_pton(AF_INET6, zero_ended.c_str(), address.bytes_.data()) == 1) return address;
  if (::inet_pton(AF_INET, zero_ended.c_str(), address.bytes_.data() + kMappedPrefix.size()) != 1) return std::nullopt;
  std::ranges::copy(kMappedPrefix, address.bytes_.begin());
  return address;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && bytes_[15] == 1;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes_.data() + (v4 ? kMappedPrefix.size() : 0), text.data(), text.size());
  return text.data();
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  Network network;
  network.base_ = *base;
  if (slash == std::string_view::npos) return network;
  const unsigned offset = base->is_v4() ? kMappedBits : 0;
  const std::optional<unsigned> prefix = parse_number(text.substr(slash + 1), 128 - offset);
  if (!prefix) return std::nullopt;
  network.prefix_ = *prefix + offset;
  for (unsigned bit = network.prefix_; bit < 128; ++bit) {
    if ((base->bytes()[bit / 8] >> (7 - bit % 8) & 1U) != 0) return std::nullopt;
  }
  return network;
}

bool Network::contains(const IpAddress& address) const {
  const unsigned whole = prefix_ / 8;
  const unsigned rest = prefix_ % 8;
  if (!std::equal(base_.bytes().begin(), base_.bytes().begin() + whole, address.bytes().begin())) return false;
  if (rest == 0) return true;
  return (base_.bytes()[whole] ^ address.bytes()[whole]) >> (8 - rest) == 0;
}

Result<std::vector<Network>> parse_networks(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  std::vector<Fault> faults;
  for (const std::string& text : texts) {
    if (const std::optional<Network> network = Network::parse(text)) {
      networks.push_back(*network);
    } else {
      faults.push_back({"TRUSTED_PROXIES", "invalid", "`" + text + "` is no address and no network like 10.0.0.0/8."});
    }
  }
  if (!faults.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults));
  return networks;
}

std::string client_address(std::string_view peer, const Headers& headers, const std::vector<Network>& trusted) {
  std::optional<IpAddress> client = IpAddress::parse(peer);
  if (!client) return std::string(peer);
  std::string forwarded;
  for (const auto& [name, value] : headers.fields()) {
    if (equal_ignoring_case(name, "X-Forwarded-For")) forwarded += (forwarded.empty() ? "" : ",") + value;
  }
  std::string_view rest = forwarded;
  for (std::size_t hops = 0; hops < kMaxForwardedHops && !rest.empty() && is_trusted(*client, trusted); ++hops) {
    const std::size_t comma = rest.rfind(',');
    const std::size_t start = comma == std::string_view::npos ? 0 : comma + 1;
    const std::optional<IpAddress> hop = parse_hop(trim(rest.substr(start)));
    if (!hop) break;
    client = hop;
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
  }
  return client->to_string();
}

std::string rate_limit_subject(std::string_view client) {
  const std::optional<IpAddress> address = IpAddress::parse(client);
  if (!address || address->is_v4()) return std::string(client);
  return std::string(reinterpret_cast<const char*>(address->bytes().data()), 8) + "/64";
}

bool is_port(std::string_view text) {
  return text.starts_with(':') && text.size() <= 6 && parse_number(text.substr(1), 65535).has_value();
}

}  // namespace lazaret::http
