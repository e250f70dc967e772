// What is asked of DynamoDB and what it answers, as plain values. Attribute names in expressions are always aliases
// made by Expression: 573 words are reserved, and `size` and `state` are among them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/dynamodb/attribute_value.h"

namespace lazaret::aws {

// Collects the names and values of one request's expressions.
class Expression {
 public:
  // "#n0": the same name gets the same alias.
  std::string name(std::string_view attribute);
  // ":v0"
  std::string value(AttributeValue value);
  const std::map<std::string, std::string>& names() const { return names_; }
  const Item& values() const { return values_; }

 private:
  std::map<std::string, std::string> names_;  // alias -> attribute
  std::map<std::string, std::string, std::less<>> aliases_;
  Item values_;
};

enum class Consistency : std::uint8_t { kEventual, kStrong };

struct GetItem {
  std::string table;
  Item key;
  Consistency consistency = Consistency::kStrong;
};

struct PutItem {
  std::string table;
  Item item;
  std::string condition;  // empty: none
  Expression expression;
};

struct UpdateItem {
  std::string table;
  Item key;
  std::string update;
  std::string condition;
  Expression expression;
};

struct DeleteItem {
  std::string table;
  Item key;
  std::string condition;
  Expression expression;
};

enum class Direction : std::uint8_t { kForward, kBackward };
enum class Select : std::uint8_t { kItems, kCount };

struct QueryItems {
  std::string table;
  std::string index;          // empty: the table's own key
  std::string key_condition;  // a partition, and perhaps a range of sort keys
  std::string filter;         // empty: none; applied after reading, so it saves no units
  Expression expression;
  Direction direction = Direction::kForward;
  Select select = Select::kItems;
  Consistency consistency = Consistency::kEventual;  // of an index: always eventual
  std::uint32_t limit = 0;                           // items looked at, before the filter; 0: up to 1 MB
  std::optional<Item> start;                         // ItemPage::next
};

struct ScanItems {
  std::string table;
  std::string filter;
  Expression expression;
  std::uint32_t segment = 0;
  std::uint32_t segments = 1;
  std::uint32_t limit = 0;
  std::optional<Item> start;
};

struct ItemPage {
  std::vector<Item> items;  // none where only the count was asked for
  std::uint64_t count = 0;
  std::uint64_t scanned = 0;
  std::uint64_t bytes_read = 0;  // by the units it cost; an estimate where the engine counts none
  std::optional<Item> next;      // none: there is no more
};

// Puts and deletes without conditions.
struct BatchWrite {
  std::string table;
  std::vector<Item> puts;
  std::vector<Item> deletes;  // keys
};

struct BatchGet {
  std::string table;
  std::vector<Item> keys;
  Consistency consistency = Consistency::kEventual;
};

struct FoundItems {
  std::vector<Item> items;  // in no order; keys that are not there are left out
  std::uint64_t bytes_read = 0;
};

// Units of capacity, as the engine counted them.
struct ConsumedUnits {
  double read = 0;
  double write = 0;
};

}  // namespace lazaret::aws
