#include "aws/dynamodb/json.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/crc32.h"
#include "document/json.h"

namespace lazaret::aws {
namespace {

using json::Kind;
using json::Node;

// A batch of 100 items is at most 16 MB, and a type's name stands around every value. An item may be 32 levels deep,
// and every level of it is two of JSON.
constexpr JsonLimits kReply{.bytes = std::size_t{48} << 20U, .depth = 80};
constexpr std::uint64_t kBytesOfReadUnit = 8192;  // of an eventually consistent read
constexpr std::uint64_t kGuessedBytesOfItem = 512;

// A request's members, one after the other; what is empty is left out.
class RequestBody {
 public:
  explicit RequestBody(std::string_view table) { text("TableName", table); }

  RequestBody& text(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    append_json_string(member(name), value);
    return *this;
  }
  RequestBody& item(std::string_view name, const Item& value) {
    append_json(member(name), value);
    return *this;
  }
  RequestBody& optional_item(std::string_view name, const std::optional<Item>& value) {
    return value ? item(name, *value) : *this;
  }
  RequestBody& raw(std::string_view name, std::string_view value) {
    member(name) += value;
    return *this;
  }
  RequestBody& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  RequestBody& expression(const Expression& expression) {
    if (!expression.names().empty()) {
      std::string& out = member("ExpressionAttributeNames");
      char before = '{';
      for (const auto& [alias, name] : expression.names()) {
        out += std::exchange(before, ',');
        append_json_string(out, alias);
        out += ':';
        append_json_string(out, name);
      }
      out += '}';
    }
    return expression.values().empty() ? *this : item("ExpressionAttributeValues", expression.values());
  }
  RequestBody& condition(std::string_view condition) {
    if (condition.empty()) return *this;
    return text("ConditionExpression", condition).text("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
  }
  std::string finish() {
    text("ReturnConsumedCapacity", "TOTAL");
    return std::move(out_) + '}';
  }

 private:
  std::string& member(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, name);
    return out_ += ':';
  }

  std::string out_;
};

std::string_view truth(bool value) {
  return value ? "true" : "false";
}

std::unexpected<Error> corrupt(std::string what) {
  return fail(ErrorCode::kCorrupt, "dynamodb: the reply's " + std::move(what) + " is not as it should be");
}

std::optional<std::uint64_t> number_under(const Node& reply, std::string_view name) {
  const Node* found = reply.find(name);
  if (found == nullptr || found->kind != Kind::kNumber) return std::nullopt;
  const auto number = Number::parse(found->text);
  return number ? number->to_uint64() : std::nullopt;
}

double units_of_one(const Node& capacity) {
  const Node* units = capacity.kind == Kind::kObject ? capacity.find("CapacityUnits") : nullptr;
  if (units == nullptr || units->kind != Kind::kNumber) return 0;
  double value = 0;
  const std::string& text = units->text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && std::isfinite(value) && value > 0 ? value : 0;
}

}  // namespace

std::string Expression::name(std::string_view attribute) {
  const auto known = aliases_.find(attribute);
  if (known != aliases_.end()) return known->second;
  std::string alias = "#n" + std::to_string(names_.size());
  names_.emplace(alias, attribute);
  aliases_.emplace(attribute, alias);
  return alias;
}

std::string Expression::value(AttributeValue value) {
  std::string alias = ":v" + std::to_string(values_.size());
  values_.emplace(alias, std::move(value));
  return alias;
}

std::string body_of(const GetItem& get) {
  return RequestBody(get.table)
      .item("Key", get.key)
      .raw("ConsistentRead", truth(get.consistency == Consistency::kStrong))
      .finish();
}

std::string body_of(const PutItem& put) {
  return RequestBody(put.table).item("Item", put.item).condition(put.condition).expression(put.expression).finish();
}

std::string body_of(const UpdateItem& update) {
  return RequestBody(update.table)
      .item("Key", update.key)
      .text("UpdateExpression", update.update)
      .condition(update.condition)
      .expression(update.expression)
      .finish();
}

std::string body_of(const DeleteItem& remove) {
  return RequestBody(remove.table)
      .item("Key", remove.key)
      .condition(remove.condition)
      .expression(remove.expression)
      .finish();
}

std::string body_of(const QueryItems& query) {
  RequestBody body(query.table);
  body.text("IndexName", query.index)
      .text("KeyConditionExpression", query.key_condition)
      .text("FilterExpression", query.filter)
      .expression(query.expression)
      .raw("ScanIndexForward", truth(query.direction == Direction::kForward));
  if (query.index.empty()) body.raw("ConsistentRead", truth(query.consistency == Consistency::kStrong));
  if (query.select == Select::kCount) body.text("Select", "COUNT");
  if (query.limit > 0) body.number("Limit", query.limit);
  return body.optional_item("ExclusiveStartKey", query.start).finish();
}

std::string body_of(const ScanItems& scan) {
  RequestBody body(scan.table);
  body.text("FilterExpression", scan.filter).expression(scan.expression);
  if (scan.segments > 1) body.number("Segment", scan.segment).number("TotalSegments", scan.segments);
  if (scan.limit > 0) body.number("Limit", scan.limit);
  return body.optional_item("ExclusiveStartKey", scan.start).finish();
}

std::string batch_body(std::string_view request_items) {
  std::string body = R"({"RequestItems":)";
  return body.append(request_items).append(R"(,"ReturnConsumedCapacity":"TOTAL"})");
}

Result<Node> parse_reply(std::string_view body) {
  auto node = json::parse(body, "", kReply);
  if (!node || node->kind != Kind::kObject) return corrupt("body");
  return node;
}

Result<std::optional<Item>> item_under(const Node& reply, std::string_view name) {
  const Node* found = reply.find(name);
  if (found == nullptr) return std::nullopt;
  auto item = item_from(*found);
  if (!item) return std::unexpected(std::move(item.error()));
  return std::optional(std::move(*item));
}

Result<ItemPage> page_from(const Node& reply) {
  ItemPage page;
  if (const Node* items = reply.find("Items"); items != nullptr) {
    if (items->kind != Kind::kArray) return corrupt("list of items");
    for (const Node& node : items->items) {
      auto item = item_from(node);
      if (!item) return std::unexpected(std::move(item.error()));
      page.items.push_back(std::move(*item));
    }
  }
  const auto count = number_under(reply, "Count");
  if (!count) return corrupt("count");
  page.count = *count;
  page.scanned = number_under(reply, "ScannedCount").value_or(*count);
  const double units = units_of(reply);
  page.bytes_read =
      units > 0 ? static_cast<std::uint64_t>(units * kBytesOfReadUnit) : page.scanned * kGuessedBytesOfItem;
  auto next = item_under(reply, "LastEvaluatedKey");
  if (!next) return std::unexpected(std::move(next.error()));
  if (*next && !(*next)->empty()) page.next = std::move(*next);
  return page;
}

double units_of(const Node& reply) {
  const Node* capacity = reply.find("ConsumedCapacity");
  if (capacity == nullptr) return 0;
  if (capacity->kind != Kind::kArray) return units_of_one(*capacity);
  double sum = 0;
  for (const Node& one : capacity->items)
    sum += units_of_one(one);
  return sum;
}

bool crc_is_right(const HttpResponse& response) {
  const std::string_view announced = response.header("x-amz-crc32");
  return announced.empty() || announced == std::to_string(crc32(response.body));
}

}  // namespace lazaret::aws
