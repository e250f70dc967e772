#include "aws/dynamodb/attribute_value.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "document/json.h"
#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

constexpr std::size_t kMaxDigits = 38;
constexpr std::int64_t kMaxExponent = 125;
constexpr std::int64_t kMinExponent = -130;
// Between these exponents of the first digit a number is written plainly.
constexpr std::int64_t kPlainFrom = -7;
constexpr std::int64_t kPlainTo = 37;

// A number's text taken apart: 0.d1d2d3... times ten to (exponent + 1).
struct Decimal {
  bool negative = false;
  std::string digits;         // none for zero
  std::int64_t exponent = 0;  // of the first digit
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The exponent behind an "e", which is taken off; nullopt where there is one that cannot be read.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos) return 0;
  std::string_view written = text.substr(e + 1);
  text = text.substr(0, e);
  if (written.starts_with('+')) written.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), exponent);
  const bool whole = error == std::errc{} && end == written.data() + written.size();
  return whole && exponent > -1000 && exponent < 1000 ? std::optional(exponent) : std::nullopt;
}

std::optional<Decimal> take_apart(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative || text.starts_with('+')) text.remove_prefix(1);
  const auto exponent = take_exponent(text);
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (!exponent || whole.empty() || (dot != std::string_view::npos && fraction.empty())) return std::nullopt;
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit)) return std::nullopt;
  decimal.digits.append(whole).append(fraction);
  const std::size_t first = decimal.digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{};
  decimal.exponent = *exponent + static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first) - 1;
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  decimal.digits.erase(0, first);
  return decimal;
}

std::string put_together(const Decimal& decimal) {
  std::string text = decimal.negative ? "-" : "";
  if (decimal.digits.empty()) return "0";
  if (decimal.exponent < kPlainFrom || decimal.exponent > kPlainTo) {
    text += decimal.digits.front();
    if (decimal.digits.size() > 1) text.append(".").append(decimal.digits, 1);
    text += decimal.exponent < 0 ? "E-" : "E+";
    return text + std::to_string(decimal.exponent < 0 ? -decimal.exponent : decimal.exponent);
  }
  if (decimal.exponent < 0) {
    return text.append("0.").append(static_cast<std::size_t>(-decimal.exponent - 1), '0') + decimal.digits;
  }
  const std::size_t before_dot = static_cast<std::size_t>(decimal.exponent) + 1;
  if (decimal.digits.size() <= before_dot) {
    return (text + decimal.digits).append(before_dot - decimal.digits.size(), '0');
  }
  return text.append(decimal.digits, 0, before_dot).append(".").append(decimal.digits, before_dot);
}

template <class Integer>
std::optional<Integer> to_integer(const std::string& text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// ["...", "..."], each text made by `show`.
template <class Values, class Show>
void append_texts(std::string& out, const Values& values, Show show) {
  out += '[';
  bool first = true;
  for (const auto& value : values) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, show(value));
  }
  out += ']';
}

std::string in_base64(const AttributeValue::Bytes& value) {
  return base64_encode(as_bytes(value.bytes));
}

struct Appender {
  std::string& out;

  void operator()(const AttributeValue::Null&) const { out += R"("NULL":true)"; }
  void operator()(bool value) const { out += value ? R"("BOOL":true)" : R"("BOOL":false)"; }
  void operator()(const Number& value) const { text("N", value.text()); }
  void operator()(const std::string& value) const { text("S", value); }
  void operator()(const AttributeValue::Bytes& value) const { text("B", in_base64(value)); }
  void operator()(const AttributeValue::List& values) const {
    out += R"("L":[)";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      append_json(out, values[i]);
    }
    out += ']';
  }
  void operator()(const Item& values) const {
    out += R"("M":)";
    append_json(out, values);
  }
  void operator()(const AttributeValue::StringSet& values) const {
    out += R"("SS":)";
    append_texts(out, values, [](const std::string& value) { return value; });
  }
  void operator()(const AttributeValue::NumberSet& values) const {
    out += R"("NS":)";
    append_texts(out, values, [](const Number& value) { return value.text(); });
  }
  void operator()(const AttributeValue::BytesSet& values) const {
    out += R"("BS":)";
    append_texts(out, values, in_base64);
  }

 private:
  void text(std::string_view type, std::string_view value) const {
    out.append("\"").append(type).append("\":");
    append_json_string(out, value);
  }
};

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "dynamodb: an attribute value whose " + std::string(what) + " is wrong");
}

using json::Kind;
using json::Node;
template <class T>
using Read = std::optional<T>;

Read<std::string> read_string(const Node& node) {
  return node.kind == Kind::kString ? Read<std::string>(node.text) : std::nullopt;
}
Read<Number> read_number(const Node& node) {
  return node.kind == Kind::kString ? Number::parse(node.text) : std::nullopt;
}
Read<AttributeValue::Bytes> read_bytes(const Node& node) {
  if (node.kind != Kind::kString) return std::nullopt;
  auto bytes = base64_decode(node.text);
  return bytes ? Read<AttributeValue::Bytes>({std::move(*bytes)}) : std::nullopt;
}

template <class Set, class ReadOne>
Read<Set> read_set(const Node& node, ReadOne read_one) {
  if (node.kind != Kind::kArray) return std::nullopt;
  Set set;
  for (const Node& item : node.items) {
    auto value = read_one(item);
    if (!value) return std::nullopt;
    set.insert(std::move(*value));
  }
  return set;
}

template <class T>
Result<AttributeValue> made_of(Read<T> value, std::string_view type) {
  if (!value) return wrong(type);
  return AttributeValue(std::move(*value));
}

Result<AttributeValue> read_list(const Node& node) {
  if (node.kind != Kind::kArray) return wrong("L");
  AttributeValue::List list;
  for (const Node& item : node.items) {
    auto value = attribute_from(item);
    if (!value) return value;
    list.push_back(std::move(*value));
  }
  return AttributeValue(std::move(list));
}

}  // namespace

std::optional<Number> Number::parse(std::string_view text) {
  const auto decimal = take_apart(text);
  if (!decimal || decimal->digits.size() > kMaxDigits) return std::nullopt;
  if (!decimal->digits.empty() && (decimal->exponent > kMaxExponent || decimal->exponent < kMinExponent)) {
    return std::nullopt;
  }
  Number number;
  number.text_ = put_together(*decimal);
  return number;
}

std::optional<std::uint64_t> Number::to_uint64() const {
  return to_integer<std::uint64_t>(text_);
}

std::optional<std::int64_t> Number::to_int64() const {
  return to_integer<std::int64_t>(text_);
}

void append_json(std::string& out, const AttributeValue& value) {
  out += '{';
  std::visit(Appender{out}, value.value_);
  out += '}';
}

void append_json(std::string& out, const Item& item) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : item) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    append_json(out, value);
  }
  out += '}';
}

Result<AttributeValue> attribute_from(const Node& node) {
  if (node.kind != Kind::kObject || node.items.size() != 1) return wrong("form");
  const std::string& type = node.names.front();
  const Node& value = node.items.front();
  if (type == "S") return made_of(read_string(value), type);
  if (type == "N") return made_of(read_number(value), type);
  if (type == "B") return made_of(read_bytes(value), type);
  if (type == "SS") return made_of(read_set<AttributeValue::StringSet>(value, read_string), type);
  if (type == "NS") return made_of(read_set<AttributeValue::NumberSet>(value, read_number), type);
  if (type == "BS") return made_of(read_set<AttributeValue::BytesSet>(value, read_bytes), type);
  if (type == "L") return read_list(value);
  if (type == "M") {
    auto map = item_from(value);
    if (!map) return std::unexpected(std::move(map.error()));
    return AttributeValue(std::move(*map));
  }
  if (value.kind != Kind::kBoolean) return wrong("type");
  if (type == "BOOL") return AttributeValue(value.boolean);
  if (type == "NULL") return AttributeValue();
  return wrong("type");
}

Result<Item> item_from(const Node& node) {
  if (node.kind != Kind::kObject) return wrong("item");
  Item item;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto value = attribute_from(node.items[i]);
    if (!value) return std::unexpected(std::move(value.error()));
    item.emplace(node.names[i], std::move(*value));
  }
  return item;
}

}  // namespace lazaret::aws
