#include "http/edge/head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>

namespace lazaret::http {
namespace {

namespace beast = boost::beast;

// Room for the longest method and the version beside the target.
constexpr std::size_t kRequestLineOverhead = 32;

constexpr std::array<std::string_view, 9> kKnownMethods{"GET",    "HEAD",    "POST",  "PUT",    "PATCH",
                                                        "DELETE", "OPTIONS", "TRACE", "CONNECT"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// Beast's parser, its events written straight into a RequestHead.
class FieldCollector final : public beast::http::basic_parser<true> {
 public:
  explicit FieldCollector(RequestHead& head) : head_(head) {}
  int version() const { return version_; }

 private:
  using ErrorCode = beast::error_code;
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       ErrorCode&) override {
    head_.method = view(method);
    head_.target = view(target);
    version_ = version;
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, ErrorCode&) override {
    head_.headers.add(std::string(view(name)), std::string(view(value)));
  }
  void on_response_impl(int, beast::string_view, int, ErrorCode&) override {}
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(beast::string_view body, ErrorCode&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, ErrorCode&) override { return body.size(); }
  void on_finish_impl(ErrorCode&) override {}

  RequestHead& head_;
  int version_ = 0;
};

// A request line whose last word is HTTP/d.d of a version this server does not speak.
bool is_other_version(std::string_view raw) {
  const std::string_view line = raw.substr(0, raw.find('\r'));
  const std::size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view version = line.substr(blank + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]) && version != "HTTP/1.1" && version != "HTTP/1.0";
}

EdgeFault fault_of(const beast::error_code& error, std::string_view raw) {
  using beast::http::error;
  if (error == error::bad_version)
    return is_other_version(raw) ? EdgeFault::kVersionNotSupported : EdgeFault::kMalformedRequest;
  if (error == error::bad_field || error == error::bad_value) return EdgeFault::kInvalidHeader;
  return EdgeFault::kMalformedRequest;
}

std::optional<EdgeFault> read_framing(RequestHead& head, HttpVersion version) {
  const std::size_t codings = head.headers.count("Transfer-Encoding");
  const std::size_t lengths = head.headers.count("Content-Length");
  if (codings > 0) {
    const bool chunked = equal_ignoring_case(head.headers.get("Transfer-Encoding"), "chunked");
    if (codings > 1 || lengths > 0 || !chunked || version == HttpVersion::k10) return EdgeFault::kMalformedRequest;
    head.framing = BodyFraming::kChunked;
    return std::nullopt;
  }
  if (lengths == 0) return std::nullopt;
  const std::string_view text = head.headers.get("Content-Length");
  const bool digits = !text.empty() && std::ranges::all_of(text, is_digit);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), head.content_length);
  if (lengths > 1 || !digits || error != std::errc() || end != text.data() + text.size())
    return EdgeFault::kMalformedRequest;
  head.framing = BodyFraming::kLength;
  return std::nullopt;
}

bool is_visible(char c) {
  return c > ' ' && c <= '~';
}

bool is_authority(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return is_visible(c) && c != '/' && c != '@' && c != '?' && c != '#'; });
}

// RFC 9112 section 3.2: exactly one Host in HTTP/1.1; an empty one is what a target without authority asks for.
std::optional<EdgeFault> check_host(const RequestHead& head, HttpVersion version) {
  const std::size_t hosts = head.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && version == HttpVersion::k11)) return EdgeFault::kInvalidHeader;
  if (!is_authority(head.headers.get("Host"))) return EdgeFault::kInvalidHeader;
  return std::nullopt;
}

// Leaves `target` in origin form (or `*`, or the authority a CONNECT is for) and splits it.
std::optional<EdgeFault> read_target(RequestHead& head) {
  const bool visible = std::ranges::all_of(head.target, is_visible);
  if (!visible || head.target.contains('#')) return EdgeFault::kMalformedRequest;
  constexpr std::string_view kScheme = "http://";
  if (equal_ignoring_case(std::string_view(head.target).substr(0, kScheme.size()), kScheme)) {
    const std::string_view rest = std::string_view(head.target).substr(kScheme.size());
    const std::size_t end = rest.find_first_of("/?");
    const std::string_view authority = rest.substr(0, end);
    if (authority.empty() || !equal_ignoring_case(authority, head.headers.get("Host")))
      return EdgeFault::kMalformedRequest;
    std::string origin(end == std::string_view::npos ? std::string_view() : rest.substr(end));
    if (!origin.starts_with('/')) origin.insert(0, 1, '/');
    head.target = std::move(origin);
  }
  const bool asterisk = head.target == "*" && head.method == "OPTIONS";
  const bool authority = head.method == "CONNECT" && is_authority(head.target);
  if (!asterisk && !authority && !head.target.starts_with('/')) return EdgeFault::kMalformedRequest;
  const std::size_t question = head.target.find('?');
  head.path = head.target.substr(0, question);
  if (question != std::string::npos) head.query = head.target.substr(question + 1);
  return std::nullopt;
}

// Whether one of the comma-separated tokens of any Connection field is `token`.
bool connection_says(const RequestHead& head, std::string_view token) {
  for (const auto& [name, value] : head.headers.fields()) {
    if (!equal_ignoring_case(name, "Connection")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view item = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (item.starts_with(' ') || item.starts_with('\t'))
        item.remove_prefix(1);
      while (item.ends_with(' ') || item.ends_with('\t'))
        item.remove_suffix(1);
      if (equal_ignoring_case(item, token)) return true;
    }
  }
  return false;
}

std::optional<EdgeFault> read_expectation(ParsedHead& parsed) {
  const RequestHead& head = parsed.head;
  if (parsed.version == HttpVersion::k10 || !head.headers.has("Expect")) return std::nullopt;
  const bool is_continue =
      head.headers.count("Expect") == 1 && equal_ignoring_case(head.headers.get("Expect"), "100-continue");
  if (!is_continue) return EdgeFault::kExpectationFailed;
  parsed.expects_continue = head.framing != BodyFraming::kNone;
  return std::nullopt;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

HeadScanner::Outcome HeadScanner::scan(std::string_view bytes) {
  while (seen_ < bytes.size()) {
    const std::size_t newline = bytes.find('\n', seen_);
    if (newline == std::string_view::npos || newline >= limits_.bytes) break;
    std::string_view line = bytes.substr(line_start_, newline - line_start_);
    seen_ = newline + 1;
    line_start_ = seen_;
    if (lines_ == 0 && line.size() > limits_.target_bytes + kRequestLineOverhead) return {0, EdgeFault::kUriTooLong};
    if (!line.ends_with('\r')) return {0, EdgeFault::kMalformedRequest};
    line.remove_suffix(1);
    if (line.empty()) {
      if (lines_ > 0) return {seen_, std::nullopt};
      // RFC 9112 section 2.2: one empty line before a request is let through, as old clients send after a body.
      if (std::exchange(leading_line_skipped_, true)) return {0, EdgeFault::kMalformedRequest};
      continue;
    }
    if (const auto fault = check_line(line)) return {0, fault};
    ++lines_;
  }
  if (bytes.size() > line_start_ && !bytes.substr(line_start_).starts_with('\r')) begun_ = true;
  seen_ = bytes.size();
  return {0, check_unfinished(bytes)};
}

std::optional<EdgeFault> HeadScanner::check_line(std::string_view line) {
  begun_ = true;
  if (std::ranges::any_of(line, is_control)) return EdgeFault::kMalformedRequest;
  if (lines_ > 0) {
    if (lines_ > limits_.fields) return EdgeFault::kHeadersTooLarge;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    return folded ? std::optional(EdgeFault::kMalformedRequest) : std::nullopt;
  }
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return EdgeFault::kMalformedRequest;
  return last - first - 1 > limits_.target_bytes ? std::optional(EdgeFault::kUriTooLong) : std::nullopt;
}

std::optional<EdgeFault> HeadScanner::check_unfinished(std::string_view bytes) const {
  if (lines_ == 0 && bytes.size() - line_start_ > limits_.target_bytes + kRequestLineOverhead)
    return EdgeFault::kUriTooLong;
  return bytes.size() >= limits_.bytes ? std::optional(EdgeFault::kHeadersTooLarge) : std::nullopt;
}

ParsedHead parse_head(std::string_view raw) {
  if (raw.starts_with("\r\n")) raw.remove_prefix(2);
  ParsedHead parsed;
  FieldCollector collector(parsed.head);
  collector.skip(true);  // the head is all that is fed
  collector.header_limit(static_cast<std::uint32_t>(raw.size()) + 1);
  beast::error_code error;
  collector.put(boost::asio::buffer(raw.data(), raw.size()), error);
  if (error || !collector.is_header_done()) {
    parsed.fault = error ? fault_of(error, raw) : EdgeFault::kMalformedRequest;
    return parsed;
  }
  parsed.version = collector.version() == 10 ? HttpVersion::k10 : HttpVersion::k11;
  const auto check = [&](std::optional<EdgeFault> fault) {
    if (fault && !parsed.fault) parsed.fault = fault;
  };
  const bool known = std::ranges::find(kKnownMethods, parsed.head.method) != kKnownMethods.end();
  check(read_framing(parsed.head, parsed.version));
  check(check_host(parsed.head, parsed.version));
  // The target of a method nobody knows may have any form.
  if (known) check(read_target(parsed.head));
  parsed.sound = !parsed.fault;
  if (!known) check(EdgeFault::kMethodNotImplemented);
  check(read_expectation(parsed));
  const bool close = connection_says(parsed.head, "close");
  parsed.keep_alive = !close && (parsed.version == HttpVersion::k11 || connection_says(parsed.head, "keep-alive"));
  return parsed;
}

}  // namespace lazaret::http
