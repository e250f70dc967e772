#include "document/json.h"

#include <algorithm>
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

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // start of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    append_escape(out, c);
    plain = i + 1;
  }
  out.append(text, plain);
  out += '"';
}

}  // namespace lazaret
