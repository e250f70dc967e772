// DynamoDbClient: the calls that read and write items, each method one operation of DynamoDB's JSON protocol. What is
// signed, sent and tried again is Client's; this makes bodies, checks x-amz-crc32, and asks again for what a batch left
// unprocessed. What items mean is said by who calls. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "aws/dynamodb/requests.h"

namespace lazaret::json {
struct Node;
}

namespace lazaret::aws {

// DynamoDB's own numbers of tries and delays, for ClientOptions.
inline constexpr int kDynamoDbAttempts = 4;
inline constexpr std::chrono::milliseconds kDynamoDbDelay{25};

struct DynamoDbOptions {
  TransportLimits limits;
  int batch_rounds = 10;  // tries at what a batch left unprocessed; kUnavailable after them
  std::chrono::milliseconds batch_delay{50};
};

// The failure of a conditional write. An earlier try of ours may be what made the condition fail.
bool is_condition_failure(const Failure& failure);
// The item as it was, beside a failed condition; none where the engine gives none (dynalite), or there was no item.
std::optional<Item> item_of(const Failure& failure);

class DynamoDbClient {
 public:
  // All of them outlive this.
  struct Parts {
    Client& client;
    const Clock& clock;
    Random& random;
    Pause* pause = nullptr;  // between rounds of a batch; nullptr: the calling thread sleeps
  };
  DynamoDbClient(Parts parts, DynamoDbOptions options) : parts_(parts), options_(options) {}

  // nullopt: there is none.
  Outcome<std::optional<Item>> get(const Call& call, const GetItem& get);
  Outcome<void> put(const Call& call, const PutItem& put);
  Outcome<void> update(const Call& call, const UpdateItem& update);
  // Of nothing: success, unless a condition says otherwise.
  Outcome<void> remove(const Call& call, const DeleteItem& remove);
  // One page, of at most 1 MB.
  Outcome<ItemPage> query(const Call& call, const QueryItems& query);
  Outcome<ItemPage> scan(const Call& call, const ScanItems& scan);
  // Any number, 25 in a request. On failure some may have been written.
  Outcome<void> write_batch(const Call& call, const BatchWrite& batch);
  // Any number, 100 in a request.
  Outcome<FoundItems> get_batch(const Call& call, const BatchGet& batch);

  // Any operation: its JSON body, its reply's JSON. For the operations on tables.
  Outcome<json::Node> run(const Call& call, std::string_view operation, std::string body);

  const ClientOptions& service() const { return parts_.client.options(); }

  // Since the start, where the engine counts them.
  ConsumedUnits consumed() const { return {read_units_.load(), write_units_.load()}; }

 private:
  Outcome<ItemPage> page(const Call& call, std::string_view operation, std::string body);
  Outcome<void> write(const Call& call, std::string_view operation, std::string body);
  // Sends `requests`, a JSON object for RequestItems, until nothing of it is left; `take` sees every reply.
  template <class Take>
  Outcome<void> run_batch(const Call& call, std::string_view operation, std::string requests, Take take);
  bool wait_for_round(const Call& call, int round);

  Parts parts_;
  DynamoDbOptions options_;
  std::atomic<double> read_units_ = 0;
  std::atomic<double> write_units_ = 0;
};

}  // namespace lazaret::aws
