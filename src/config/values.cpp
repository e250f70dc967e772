#include "config/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace lazaret::config {
namespace {

using std::chrono::milliseconds;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Digits at the start of `text`, taken off it; nullopt where there are none or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint64_t> multiply(std::uint64_t value, std::uint64_t factor) {
  if (value > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return value * factor;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kSizeUnits{
    {{"", 1}, {"b", 1}, {"kb", 1ULL << 10U}, {"mb", 1ULL << 20U}, {"gb", 1ULL << 30U}}};
constexpr std::array<Unit, 5> kTimeUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

template <std::size_t N>
std::optional<std::uint64_t> scaled(std::uint64_t value, std::string_view unit, const std::array<Unit, N>& units) {
  const std::string wanted = lower(trimmed(unit));
  for (const Unit& known : units) {
    if (known.name == wanted) return multiply(value, known.factor);
  }
  return std::nullopt;
}

std::string show_time(milliseconds time) {
  if (time.count() == 0) return "0";
  for (auto unit = kTimeUnits.rbegin(); unit != kTimeUnits.rend(); ++unit) {
    const auto factor = static_cast<std::int64_t>(unit->factor);
    if (time.count() % factor == 0) return fmt::format("{}{}", time.count() / factor, unit->name);
  }
  return fmt::format("{}ms", time.count());
}

bool is_address(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;  // inet_pton would stop there
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

// host[:port] of a URL.
bool is_authority(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !is_address(std::string(text.substr(1, end - 1)))) return false;
    host = "v6";
    if (end + 1 < text.size()) {
      if (text[end + 1] != ':') return false;
      port = text.substr(end + 2);
      if (port.empty()) return false;
    }
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return false;
  }
  return is_host_name(host) && (port.empty() || parse_count(port, 1, 65'535).has_value());
}

// What follows http:// or https://.
std::optional<std::string_view> after_scheme(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return std::nullopt;
}

}  // namespace

Parsed<bool> parse_truth(std::string_view text) {
  const std::string value = lower(text);
  if (value == "true" || value == "1" || value == "yes" || value == "on") return true;
  if (value == "false" || value == "0" || value == "no" || value == "off") return false;
  return std::unexpected("must be true or false (or on or off)");
}

Parsed<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto fault = [&] { return std::unexpected(fmt::format("must be a whole number from {} to {}", least, most)); };
  const auto value = take_number(text);
  if (!value || !text.empty() || *value < least || *value > most) return fault();
  return *value;
}

Parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto fault = [&] {
    return std::unexpected(fmt::format("must be a size like 52428800 or 50MB, from {} to {} bytes", least, most));
  };
  const auto number = take_number(text);
  if (!number) return fault();
  const auto value = scaled(*number, text, kSizeUnits);
  if (!value || *value < least || *value > most) return fault();
  return *value;
}

Parsed<milliseconds> parse_duration(std::string_view text, milliseconds least, milliseconds most) {
  const auto fault = [&] {
    return std::unexpected(fmt::format("must be a duration like 500ms, 60s, 5m, 12h or 30d, from {} to {}",
                                       show_time(least), show_time(most)));
  };
  const auto number = take_number(text);
  if (!number) return fault();
  const auto value = *number == 0 && text.empty() ? std::optional<std::uint64_t>(0) : scaled(*number, text, kTimeUnits);
  if (!value || *value > static_cast<std::uint64_t>(most.count())) return fault();
  const milliseconds time{static_cast<std::int64_t>(*value)};
  if (time < least) return fault();
  return time;
}

Parsed<std::vector<std::string>> parse_list(std::string_view text) {
  std::vector<std::string> items;
  if (trimmed(text).empty()) return items;
  for (;;) {
    const auto comma = text.find(',');
    const std::string_view item = trimmed(text.substr(0, comma));
    if (item.empty()) return std::unexpected("must be a comma-separated list without empty items");
    items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

Parsed<std::string> parse_host(std::string_view text) {
  if (lower(text) == "localhost") return std::string("127.0.0.1");
  std::string host(text);
  if (!is_address(host)) return std::unexpected("must be a numeric address such as 127.0.0.1, 0.0.0.0 or ::1");
  return host;
}

bool is_loopback(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  const std::string text(address);
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes[0] == 127;
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return false;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](unsigned char byte) { return byte == 0; }) && bytes[15] == 1;
}

Parsed<std::string> parse_clamd_socket(std::string_view text) {
  constexpr std::size_t kLongestPath = 107;  // of a Unix socket
  const auto fault = [] {
    return std::unexpected("must be the path of a Unix socket, or a loopback address and port such as 127.0.0.1:3310");
  };
  if (text.starts_with('/')) return text.size() <= kLongestPath ? Parsed<std::string>(std::string(text)) : fault();
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !parse_count(text.substr(colon + 1), 1, 65'535)) return fault();
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const auto address = parse_host(host);
  if (!address || !is_loopback(*address) || is_bracketed != (address->find(':') != std::string::npos)) return fault();
  return (is_bracketed ? "[" + *address + "]" : *address) + std::string(text.substr(colon));
}

Parsed<std::string> parse_base_url(std::string_view text) {
  const auto fault = [] {
    return std::unexpected("must be a URL like https://documents.example.org, without query, fragment or user");
  };
  const auto rest = after_scheme(text);
  if (!rest || text.find_first_of("?#@\\ \"<>") != std::string_view::npos) return fault();
  if (!std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; })) return fault();
  if (!is_authority(rest->substr(0, rest->find('/')))) return fault();
  std::string url(text);
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

Parsed<std::string> parse_origin(std::string_view text) {
  std::string origin = lower(text);
  const auto rest = after_scheme(origin);
  if (!rest || !is_authority(*rest)) {
    return std::unexpected(
        fmt::format("must be origins like https://app.example.org, comma-separated, without path or *; {} is none",
                    text.substr(0, 80)));
  }
  // Browsers leave the scheme's own port out, so an origin that names it would never match.
  const std::string_view usual_port = origin.starts_with("https:") ? ":443" : ":80";
  if (origin.ends_with(usual_port)) origin.resize(origin.size() - usual_port.size());
  return origin;
}

Parsed<std::string> parse_bucket(std::string_view text) {
  const auto is_end = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_inner = [&](char c) { return is_end(c) || c == '-' || c == '.'; };
  const bool sound = text.size() >= 3 && text.size() <= 63 && std::ranges::all_of(text, is_inner) &&
                     is_end(text.front()) && is_end(text.back()) && text.find("..") == std::string_view::npos &&
                     !is_address(std::string(text));
  if (!sound) return std::unexpected("must be a bucket's name: 3 to 63 of a-z, 0-9, dot and hyphen");
  return std::string(text);
}

Parsed<std::string> parse_table(std::string_view text) {
  constexpr std::size_t kLongest = 255 - std::string_view("-index").size();
  const auto is_inner = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  if (text.size() < 3 || text.size() > kLongest || !std::ranges::all_of(text, is_inner)) {
    return std::unexpected("must be a table's name: 3 to 249 letters, digits, dots, hyphens and underscores");
  }
  return std::string(text);
}

Parsed<std::string> parse_key_id(std::string_view text) {
  const auto is_inner = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-_:/").contains(c);
  };
  if (text.empty() || text.size() > 2048 || !std::ranges::all_of(text, is_inner)) {
    return std::unexpected("must be the id, the alias or the ARN of a KMS key");
  }
  return std::string(text);
}

Parsed<std::string> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const bool v6 = address.find(':') != std::string::npos;
  const bool sound =
      is_address(address) && (slash == std::string_view::npos || parse_count(text.substr(slash + 1), 0, v6 ? 128 : 32));
  if (!sound) return std::unexpected("must be addresses or blocks like 10.0.0.0/8, comma-separated");
  return std::string(text);
}

}  // namespace lazaret::config
