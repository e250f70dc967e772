#include "metadata/dynamodb/tables.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "document/json.h"
#include "document/json_tree.h"
#include "metadata/dynamodb/faults.h"
#include "metadata/dynamodb/home.h"

namespace lazaret {
namespace {

using dynamo::DescribedTable;
using dynamo::Drift;
using dynamo::IndexSchema;
using dynamo::TableSchema;
using json::Node;

constexpr std::chrono::milliseconds kPollAtFirst{50};
constexpr std::chrono::milliseconds kPollAtMost{5000};
constexpr int kMostPolls = 1000;
constexpr int kMostTries = 20;

std::string table_body(const TableSchema& table) {
  std::string body = R"({"TableName":)";
  append_json_string(body, table.name);
  return body + "}";
}

bool is_missing_table(const aws::Failure& failure) {
  return failure.code == "ResourceNotFoundException";
}

// Others may be at the same work.
bool is_in_use(const aws::Failure& failure) {
  return failure.code == "ResourceInUseException" || failure.code == "LimitExceededException";
}

bool is_unknown_operation(const aws::Failure& failure) {
  return failure.code == "UnknownOperationException" || failure.status == 501;
}

// nullopt: there is no such table.
aws::Outcome<std::optional<DescribedTable>> describe(aws::DynamoDbClient& db, const Call& call,
                                                     const TableSchema& table) {
  auto reply = db.run(call, "DescribeTable", table_body(table));
  if (!reply && is_missing_table(reply.error())) return std::nullopt;
  if (!reply) return std::unexpected(std::move(reply.error()));
  auto described = dynamo::described_from(*reply);
  if (!described) return std::unexpected(aws::Failure{.error = std::move(described.error())});
  return std::move(*described);
}

// A member of a member of a reply, as text; empty where it is not there.
std::string text_in(const Node& reply, std::initializer_list<std::string_view> path) {
  const Node* node = &reply;
  for (const std::string_view name : path) {
    if (node != nullptr) node = node->find(name);
  }
  return node == nullptr ? std::string{} : node->text;
}

class Tables {
 public:
  Tables(aws::DynamoDbClient& db, const Call& call, const DynamoDbTableOptions& options)
      : db_(db), call_(call), options_(options) {}

  Result<void> init(Pause& pause, const TableSchema& table);
  Result<std::vector<Drift>> check(const TableSchema& table);
  Result<void> write_layout();
  Result<void> check_layout(std::vector<Drift>& drift);

 private:
  Result<DescribedTable> wait_until_active(Pause& pause, const TableSchema& table);
  Result<void> add_index(Pause& pause, const TableSchema& table, const IndexSchema& index, std::uint64_t throughput);
  Result<void> add_indexes(Pause& pause, const TableSchema& table, const DescribedTable& found);
  Result<void> turn_on_ttl(const TableSchema& table);
  Result<void> turn_on_recovery(const TableSchema& table);
  Result<void> turn_on_protection(const TableSchema& table);
  Result<std::string> ttl_of(const TableSchema& table);
  Result<std::string> recovery_of(const TableSchema& table);
  bool tolerates(const aws::Failure& failure) const {
    return options_.unknown_operations == UnknownOperations::kTolerate && is_unknown_operation(failure);
  }
  Result<void> run(std::string_view operation, std::string body);

  aws::DynamoDbClient& db_;
  const Call& call_;
  const DynamoDbTableOptions& options_;
};

Result<void> Tables::run(std::string_view operation, std::string body) {
  auto reply = db_.run(call_, operation, std::move(body));
  if (reply || tolerates(reply.error()) || is_in_use(reply.error())) return {};
  return dynamo::fail_as(std::move(reply.error()));
}

Result<DescribedTable> Tables::wait_until_active(Pause& pause, const TableSchema& table) {
  auto wait = kPollAtFirst;
  for (int polls = 0; polls < kMostPolls; ++polls) {
    auto found = describe(db_, call_, table);
    if (!found) return dynamo::fail_as(std::move(found.error()));
    if (*found && (*found)->active()) return std::move(**found);
    pause.wait(call_, wait);
    wait = std::min(2 * wait, kPollAtMost);
    if (call_.stop.stop_requested()) break;
  }
  return fail(ErrorCode::kUnavailable, "dynamodb: table " + table.name + " does not become ACTIVE");
}

// One at a time: DynamoDB makes no two at once, and refuses while another's is being made.
Result<void> Tables::add_index(Pause& pause, const TableSchema& table, const IndexSchema& index,
                               std::uint64_t throughput) {
  const std::string cannot =
      "dynamodb: table " + table.name + " cannot be given its index " + std::string(index.name) + ": ";
  for (int tries = 0; tries < kMostTries; ++tries) {
    auto added = run("UpdateTable", dynamo::add_index_body(table, index, throughput));
    if (!added) {
      added.error().detail = cannot + added.error().detail;
      return added;
    }
    auto active = wait_until_active(pause, table);
    if (!active) return std::unexpected(std::move(active.error()));
    if (active->find(index.name) != nullptr) return {};
  }
  return fail(ErrorCode::kUnavailable, cannot + "this engine makes indexes only with a table");
}

Result<void> Tables::add_indexes(Pause& pause, const TableSchema& table, const DescribedTable& found) {
  for (const IndexSchema& index : table.indexes) {
    if (found.find(index.name) != nullptr) continue;
    if (auto added = add_index(pause, table, index, found.throughput); !added) return added;
  }
  return {};
}

Result<std::string> Tables::ttl_of(const TableSchema& table) {
  auto reply = db_.run(call_, "DescribeTimeToLive", table_body(table));
  if (!reply && tolerates(reply.error())) return "unknown to this engine";
  if (!reply) return dynamo::fail_as(std::move(reply.error()));
  return text_in(*reply, {"TimeToLiveDescription", "AttributeName"});
}

Result<std::string> Tables::recovery_of(const TableSchema& table) {
  auto reply = db_.run(call_, "DescribeContinuousBackups", table_body(table));
  if (!reply && tolerates(reply.error())) return "unknown to this engine";
  if (!reply) return dynamo::fail_as(std::move(reply.error()));
  return text_in(*reply,
                 {"ContinuousBackupsDescription", "PointInTimeRecoveryDescription", "PointInTimeRecoveryStatus"});
}

Result<void> Tables::turn_on_ttl(const TableSchema& table) {
  if (table.expires.empty()) return {};
  const auto now = ttl_of(table);
  if (!now) return std::unexpected(now.error());
  if (!now->empty()) return {};
  std::string body = table_body(table);
  body.pop_back();
  body += R"(,"TimeToLiveSpecification":{"Enabled":true,"AttributeName":)";
  append_json_string(body, table.expires);
  return run("UpdateTimeToLive", body + "}}");
}

Result<void> Tables::turn_on_recovery(const TableSchema& table) {
  if (!options_.point_in_time_recovery) return {};
  const auto now = recovery_of(table);
  if (!now) return std::unexpected(now.error());
  if (*now != "DISABLED") return {};
  std::string body = table_body(table);
  body.pop_back();
  return run("UpdateContinuousBackups",
             body + R"(,"PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}})");
}

// Of a table that was there before; one of ours is made with it.
Result<void> Tables::turn_on_protection(const TableSchema& table) {
  std::string body = table_body(table);
  body.pop_back();
  return run("UpdateTable", body + R"(,"DeletionProtectionEnabled":true})");
}

Result<void> Tables::init(Pause& pause, const TableSchema& table) {
  auto found = describe(db_, call_, table);
  if (!found) return dynamo::fail_as(std::move(found.error()));
  const bool was_there = found->has_value();
  if (!was_there) {
    auto created = run("CreateTable", dynamo::create_table_body(table, options_.deletion_protection));
    if (!created) return created;
  }
  auto active = wait_until_active(pause, table);
  if (!active) return std::unexpected(std::move(active.error()));
  if (auto added = add_indexes(pause, table, *active); !added) return added;
  if (auto on = turn_on_ttl(table); !on) return on;
  if (auto on = turn_on_recovery(table); !on) return on;
  // An engine of another kind may take the wish and forget it.
  const bool wish = was_there && options_.deletion_protection && !active->deletion_protection &&
                    options_.unknown_operations == UnknownOperations::kRefuse;
  return wish ? turn_on_protection(table) : Result<void>{};
}

Result<std::vector<Drift>> Tables::check(const TableSchema& table) {
  const std::string name = "table " + table.name;
  auto found = describe(db_, call_, table);
  if (!found) return dynamo::fail_as(std::move(found.error()));
  if (!*found) return std::vector<Drift>{{name, "exists", "missing"}};
  std::vector<Drift> drift = dynamo::drift_of(table, **found);
  if (!(*found)->active()) drift.push_back({name + ", status", "ACTIVE", (*found)->status});
  if (options_.deletion_protection && !(*found)->deletion_protection) {
    drift.push_back({name + ", deletion protection", "on", "off"});
  }
  if (!table.expires.empty()) {
    const auto ttl = ttl_of(table);
    if (!ttl) return std::unexpected(ttl.error());
    if (*ttl != table.expires) {
      drift.push_back({name + ", time to live", std::string(table.expires), ttl->empty() ? "off" : *ttl});
    }
  }
  if (options_.point_in_time_recovery) {
    const auto recovery = recovery_of(table);
    if (!recovery) return std::unexpected(recovery.error());
    if (*recovery != "ENABLED") drift.push_back({name + ", point-in-time recovery", "ENABLED", *recovery});
  }
  return drift;
}

// The first writer decides; nobody changes it afterwards.
Result<void> Tables::write_layout() {
  aws::PutItem put{.table = dynamo::index_table_of(options_.table), .item = dynamo::index_key("M#cfg", "layout")};
  put.item.emplace("shards", static_cast<std::uint64_t>(options_.shards));
  put.condition = "attribute_not_exists(" + put.expression.name("pk") + ")";
  auto written = db_.put(call_, put);
  if (!written && aws::is_condition_failure(written.error())) return {};
  return dynamo::to_result(std::move(written));
}

Result<void> Tables::check_layout(std::vector<Drift>& drift) {
  const std::string table = dynamo::index_table_of(options_.table);
  const auto item = db_.get(call_, {.table = table, .key = dynamo::index_key("M#cfg", "layout")});
  if (!item && is_missing_table(item.error())) return {};
  if (!item) return dynamo::fail_as(item.error());
  const auto shards = *item ? dynamo::number_of(**item, "shards") : std::nullopt;
  if (shards == options_.shards) return {};
  drift.push_back({"table " + table + ", shards", std::to_string(options_.shards),
                   shards ? std::to_string(*shards) : "not written"});
  return {};
}

}  // namespace

UnknownOperations unknown_operations_at(const aws::Endpoint& endpoint) {
  const bool amazon = endpoint.host.ends_with(".amazonaws.com") || endpoint.host.ends_with(".amazonaws.com.cn");
  return amazon ? UnknownOperations::kRefuse : UnknownOperations::kTolerate;
}

Result<void> init_dynamodb_tables(aws::DynamoDbClient& db, Pause& pause, const Call& call,
                                  const DynamoDbTableOptions& options) {
  Tables tables(db, call, options);
  for (const TableSchema& table : dynamo::schema_of(options.table)) {
    if (auto made = tables.init(pause, table); !made) return made;
  }
  return tables.write_layout();
}

Result<std::vector<Drift>> check_dynamodb_tables(aws::DynamoDbClient& db, const Call& call,
                                                 const DynamoDbTableOptions& options) {
  Tables tables(db, call, options);
  std::vector<Drift> all;
  for (const TableSchema& table : dynamo::schema_of(options.table)) {
    auto drift = tables.check(table);
    if (!drift) return drift;
    std::ranges::move(*drift, std::back_inserter(all));
  }
  if (auto checked = tables.check_layout(all); !checked) return std::unexpected(std::move(checked.error()));
  return all;
}

namespace dynamo {

Result<void> probe_tables(Home& home, const Call& call) {
  const aws::ClientOptions& service = home.db().service();
  for (const TableSchema& table : schema_of(home.documents())) {
    const TablePlace place{table.name, service.endpoint.authority(), service.region};
    auto found = describe(home.db(), call, table);
    if (!found) return std::unexpected(explain_refusal(std::move(found.error()), place));
    if (!*found) return std::unexpected(explain_missing_table(place));
    const auto drift = drift_of(table, **found);
    if (!drift.empty()) {
      return fail(ErrorCode::kUnavailable, "dynamodb: " + drift.front().what + " is " + drift.front().found +
                                               " where it should be " + drift.front().expected +
                                               ": run `lazaret init`");
    }
    if (!(*found)->active()) {
      return fail(ErrorCode::kUnavailable, "dynamodb: table " + table.name + " or an index of it is not ACTIVE yet",
                  Retry::kSafe);
    }
  }
  if (auto shards = home.shards(call); !shards) return std::unexpected(std::move(shards.error()));
  return {};
}

}  // namespace dynamo
}  // namespace lazaret
