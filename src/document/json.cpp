#include "document/json.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "document/json_tree.h"

namespace lazaret {
namespace {

Result<JsonObject> checked(const json::Node& node, std::string_view pointer, const JsonLimits& limits) {
  std::string text = json::to_text(node);
  if (text.size() > limits.bytes) {
    return fail_with(ErrorCode::kInvalidField,
                     {{std::string(pointer), "too_long",
                       "This may be at most " + std::to_string(limits.bytes) + " bytes as compact JSON."}});
  }
  return JsonObject::trusted(std::move(text));
}

void append_escape(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += c;
      return;
    case '\b':
      out += 'b';
      return;
    case '\f':
      out += 'f';
      return;
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    default:
      out += "u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 0xfU];
  }
}

}  // namespace

Result<JsonObject> parse_json_object(std::string_view text, std::string_view pointer, const JsonLimits& limits) {
  const Result<json::Node> node = json::parse(text, pointer, limits);
  if (!node) return std::unexpected(node.error());
  if (node->kind != json::Kind::kObject) {
    return fail_with(ErrorCode::kInvalidField,
                     {{std::string(pointer), "not_an_object", "This must be a JSON object."}});
  }
  return checked(*node, pointer, limits);
}

Result<JsonObject> merge_patch(const JsonObject& target, const JsonObject& patch, std::string_view pointer,
                               const JsonLimits& limits) {
  // Either was parsed before; what a store kept under wider limits may still be larger than these.
  const JsonLimits reading{.bytes = std::max(target.text().size(), patch.text().size()), .depth = limits.depth};
  Result<json::Node> merged = json::parse(target.text(), pointer, reading);
  if (!merged) return std::unexpected(std::move(merged.error()));
  Result<json::Node> changes = json::parse(patch.text(), pointer, reading);
  if (!changes) return std::unexpected(std::move(changes.error()));
  json::merge(*merged, std::move(*changes));
  return checked(*merged, pointer, limits);
}

std::size_t plain_json_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = kOnes * 0x80;
  // The high bit of the lowest byte below `bound`, which is at most 0x80, and perhaps of bytes above it.
  const auto below = [](std::uint64_t word, std::uint64_t bound) { return (word - kOnes * bound) & ~word & kHighBits; };
  std::size_t plain = 0;
  for (std::uint64_t word = 0; plain + sizeof word <= text.size(); plain += sizeof word) {
    std::memcpy(&word, text.data() + plain, sizeof word);
    if ((below(word, 0x20) | below(word ^ kOnes * '"', 1) | below(word ^ kOnes * '\\', 1)) != 0) break;
  }
  while (plain < text.size() && static_cast<unsigned char>(text[plain]) >= 0x20 && text[plain] != '"' &&
         text[plain] != '\\') {
    ++plain;
  }
  return plain;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_json_prefix(text);
    out.append(text, 0, plain);
    if (plain == text.size()) break;
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

}  // namespace lazaret
