// What a test needs to talk to a DynamoDB server: the real client over the real transport, or over one that the test
// brings to spoil calls.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "aws/client.h"
#include "aws/credentials/credentials.h"
#include "aws/curl/transport.h"
#include "aws/dynamodb/client.h"
#include "aws/retry.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/worker_pool.h"
#include "metadata/dynamodb/store.h"
#include "metadata/dynamodb/tables.h"
#include "tests/support/test_server.h"

namespace lazaret::testing_support {

inline aws::Credentials any_credentials() {
  const char* id = std::getenv("AWS_ACCESS_KEY_ID");
  const char* secret = std::getenv("AWS_SECRET_ACCESS_KEY");
  return {.access_key_id = id == nullptr ? "LAZARETTESTKEY000001" : id,
          .secret_access_key = Secret(secret == nullptr ? "lazaret-test-secret" : secret),
          .session_token = {},
          .expires_at = {},
          .source = "test"};
}

// Where a server listens: the child of this binary by that name, or what LAZARET_TEST_DYNAMODB_ENDPOINT names instead.
inline const std::string& dynamodb_endpoint(const std::string& name) {
  static std::map<std::string, std::unique_ptr<TestServer>> servers;
  static std::map<std::string, std::string> endpoints;
  if (const auto known = endpoints.find(name); known != endpoints.end()) return known->second;
  if (const char* given = std::getenv("LAZARET_TEST_DYNAMODB_ENDPOINT")) return endpoints[name] = given;
  auto server = TestServer::start(name).value();
  endpoints[name] = server->value("LAZARET_TEST_DYNAMODB_ENDPOINT");
  servers[name] = std::move(server);
  return endpoints[name];
}

// Not waiting is fine where the server never throttles.
class NoPause final : public Pause {
 public:
  void wait(const Call&, std::chrono::milliseconds) override {}
};

class DynamoDbParts {
 public:
  explicit DynamoDbParts(const std::string& endpoint, aws::Transport* transport = nullptr)
      : curl_(aws::CurlTransport::make({.connections = 16}).value()),
        client_({transport == nullptr ? *curl_ : *transport, credentials_, clock_, random_, &no_pause_},
                {.service = aws::Service::kDynamoDb,
                 .endpoint = aws::parse_endpoint(endpoint).value(),
                 .region = "us-east-1",
                 .max_attempts = aws::kDynamoDbAttempts,
                 .transient_delay = aws::kDynamoDbDelay,
                 .user_agent = "lazaret-test"}),
        db_({client_, clock_, random_, &no_pause_}, {}) {}

  aws::Transport& curl() { return *curl_; }
  aws::DynamoDbClient& db() { return db_; }
  WorkerPool& beside() { return beside_; }
  const Clock& clock() { return clock_; }
  DynamoDbStore::Parts store_parts() { return {db_, clock_, beside_}; }

  Result<void> make_tables(const std::string& table, unsigned shards) {
    return init_dynamodb_tables(db_, pause_, {},
                                {.table = table,
                                 .shards = shards,
                                 .deletion_protection = false,
                                 .unknown_operations = UnknownOperations::kTolerate});
  }
  void drop_tables(const std::string& table) {
    for (const std::string& name : {table, table + "-index"})
      static_cast<void>(db_.run({}, "DeleteTable", R"({"TableName":")" + name + R"("})"));
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  ThreadPause pause_;
  NoPause no_pause_;
  aws::StaticCredentials credentials_{any_credentials()};
  std::unique_ptr<aws::Transport> curl_;
  aws::Client client_;
  aws::DynamoDbClient db_;
  WorkerPool beside_{{.name = "beside", .threads = 4, .queue_limit = 64}};
};

}  // namespace lazaret::testing_support
