#include "metadata/dynamodb/schema.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "document/json.h"
#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/keys.h"

namespace lazaret::dynamo {
namespace {

using json::Kind;
using json::Node;

std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <class Values, class Show>
std::string joined(const Values& values, Show show) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ',';
    text += show(value);
  }
  return text;
}

std::string key_schema(std::string_view partition, std::string_view sort) {
  std::string text = R"([{"AttributeName":)" + in_quotes(partition) + R"(,"KeyType":"HASH"})";
  if (!sort.empty()) text += R"(,{"AttributeName":)" + in_quotes(sort) + R"(,"KeyType":"RANGE"})";
  return text + "]";
}

std::string projection(const IndexSchema& index) {
  if (index.projected.empty()) return R"({"ProjectionType":"KEYS_ONLY"})";
  return R"({"ProjectionType":"INCLUDE","NonKeyAttributes":[)" + joined(index.projected, in_quotes) + "]}";
}

std::string throughput_text(std::uint64_t units) {
  const std::string number = std::to_string(units);
  return R"({"ReadCapacityUnits":)" + number + R"(,"WriteCapacityUnits":)" + number + "}";
}

std::string index_text(const IndexSchema& index, std::uint64_t throughput) {
  std::string text = R"({"IndexName":)" + in_quotes(index.name) + R"(,"KeySchema":)" +
                     key_schema(index.partition, index.sort) + R"(,"Projection":)" + projection(index);
  if (throughput > 0) text += R"(,"ProvisionedThroughput":)" + throughput_text(throughput);
  return text + "}";
}

std::string definitions(const std::set<std::string_view>& attributes) {
  return "[" +
         joined(attributes,
                [](std::string_view name) {
                  return R"({"AttributeName":)" + in_quotes(name) + R"(,"AttributeType":"S"})";
                }) +
         "]";
}

std::string text_under(const Node& node, std::string_view name) {
  const Node* found = node.find(name);
  return found != nullptr && found->kind == Kind::kString ? found->text : std::string{};
}

const Node& list_under(const Node& node, std::string_view name) {
  static const Node kNone{.kind = Kind::kArray};
  const Node* found = node.find(name);
  return found != nullptr && found->kind == Kind::kArray ? *found : kNone;
}

std::string keys_text(const Node& node) {
  return joined(list_under(node, "KeySchema").items, [](const Node& key) { return text_under(key, "AttributeName"); });
}

std::string keys_text(std::string_view partition, std::string_view sort) {
  return std::string(partition) + (sort.empty() ? "" : ",") + std::string(sort);
}

std::uint64_t throughput_of(const Node& table) {
  const Node* throughput = table.find("ProvisionedThroughput");
  const Node* units = throughput == nullptr ? nullptr : throughput->find("WriteCapacityUnits");
  std::uint64_t value = 0;
  if (units != nullptr) std::from_chars(units->text.data(), units->text.data() + units->text.size(), value);
  return value;
}

DescribedTable::Index index_from(const Node& node) {
  DescribedTable::Index index{text_under(node, "IndexName"), text_under(node, "IndexStatus"), keys_text(node), {}, {}};
  const Node* projected = node.find("Projection");
  if (projected == nullptr) return index;
  for (const Node& name : list_under(*projected, "NonKeyAttributes").items)
    index.projected.push_back(name.text);
  std::ranges::sort(index.projected);
  index.projection = text_under(*projected, "ProjectionType");
  if (!index.projected.empty())
    index.projection = joined(index.projected, [](const std::string& name) { return name; });
  return index;
}

}  // namespace

std::vector<TableSchema> schema_of(const std::string& table) {
  const std::vector<std::string_view> by_date{"size", "content_type", "categories", "processed", "checksum", "_words"};
  std::vector<std::string_view> by_size{"upload_date", "content_type", "categories", "processed", "checksum", "_words"};
  std::vector<std::string_view> by_name = by_size;
  by_name.emplace_back("size");
  TableSchema documents{table, "id", "", {}, ""};
  documents.indexes = {{kByDate, "_lp", "_lk", by_date},
                       {kByName, "_np", "_nk", std::move(by_name)},
                       {kBySize, "_sp", "_sk", std::move(by_size)},
                       {kOpen, "_op", "_ok", {"s3_key", "_attempt"}}};
  return {std::move(documents), {index_table_of(table), "pk", "sk", {{kExpiry, "_xp", "_xk", {}}}, "ttl"}};
}

std::string create_table_body(const TableSchema& table, bool deletion_protection) {
  std::set<std::string_view> attributes{table.partition};
  if (!table.sort.empty()) attributes.insert(table.sort);
  for (const IndexSchema& index : table.indexes)
    attributes.insert({index.partition, index.sort});
  std::string body = R"({"TableName":)" + in_quotes(table.name) + R"(,"BillingMode":"PAY_PER_REQUEST","KeySchema":)" +
                     key_schema(table.partition, table.sort) + R"(,"AttributeDefinitions":)" + definitions(attributes) +
                     R"(,"GlobalSecondaryIndexes":[)" +
                     joined(table.indexes, [](const IndexSchema& index) { return index_text(index, 0); }) + "]";
  if (deletion_protection) body += R"(,"DeletionProtectionEnabled":true)";
  return body + "}";
}

std::string add_index_body(const TableSchema& table, const IndexSchema& index, std::uint64_t throughput) {
  return R"({"TableName":)" + in_quotes(table.name) + R"(,"AttributeDefinitions":)" +
         definitions({index.partition, index.sort}) + R"(,"GlobalSecondaryIndexUpdates":[{"Create":)" +
         index_text(index, throughput) + "}]}";
}

const DescribedTable::Index* DescribedTable::find(std::string_view name) const {
  const auto found = std::ranges::find(indexes, name, &Index::name);
  return found == indexes.end() ? nullptr : &*found;
}

bool DescribedTable::active() const {
  return status == "ACTIVE" && std::ranges::all_of(indexes, [](const Index& index) {
           return index.status.empty() || index.status == "ACTIVE";
         });
}

Result<DescribedTable> described_from(const Node& reply) {
  const Node* table = reply.find("Table");
  if (table == nullptr || table->kind != Kind::kObject) {
    return fail(ErrorCode::kCorrupt, "dynamodb: DescribeTable describes no table");
  }
  DescribedTable described{.status = text_under(*table, "TableStatus"), .keys = keys_text(*table)};
  const Node* protection = table->find("DeletionProtectionEnabled");
  described.deletion_protection = protection != nullptr && protection->boolean;
  described.throughput = throughput_of(*table);
  for (const Node& index : list_under(*table, "GlobalSecondaryIndexes").items)
    described.indexes.push_back(index_from(index));
  return described;
}

std::vector<Drift> drift_of(const TableSchema& table, const DescribedTable& found) {
  std::vector<Drift> drift;
  const std::string name = "table " + table.name;
  if (const std::string keys = keys_text(table.partition, table.sort); found.keys != keys) {
    drift.push_back({name + ", keys", keys, found.keys});
  }
  for (const IndexSchema& index : table.indexes) {
    const std::string what = name + ", index " + std::string(index.name);
    const DescribedTable::Index* there = found.find(index.name);
    if (there == nullptr) {
      drift.push_back({what, "exists", "missing"});
      continue;
    }
    const std::string keys = keys_text(index.partition, index.sort);
    if (there->keys != keys) drift.push_back({what + ", keys", keys, there->keys});
    if (there->projection == "ALL") continue;
    const bool all_there = std::ranges::all_of(index.projected, [&](std::string_view attribute) {
      return std::ranges::find(there->projected, attribute) != there->projected.end();
    });
    if (!all_there) {
      const auto text = [](std::string_view attribute) { return std::string(attribute); };
      drift.push_back({what + ", projection", joined(index.projected, text), there->projection});
    }
  }
  return drift;
}

}  // namespace lazaret::dynamo
