// AttributeValue and Item: what DynamoDB keeps, as plain values, and their form in its JSON. Numbers are decimal text
// of at most 38 digits and never pass through a double. Equal values compare equal however a server spelled them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace lazaret::json {
struct Node;
}

namespace lazaret::aws {

// In one spelling: no leading or trailing zeros, plain where it is short, "d.dddE+n" else.
class Number {
 public:
  Number() = default;
  explicit Number(std::int64_t value) : text_(std::to_string(value)) {}
  explicit Number(std::uint64_t value) : text_(std::to_string(value)) {}
  // As JSON or DynamoDB writes numbers; nullopt for anything else, for more than 38 significant digits, and outside
  // 1e-130 to 9.99e125.
  static std::optional<Number> parse(std::string_view text);
  const std::string& text() const { return text_; }
  std::optional<std::uint64_t> to_uint64() const;
  std::optional<std::int64_t> to_int64() const;
  auto operator<=>(const Number&) const = default;  // an order of texts, not of numbers

 private:
  std::string text_ = "0";
};

class AttributeValue;
using Item = std::map<std::string, AttributeValue, std::less<>>;

class AttributeValue {
 public:
  struct Null {
    bool operator==(const Null&) const = default;
  };
  struct Bytes {
    std::string bytes;
    auto operator<=>(const Bytes&) const = default;
  };
  using List = std::vector<AttributeValue>;
  using Map = Item;
  using StringSet = std::set<std::string>;
  using NumberSet = std::set<Number>;
  using BytesSet = std::set<Bytes>;

  // Each type is a value by itself: items are written as lists of names and values.
  // NOLINTBEGIN(google-explicit-constructor)
  AttributeValue() = default;  // NULL
  AttributeValue(Null) {}
  AttributeValue(bool value) : value_(value) {}
  AttributeValue(Number value) : value_(std::move(value)) {}
  AttributeValue(std::uint64_t value) : value_(Number(value)) {}
  AttributeValue(std::string value) : value_(std::move(value)) {}
  AttributeValue(std::string_view value) : value_(std::string(value)) {}
  AttributeValue(const char* value) : value_(std::string(value)) {}
  AttributeValue(Bytes value) : value_(std::move(value)) {}
  AttributeValue(List value) : value_(std::move(value)) {}
  AttributeValue(Map value) : value_(std::move(value)) {}
  AttributeValue(StringSet value) : value_(std::move(value)) {}
  AttributeValue(NumberSet value) : value_(std::move(value)) {}
  AttributeValue(BytesSet value) : value_(std::move(value)) {}
  // NOLINTEND(google-explicit-constructor)

  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&value_);
  }
  bool operator==(const AttributeValue&) const = default;

 private:
  friend void append_json(std::string& out, const AttributeValue& value);
  std::variant<Null, bool, Number, std::string, Bytes, List, Map, StringSet, NumberSet, BytesSet> value_;
};

// {"S":"text"} and the like; an Item as the object of its attributes.
void append_json(std::string& out, const AttributeValue& value);
void append_json(std::string& out, const Item& item);

// From a reply; kCorrupt for what is no such value, saying where in the form it went wrong and never a value.
Result<AttributeValue> attribute_from(const json::Node& node);
Result<Item> item_from(const json::Node& node);

}  // namespace lazaret::aws
