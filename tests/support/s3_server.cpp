#include "tests/support/s3_server.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "objects/s3/setup.h"
#include "tests/support/test_server.h"

namespace lazaret::testing_support {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string(value);
}

aws::Credentials keys(std::string id, std::string secret) {
  return {.access_key_id = std::move(id),
          .secret_access_key = Secret(std::move(secret)),
          .session_token = {},
          .expires_at = {},
          .source = "test"};
}

Result<S3Server> given_server(const std::string& url) {
  const auto endpoint = aws::parse_endpoint(url);
  if (!endpoint) return fail(ErrorCode::kInvalidParameter, "LAZARET_TEST_S3_ENDPOINT is no URL");
  S3Server server;
  server.endpoint = *endpoint;
  server.region = variable("AWS_REGION").empty() ? "us-east-1" : variable("AWS_REGION");
  server.credentials = keys(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
  server.credentials.session_token = Secret(variable("AWS_SESSION_TOKEN"));
  if (!variable("STRANGER_ACCESS_KEY_ID").empty()) {
    server.stranger = keys(variable("STRANGER_ACCESS_KEY_ID"), variable("STRANGER_SECRET_ACCESS_KEY"));
  }
  return server;
}

Result<S3Server> of_process(const Result<std::unique_ptr<TestServer>>& process, const std::string& endpoint_name) {
  if (!process) return std::unexpected(process.error());
  const TestServer& running = **process;
  S3Server server;
  server.endpoint = aws::parse_endpoint(running.value(endpoint_name)).value();
  server.region = running.value("AWS_REGION");
  server.credentials = keys(running.value("AWS_ACCESS_KEY_ID"), running.value("AWS_SECRET_ACCESS_KEY"));
  if (!running.value("STRANGER_ACCESS_KEY_ID").empty()) {
    server.stranger = keys(running.value("STRANGER_ACCESS_KEY_ID"), running.value("STRANGER_SECRET_ACCESS_KEY"));
  }
  return server;
}

Call within(std::chrono::seconds time) {
  return {.deadline = std::chrono::steady_clock::now() + time, .stop = {}, .request_id = "test"};
}

}  // namespace

const Result<S3Server>& s3_server() {
  static const std::string url = variable("LAZARET_TEST_S3_ENDPOINT");
  if (!url.empty()) {
    static const Result<S3Server> given = given_server(url);
    return given;
  }
  static const auto process = TestServer::start("rgw");
  static const Result<S3Server> server = of_process(process, "LAZARET_TEST_S3_ENDPOINT");
  return server;
}

const Result<S3Server>& moto_server() {
  static const auto process = TestServer::start("moto");
  static const Result<S3Server> server = of_process(process, "LAZARET_TEST_DYNAMODB_ENDPOINT");
  return server;
}

void remove_bucket(const aws::Client::Parts& parts, const S3StoreOptions& options) {
  const Call call = within(std::chrono::minutes{2});
  S3Store store(parts, options);
  const auto keys = store.list(call, "", {}, 10'000);
  if (!keys) return;  // it was never made
  for (const ObjectKey& key : *keys)
    static_cast<void>(store.remove(call, key));
  aws::Client client(parts, options.client);
  const aws::S3Address address = s3_client_options(options).address;
  static_cast<void>(client.call(call, address.on_bucket("DeleteBucket", aws::Method::kDelete)));
}

TestBucket::TestBucket(const S3Server& server, const TestBucketOptions& wanted)
    : credentials_(server.credentials), transport_(aws::CurlTransport::make({}).value()) {
  options_.client.endpoint = server.endpoint;
  options_.client.region = server.region;
  options_.bucket = "lazaret-test-" + make_attempt_id(random_).to_string();
  client_.emplace(parts(), options_.client);
  const Call call = within(std::chrono::minutes{1});
  if (wanted.locks == TestBucketOptions::Locks::kYes) {
    auto create = s3_client_options(options_).address.on_bucket("CreateBucket", aws::Method::kPut);
    create.headers.push_back({.name = "x-amz-bucket-object-lock-enabled", .value = "true"});
    EXPECT_TRUE(client_->call(call, create).has_value());
  }
  const auto made = S3Setup(parts(), options_, wanted.versioning).init(call);
  EXPECT_TRUE(made.has_value()) << made.error().detail;
}

TestBucket::~TestBucket() {
  remove_bucket(parts(), options_);
}

}  // namespace lazaret::testing_support
