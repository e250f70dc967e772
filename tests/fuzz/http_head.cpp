// Request heads: the end is found wherever the bytes are cut, and a head that passes is sound by every rule a proxy in
// front might read otherwise.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/edge/head.h"

namespace {

using namespace lazaret::http;

constexpr HeadLimits kLimits{.bytes = 1024, .target_bytes = 512, .fields = 20};

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

void check(const ParsedHead& parsed) {
  const RequestHead& head = parsed.head;
  const std::size_t lengths = head.headers.count("Content-Length");
  const std::size_t codings = head.headers.count("Transfer-Encoding");
  require(lengths + codings <= 1);
  require((head.framing == BodyFraming::kLength) == (lengths == 1));
  require((head.framing == BodyFraming::kChunked) == (codings == 1));
  require(codings == 0 || parsed.version == HttpVersion::k11);
  require(head.headers.count("Host") == 1 || (parsed.version == HttpVersion::k10 && !head.headers.has("Host")));
  require(head.headers.fields().size() <= kLimits.fields);
  for (const auto& [name, value] : head.headers.fields()) {
    require(!name.empty() && is_clean(value));
    require(std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; }));
  }
  if (parsed.fault) return;
  require(head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS") || head.method == "CONNECT");
  require(head.target == head.path + (head.target.contains('?') ? "?" + head.query : ""));
  require(is_clean(head.target) && !head.target.contains(' '));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadScanner whole(kLimits);
  const auto at_once = whole.scan(bytes);
  HeadScanner cut(kLimits);
  HeadScanner::Outcome in_pieces;
  for (std::size_t end = 1; end <= size && in_pieces.size == 0 && !in_pieces.fault; ++end)
    in_pieces = cut.scan(bytes.substr(0, end));
  require(at_once.size == in_pieces.size);
  require(at_once.fault.has_value() == in_pieces.fault.has_value());
  if (at_once.size == 0) return 0;
  require(at_once.size <= kLimits.bytes);
  const ParsedHead parsed = parse_head(bytes.substr(0, at_once.size));
  if (parsed.sound) check(parsed);
  require(parsed.sound || parsed.fault);
  return 0;
}
