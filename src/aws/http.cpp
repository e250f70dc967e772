#include "aws/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <arpa/inet.h>

namespace lazaret::aws {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kMaxHostBytes = 253;

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHostBytes && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

bool is_bracketed_v6(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() > 48) return false;
  std::array<unsigned char, 16> bytes{};
  const std::string inner(text.substr(1, text.size() - 2));
  return inner.find('\0') == std::string::npos && inet_pton(AF_INET6, inner.c_str(), bytes.data()) == 1;
}

// Characters that percent-encoding leaves alone, so that a base path means the same before and after it.
bool is_plain_path(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPut:
      return "PUT";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
  }
  return "GET";
}

std::string Endpoint::authority() const {
  return port == 0 ? host : host + ":" + std::to_string(port);
}

std::optional<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  for (const std::string_view scheme : {"http", "https"}) {
    const std::string start = std::string(scheme) + "://";
    if (!url.starts_with(start)) continue;
    endpoint.scheme = scheme;
    url.remove_prefix(start.size());
    break;
  }
  if (endpoint.scheme.empty()) return std::nullopt;

  const std::string_view authority = url.substr(0, url.find('/'));
  std::string_view path = url.substr(authority.size());
  while (path.ends_with('/'))
    path.remove_suffix(1);
  if (!is_plain_path(path)) return std::nullopt;
  endpoint.base_path = path;

  // A colon after the bracket of an IPv6 address, if there is one, begins the port.
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (!is_host_name(host) && !is_bracketed_v6(host)) return std::nullopt;
  endpoint.host = host;
  std::ranges::transform(endpoint.host, endpoint.host.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (colon == std::string_view::npos) return endpoint;

  const auto port = parse_port(authority.substr(colon + 1));
  if (!port) return std::nullopt;
  endpoint.port = *port == (endpoint.scheme == "https" ? kHttpsPort : kHttpPort) ? std::uint16_t{0} : *port;
  return endpoint;
}

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &Header::name);
  return found == headers.end() ? std::string_view{} : std::string_view(found->value);
}

}  // namespace lazaret::aws
