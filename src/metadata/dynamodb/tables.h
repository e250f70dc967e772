// Making the tables, telling how they differ from what they should be, and saying why they cannot be used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aws/dynamodb/client.h"
#include "base/call.h"
#include "base/error.h"
#include "base/pause.h"
#include "metadata/dynamodb/schema.h"

namespace lazaret {

namespace dynamo {
class Home;
// kUnavailable with a detail that says what to do.
Result<void> probe_tables(Home& home, const Call& call);
}  // namespace dynamo

// Engines that are not AWS's lack some operations: what they do not know is left out there, and told by check_tables().
enum class UnknownOperations : std::uint8_t { kRefuse, kTolerate };

struct DynamoDbTableOptions {
  std::string table = "medical-documents";
  // Over how many partitions each month and each sort is spread: 1,000 writes a second each. For good.
  unsigned shards = 4;
  bool point_in_time_recovery = true;
  bool deletion_protection = true;
  UnknownOperations unknown_operations = UnknownOperations::kRefuse;
};

// The policy for an endpoint: AWS's own know everything.
UnknownOperations unknown_operations_at(const aws::Endpoint& endpoint);

// Makes what is missing and waits, within the call's deadline, until it can be used; never changes or removes what is
// there. May be run again at any time, by several at once.
Result<void> init_dynamodb_tables(aws::DynamoDbClient& db, Pause& pause, const Call& call,
                                  const DynamoDbTableOptions& options);
// What differs; empty: nothing. A table that is not there is a difference.
Result<std::vector<dynamo::Drift>> check_dynamodb_tables(aws::DynamoDbClient& db, const Call& call,
                                                         const DynamoDbTableOptions& options);

}  // namespace lazaret
