#include "aws/dynamodb/client.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

#include "aws/dynamodb/json.h"
#include "aws/retry.h"
#include "document/json.h"
#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

using json::Node;

constexpr std::string_view kProtocol = "DynamoDB_20120810.";
constexpr std::size_t kWritesInBatch = 25;
constexpr std::size_t kGetsInBatch = 100;
constexpr std::uint64_t kBytesOfReadUnit = 8192;
// A reply of 16 MB of items, with the names of types around every value.
constexpr std::size_t kMostReplyBytes = std::size_t{48} << 20U;

bool reads(std::string_view operation) {
  return operation == "GetItem" || operation == "BatchGetItem" || operation == "Query" || operation == "Scan";
}

template <class T>
Outcome<T> to_outcome(Result<T> result) {
  if (!result) return std::unexpected(Failure{.error = std::move(result.error()), .status = 200});
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

// {"table":<requests>}
std::string for_table(std::string_view table, std::string_view requests) {
  std::string text = "{";
  append_json_string(text, table);
  return text.append(":").append(requests).append("}");
}

template <class Append>
std::string json_list(std::span<const Item> items, Append append) {
  std::string text;
  for (const Item& item : items) {
    if (!text.empty()) text += ',';
    append(text, item);
  }
  return text;
}

std::string put_requests(std::span<const Item> items) {
  return json_list(items, [](std::string& out, const Item& item) {
    out += R"({"PutRequest":{"Item":)";
    append_json(out, item);
    out += "}}";
  });
}

std::string delete_requests(std::span<const Item> keys) {
  return json_list(keys, [](std::string& out, const Item& key) {
    out += R"({"DeleteRequest":{"Key":)";
    append_json(out, key);
    out += "}}";
  });
}

std::string get_requests(std::span<const Item> keys, Consistency consistency) {
  std::string text = R"({"Keys":[)";
  text += json_list(keys, [](std::string& out, const Item& key) { append_json(out, key); });
  return text + (consistency == Consistency::kStrong ? R"(],"ConsistentRead":true})" : R"(],"ConsistentRead":false})");
}

// What is left of a batch, as the object for the next request; empty where nothing is.
std::string left_over(const Node& reply) {
  for (const std::string_view name : {"UnprocessedItems", "UnprocessedKeys"}) {
    const Node* left = reply.find(name);
    if (left != nullptr && left->kind == json::Kind::kObject && !left->items.empty()) return json::to_text(*left);
  }
  return {};
}

void add(std::atomic<double>& sum, double units) {
  double before = sum.load();
  while (!sum.compare_exchange_weak(before, before + units)) {
  }
}

Result<void> take_found(const Node& reply, const std::string& table, FoundItems& found) {
  found.bytes_read += static_cast<std::uint64_t>(units_of(reply) * kBytesOfReadUnit);
  const Node* responses = reply.find("Responses");
  const Node* items = responses == nullptr ? nullptr : responses->find(table);
  if (items == nullptr) return {};
  for (const Node& node : items->items) {
    auto item = item_from(node);
    if (!item) return std::unexpected(std::move(item.error()));
    found.items.push_back(std::move(*item));
  }
  return {};
}

}  // namespace

bool is_condition_failure(const Failure& failure) {
  return failure.code == "ConditionalCheckFailedException";
}

std::optional<Item> item_of(const Failure& failure) {
  const auto reply = parse_reply(failure.body);
  if (!reply) return std::nullopt;
  auto item = item_under(*reply, "Item");
  return item && *item && !(*item)->empty() ? std::move(*item) : std::nullopt;
}

Outcome<Node> DynamoDbClient::run(const Call& call, std::string_view operation, std::string body) {
  Operation request{.name = std::string(operation),
                    .method = Method::kPost,
                    .headers = {{"content-type", "application/x-amz-json-1.0"},
                                {"x-amz-target", std::string(kProtocol) + std::string(operation)},
                                {"accept-encoding", "identity"}},
                    .body = std::move(body),
                    .limits = options_.limits,
                    .is_sound = crc_is_right};
  request.limits.answer_bytes = kMostReplyBytes;
  auto reply = parts_.client.call(call, request);
  if (!reply) return std::unexpected(std::move(reply.error()));
  auto node = to_outcome(parse_reply(reply->response.body));
  if (node) add(reads(operation) ? read_units_ : write_units_, units_of(*node));
  return node;
}

Outcome<std::optional<Item>> DynamoDbClient::get(const Call& call, const GetItem& get) {
  const auto reply = run(call, "GetItem", body_of(get));
  if (!reply) return std::unexpected(reply.error());
  return to_outcome(item_under(*reply, "Item"));
}

Outcome<void> DynamoDbClient::write(const Call& call, std::string_view operation, std::string body) {
  auto reply = run(call, operation, std::move(body));
  if (!reply) return std::unexpected(std::move(reply.error()));
  return {};
}

Outcome<void> DynamoDbClient::put(const Call& call, const PutItem& put) {
  return write(call, "PutItem", body_of(put));
}

Outcome<void> DynamoDbClient::update(const Call& call, const UpdateItem& update) {
  return write(call, "UpdateItem", body_of(update));
}

Outcome<void> DynamoDbClient::remove(const Call& call, const DeleteItem& remove) {
  return write(call, "DeleteItem", body_of(remove));
}

Outcome<ItemPage> DynamoDbClient::page(const Call& call, std::string_view operation, std::string body) {
  const auto reply = run(call, operation, std::move(body));
  if (!reply) return std::unexpected(reply.error());
  return to_outcome(page_from(*reply));
}

Outcome<ItemPage> DynamoDbClient::query(const Call& call, const QueryItems& query) {
  return page(call, "Query", body_of(query));
}

Outcome<ItemPage> DynamoDbClient::scan(const Call& call, const ScanItems& scan) {
  return page(call, "Scan", body_of(scan));
}

bool DynamoDbClient::wait_for_round(const Call& call, int round) {
  const auto delay = backoff(options_.batch_delay, round, parts_.random);
  if (call.stop.stop_requested() || call.deadline - parts_.clock.steady_now() <= delay) return false;
  ThreadPause sleep;
  Pause& pause = parts_.pause != nullptr ? *parts_.pause : sleep;
  pause.wait(call, delay);
  return !call.stop.stop_requested();
}

template <class Take>
Outcome<void> DynamoDbClient::run_batch(const Call& call, std::string_view operation, std::string requests, Take take) {
  for (int round = 1; round <= options_.batch_rounds; ++round) {
    auto reply = run(call, operation, batch_body(requests));
    if (!reply) return std::unexpected(std::move(reply.error()));
    if (auto taken = to_outcome(take(*reply)); !taken) return taken;
    requests = left_over(*reply);
    if (requests.empty()) return {};
    if (!wait_for_round(call, round)) break;
  }
  return std::unexpected(Failure{.error = {ErrorCode::kUnavailable,
                                           Retry::kAmbiguous,
                                           "dynamodb: " + std::string(operation) + " left requests unprocessed",
                                           {}},
                                 .status = 200});
}

Outcome<void> DynamoDbClient::write_batch(const Call& call, const BatchWrite& batch) {
  const auto run_all = [&](std::span<const Item> items, auto requests_of) -> Outcome<void> {
    while (!items.empty()) {
      const auto some = items.first(std::min(items.size(), kWritesInBatch));
      items = items.subspan(some.size());
      auto done = run_batch(call, "BatchWriteItem", for_table(batch.table, "[" + requests_of(some) + "]"),
                            [](const Node&) -> Result<void> { return {}; });
      if (!done) return done;
    }
    return {};
  };
  auto put = run_all(batch.puts, put_requests);
  return put ? run_all(batch.deletes, delete_requests) : put;
}

Outcome<FoundItems> DynamoDbClient::get_batch(const Call& call, const BatchGet& batch) {
  FoundItems found;
  std::span<const Item> keys = batch.keys;
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), kGetsInBatch));
    keys = keys.subspan(some.size());
    auto done = run_batch(call, "BatchGetItem", for_table(batch.table, get_requests(some, batch.consistency)),
                          [&](const Node& reply) { return take_found(reply, batch.table, found); });
    if (!done) return std::unexpected(std::move(done.error()));
  }
  return found;
}

}  // namespace lazaret::aws
