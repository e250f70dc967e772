#include "metadata/dynamodb/values.h"

#include <utility>

#include "base/encoding.h"
#include "document/json.h"
#include "document/json_tree.h"

namespace lazaret::dynamo {
namespace {

using aws::AttributeValue;
using aws::Item;
using json::Kind;
using json::Node;

// Of an item, whose size DynamoDB bounds.
constexpr JsonLimits kStored{.bytes = std::size_t{512} * 1024, .depth = 34};

AttributeValue value_from(const Node& node);

Item map_from(const Node& node) {
  Item map;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (!node.names[i].empty()) map.emplace(node.names[i], value_from(node.items[i]));
  }
  return map;
}

AttributeValue value_from(const Node& node) {
  switch (node.kind) {
    case Kind::kNull:
      return {};
    case Kind::kBoolean:
      return node.boolean;
    case Kind::kNumber:
      // The parser refuses what DynamoDB does not keep.
      return aws::Number::parse(node.text).value_or(aws::Number{});
    case Kind::kString:
      return node.text;
    case Kind::kArray: {
      AttributeValue::List list;
      for (const Node& item : node.items)
        list.push_back(value_from(item));
      return list;
    }
    case Kind::kObject:
      return map_from(node);
  }
  return {};
}

Node text_node(Kind kind, std::string text) {
  return {.kind = kind, .text = std::move(text)};
}

Node node_from(const AttributeValue& value);

Node node_from(const Item& map) {
  Node node{.kind = Kind::kObject};
  for (const auto& [name, value] : map) {
    node.names.push_back(name);
    node.items.push_back(node_from(value));
  }
  return node;
}

template <class Values, class Make>
Node array_from(const Values& values, Make make) {
  Node node{.kind = Kind::kArray};
  for (const auto& value : values)
    node.items.push_back(make(value));
  return node;
}

Node bytes_node(const AttributeValue::Bytes& value) {
  const std::string& bytes = value.bytes;
  return text_node(Kind::kString, base64_encode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
}

// Sets and bytes are never ours, but other tools may write them.
Node node_from(const AttributeValue& value) {
  const auto string = [](const std::string& text) { return text_node(Kind::kString, text); };
  const auto number = [](const aws::Number& number) { return text_node(Kind::kNumber, number.text()); };
  if (const auto* flag = value.get_if<bool>()) return {.kind = Kind::kBoolean, .boolean = *flag};
  if (const auto* one = value.get_if<aws::Number>()) return number(*one);
  if (const auto* text = value.get_if<std::string>()) return string(*text);
  if (const auto* bytes = value.get_if<AttributeValue::Bytes>()) return bytes_node(*bytes);
  if (const auto* map = value.get_if<Item>()) return node_from(*map);
  if (const auto* texts = value.get_if<AttributeValue::StringSet>()) return array_from(*texts, string);
  if (const auto* numbers = value.get_if<AttributeValue::NumberSet>()) return array_from(*numbers, number);
  if (const auto* set = value.get_if<AttributeValue::BytesSet>()) return array_from(*set, bytes_node);
  if (const auto* list = value.get_if<AttributeValue::List>()) {
    return array_from(*list, [](const AttributeValue& item) { return node_from(item); });
  }
  return {};
}

}  // namespace

Item map_from(const JsonObject& object) {
  const auto node = json::parse(object.text(), "", kStored);
  return node ? map_from(*node) : Item{};
}

JsonObject object_from(const Item& map) {
  return JsonObject::trusted(json::to_text(node_from(map)));
}

std::optional<std::string> spelling_of(const JsonObject& object) {
  return object_from(map_from(object)) == object ? std::nullopt : std::optional(object.text());
}

JsonObject object_from(const Item& map, std::string_view spelling) {
  if (!spelling.empty()) {
    const auto node = json::parse(spelling, "", kStored);
    if (node && node->kind == Kind::kObject && map_from(*node) == map) {
      return JsonObject::trusted(std::string(spelling));
    }
  }
  return object_from(map);
}

}  // namespace lazaret::dynamo
