#include "aws/client.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/credentials/credentials.h"
#include "aws/curl/transport.h"
#include "aws/retry.h"
#include "tests/support/aws_parts.h"
#include "tests/support/http_imposter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/signature_check.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_support::ConstantRandom;
using testing_support::ExpectedSigner;
using testing_support::HttpImposter;
using testing_support::ImposterAnswer;
using testing_support::ImposterRequest;
using testing_support::ManualClock;
using testing_support::Misdeed;
using testing_support::RecordingPause;
using testing_support::RollingCredentials;
using testing_support::signature_fault;

Credentials key_pair(std::string id, std::string token = {}) {
  return {.access_key_id = std::move(id),
          .secret_access_key = Secret{"a secret"},
          .session_token = Secret{std::move(token)}};
}

std::string s3_error(std::string_view code, std::string_view more = "") {
  return "<?xml version=\"1.0\"?><Error><Code>" + std::string(code) + "</Code><Message>it says</Message>" +
         std::string(more) + "</Error>";
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() { options_.endpoint = *parse_endpoint(imposter.url()); }

  Client make() {
    return {{.transport = *transport, .credentials = credentials, .clock = clock, .random = random, .pause = &pause},
            options_};
  }
  static Operation get(std::string path = "/bucket/key") {
    return {.name = "GetObject", .method = Method::kGet, .path = std::move(path)};
  }
  static Operation put(Repeatable repeatable = Repeatable::kYes) {
    return {.name = "PutObject",
            .method = Method::kPut,
            .path = "/bucket/key",
            .body = std::string("the body"),
            .repeatable = repeatable};
  }
  Outcome<Reply> ask(const Operation& operation) { return make().call(Call{}, operation); }
  ExpectedSigner signer(std::string id = "AKID", std::string token = "", std::string region = "eu-west-1") const {
    return {std::move(id), "a secret", std::move(token), std::move(region), "s3"};
  }

  HttpImposter imposter;
  std::unique_ptr<CurlTransport> transport = *CurlTransport::make({.connections = 2});
  RollingCredentials credentials{{key_pair("AKID"), key_pair("AKID2", "fresh token")}};
  ManualClock clock{SystemClock{}.now()};
  ConstantRandom random;
  RecordingPause pause;
  ClientOptions options_{.service = Service::kS3, .region = "eu-west-1", .max_attempts = 5};
};

TEST_F(ClientTest, SignsWhatItSends) {
  imposter.script({.body = "hello"});
  Operation operation = get("/bucket/a b//../\xC3\xA9");
  operation.query = {{"versionId", "x/y+z"}, {"acl", ""}};
  operation.headers = {{"range", "bytes=0-9"}, {"x-amz-meta-spaced", "  two   spaces "}};
  const auto reply = ask(operation);
  ASSERT_TRUE(reply) << reply.error().error.detail;
  EXPECT_EQ(reply->response.body, "hello");
  EXPECT_FALSE(reply->repeated);
  EXPECT_EQ(signature_fault(imposter.requests().at(0), signer()), "");
}

TEST_F(ClientTest, SignsABodyAndItsHash) {
  imposter.script({});
  ASSERT_TRUE(ask(put()));
  const ImposterRequest seen = imposter.requests().at(0);
  EXPECT_EQ(signature_fault(seen, signer()), "");
  EXPECT_EQ(seen.header("x-amz-content-sha256"), sha256("the body").to_string());
  EXPECT_EQ(seen.header("amz-sdk-request"), "attempt=1; max=5");
}

TEST_F(ClientTest, SignsForDynamoDbToo) {
  options_.service = Service::kDynamoDb;
  imposter.script({.body = "{}"});
  Operation operation{.name = "GetItem", .method = Method::kPost, .body = std::string("{}")};
  operation.headers = {{"content-type", "application/x-amz-json-1.0"}, {"x-amz-target", "DynamoDB_20120810.GetItem"}};
  ASSERT_TRUE(ask(operation));
  ExpectedSigner expected = signer();
  expected.service = "dynamodb";
  EXPECT_EQ(signature_fault(imposter.requests().at(0), expected), "");
  EXPECT_FALSE(imposter.requests().at(0).has_header("x-amz-content-sha256"));
}

TEST_F(ClientTest, GivesAPermanentRefusalAtOnce) {
  imposter.script({.status = 404, .body = s3_error("NoSuchKey")});
  const auto reply = ask(get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kNotFound);
  EXPECT_EQ(reply.error().error.retry, Retry::kNever);
  EXPECT_EQ(reply.error().status, 404);
  EXPECT_EQ(reply.error().code, "NoSuchKey");
  EXPECT_EQ(imposter.request_count(), 1U);
}

TEST_F(ClientTest, RepeatsAFailureThatPassesSignedAnew) {
  imposter.script({.status = 503, .body = s3_error("ServiceUnavailable")});
  imposter.script({.status = 500});
  imposter.script({.body = "at last"});
  const auto reply = ask(get());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->response.body, "at last");
  const auto seen = imposter.requests();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[2].header("amz-sdk-request"), "attempt=3; max=5");
  EXPECT_EQ(seen[0].header("amz-sdk-invocation-id"), seen[2].header("amz-sdk-invocation-id"));
  for (const ImposterRequest& each : seen)
    EXPECT_EQ(signature_fault(each, signer()), "");
  EXPECT_EQ(pause.waits().size(), 2U);
}

TEST_F(ClientTest, EndsAfterItsAttempts) {
  for (int i = 0; i < 5; ++i)
    imposter.script({.status = 500});
  const auto reply = ask(get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(reply.error().error.retry, Retry::kSafe);
  EXPECT_EQ(imposter.request_count(), 5U);
}

TEST_F(ClientTest, WaitsLongerWhereItIsThrottled) {
  imposter.script({.status = 503, .body = s3_error("SlowDown")});
  imposter.script({});
  ASSERT_TRUE(ask(put()));
  ASSERT_EQ(pause.waits().size(), 1U);
  EXPECT_GT(pause.waits()[0], 50ms);
  EXPECT_LE(pause.waits()[0], 1s);
}

TEST_F(ClientTest, WaitsAsTheServiceAsks) {
  imposter.script({.status = 503, .headers = {{"x-amz-retry-after", "1500"}}});
  imposter.script({});
  ASSERT_TRUE(ask(get()));
  EXPECT_EQ(pause.waits(), std::vector{1500ms});
}

TEST_F(ClientTest, DoesNotWaitBeyondTheDeadline) {
  imposter.script({.status = 503, .headers = {{"Retry-After", "5"}}});
  const auto reply = make().call({.deadline = std::chrono::steady_clock::now() + 3s}, get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kUnavailable);
  EXPECT_TRUE(pause.waits().empty());
}

TEST_F(ClientTest, AnEmptyQuotaMakesFailuresFinal) {
  Client client = make();
  HttpImposter down([](const ImposterRequest&) { return ImposterAnswer{.status = 500}; });
  options_.endpoint = *parse_endpoint(down.url());
  Client of_down = make();
  for (int i = 0; i < 20; ++i)
    ASSERT_FALSE(of_down.call(Call{}, get()));
  // 500 tokens buy 35 repetitions at 14; each of the 20 calls has its first try.
  EXPECT_EQ(down.request_count(), 20U + 35U);
}

TEST_F(ClientTest, MarksAReplyWhoseEarlierTryMayHaveBeenApplied) {
  imposter.script({.misdeed = Misdeed::kCloseAfterReading});
  imposter.script({});
  const auto reply = ask(put());
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->repeated);
}

TEST_F(ClientTest, MarksARefusalWhoseEarlierTryMayHaveBeenApplied) {
  imposter.script({.status = 500});
  imposter.script({.status = 412, .body = s3_error("PreconditionFailed")});
  const auto reply = ask(put());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kPreconditionFailed);
  EXPECT_TRUE(reply.error().repeated);
}

TEST_F(ClientTest, AThrottledTryWasNotApplied) {
  imposter.script({.status = 503, .body = s3_error("SlowDown")});
  imposter.script({});
  const auto reply = ask(put());
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->repeated);
}

TEST_F(ClientTest, GivesAnAmbiguousFailureToItsCallerWhereItMustNotRepeat) {
  imposter.script({.status = 500});
  const auto reply = ask(put(Repeatable::kNo));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.retry, Retry::kAmbiguous);
  EXPECT_EQ(imposter.request_count(), 1U);
}

TEST_F(ClientTest, AReadIsNeverAmbiguous) {
  for (int i = 0; i < 5; ++i)
    imposter.script({.misdeed = Misdeed::kCloseAfterReading});
  transport = *CurlTransport::make({.connections = 1});
  const auto reply = ask(get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.retry, Retry::kSafe);
  EXPECT_FALSE(reply.error().repeated);
}

TEST_F(ClientTest, ALastFailureAfterAnAmbiguousOneIsAmbiguous) {
  options_.max_attempts = 2;
  imposter.script({.status = 500});
  imposter.script({.status = 503, .body = s3_error("SlowDown")});
  const auto reply = ask(put());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.retry, Retry::kAmbiguous);
}

TEST_F(ClientTest, MendsAClockThatIsOff) {
  const Timestamp truth = clock.now();
  clock.advance(-40min);
  std::vector<std::string> told;
  options_.on_mended = [&told](const std::string& what) { told.push_back(what); };
  Client client = make();
  const auto refusal = [&] {
    return ImposterAnswer{
        .status = 403, .body = s3_error("RequestTimeTooSkewed"), .headers = {{"Date", format_http_date(truth)}}};
  };
  imposter.script(refusal());
  imposter.script({});
  imposter.script({});
  ASSERT_TRUE(client.call(Call{}, get()));
  ASSERT_TRUE(client.call(Call{}, get()));
  const auto seen = imposter.requests();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_NE(seen[0].header("x-amz-date").substr(0, 13), seen[1].header("x-amz-date").substr(0, 13));
  EXPECT_EQ(seen[1].header("x-amz-date"), seen[2].header("x-amz-date"));
  EXPECT_TRUE(pause.waits().empty());
  EXPECT_THAT(told, ElementsAre(AllOf(HasSubstr("40 minutes behind that of 127.0.0.1:"), HasSubstr("NTP"))));
}

TEST_F(ClientTest, AWrongSecretIsNotTakenForAClockThatIsOff) {
  imposter.script({.status = 403, .body = s3_error("SignatureDoesNotMatch")});
  const auto reply = ask(get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(reply.error().error.retry, Retry::kNever);
  EXPECT_EQ(reply.error().error.detail, "GetObject: 403 SignatureDoesNotMatch: it says");
}

TEST_F(ClientTest, AsksForNewCredentialsOnceWhereTheyExpired) {
  imposter.script({.status = 400, .body = s3_error("ExpiredToken")});
  imposter.script({});
  ASSERT_TRUE(ask(get()));
  EXPECT_EQ(signature_fault(imposter.requests().at(1), signer("AKID2", "fresh token")), "");
  EXPECT_TRUE(pause.waits().empty());

  imposter.script({.status = 400, .body = s3_error("ExpiredToken")});
  const auto reply = ask(get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "ExpiredToken");
}

TEST_F(ClientTest, DoesNotAskAgainWithTheSameCredentials) {
  StaticCredentials fixed(key_pair("AKID"));
  Client client({.transport = *transport, .credentials = fixed, .clock = clock, .random = random, .pause = &pause},
                options_);
  imposter.script({.status = 400, .body = s3_error("ExpiredToken")});
  ASSERT_FALSE(client.call(Call{}, get()));
  EXPECT_EQ(imposter.request_count(), 1U);
}

TEST_F(ClientTest, MovesToTheRegionOfTheBucketAndStaysThere) {
  std::vector<std::string> told;
  options_.on_mended = [&told](const std::string& what) { told.push_back(what); };
  Client client = make();
  imposter.script({.status = 301, .headers = {{"x-amz-bucket-region", "ap-southeast-1"}}});
  imposter.script({});
  imposter.script({});
  ASSERT_TRUE(client.call(Call{}, get()));
  ASSERT_TRUE(client.call(Call{}, get()));
  const auto seen = imposter.requests();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(signature_fault(seen[1], signer("AKID", "", "ap-southeast-1")), "");
  EXPECT_EQ(signature_fault(seen[2], signer("AKID", "", "ap-southeast-1")), "");
  EXPECT_THAT(told, ElementsAre(AllOf(HasSubstr("ap-southeast-1"), HasSubstr("AWS_REGION"))));
}

TEST_F(ClientTest, ReadsTheRegionOutOfTheRefusal) {
  imposter.script({.status = 400, .body = s3_error("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>")});
  imposter.script({});
  ASSERT_TRUE(ask(get()));
  EXPECT_EQ(signature_fault(imposter.requests().at(1), signer("AKID", "", "eu-central-1")), "");
}

TEST_F(ClientTest, MovesOnceOnly) {
  imposter.script({.status = 301, .headers = {{"x-amz-bucket-region", "us-west-1"}}});
  imposter.script({.status = 301, .headers = {{"x-amz-bucket-region", "us-west-2"}}});
  const auto reply = ask(get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(imposter.request_count(), 2U);
  EXPECT_TRUE(reply.error().error.detail.contains("the bucket is in us-west-2"));
}

TEST_F(ClientTest, SendsDamagedBytesAgainOnce) {
  imposter.script({.status = 400, .body = s3_error("BadDigest")});
  imposter.script({.status = 400, .body = s3_error("BadDigest")});
  const auto reply = ask(put());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.retry, Retry::kSafe);
  EXPECT_EQ(imposter.request_count(), 2U);
}

TEST_F(ClientTest, AnErrorInASuccessIsAFailureOfTheServer) {
  imposter.script({.body = "\n \n" + s3_error("InternalError")});
  imposter.script({.body = "<CompleteMultipartUploadResult/>"});
  Operation operation = put();
  operation.error_in_success = true;
  const auto reply = ask(operation);
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->repeated);
  EXPECT_EQ(imposter.request_count(), 2U);
}

TEST_F(ClientTest, AsksAgainForAnAnswerThatWasDamaged) {
  imposter.script({.body = "damaged"});
  imposter.script({.body = "sound"});
  Operation operation = get();
  operation.is_sound = [](const HttpResponse& response) { return response.body == "sound"; };
  const auto reply = ask(operation);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->response.body, "sound");
}

TEST_F(ClientTest, PullsASuccessAndReadsARefusal) {
  imposter.script({.status = 500});
  imposter.script({.body = "pulled"});
  Client client = make();
  auto pulled = client.open(Call{}, get());
  ASSERT_TRUE(pulled) << pulled.error().error.detail;
  std::string text(100, '\0');
  const auto got = (*pulled)->read(Call{}, std::as_writable_bytes(std::span(text)));
  ASSERT_TRUE(got);
  EXPECT_EQ(text.substr(0, *got), "pulled");

  imposter.script({.status = 404, .body = s3_error("NoSuchKey")});
  const auto missing = client.open(Call{}, get());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "NoSuchKey");
}

TEST_F(ClientTest, PresignsAUrlThatNeedsNothingElse) {
  Client client = make();
  Operation operation = get();
  operation.query = {{"response-content-disposition", "attachment; filename*=UTF-8''a%20b.pdf"}};
  const auto url = client.presign(Call{}, operation, 60s);
  ASSERT_TRUE(url);
  ASSERT_TRUE(url->starts_with(imposter.url() + "/bucket/key?"));
  imposter.script({.body = "bytes"});
  HttpRequest plain{.endpoint = options_.endpoint, .path = "/bucket/key"};
  plain.query = url->substr(url->find('?') + 1);
  ASSERT_TRUE(transport->send(Call{}, plain, {}));
  EXPECT_EQ(signature_fault(imposter.requests().at(0), signer()), "");
}

TEST_F(ClientTest, APresignedUrlEndsBeforeItsSession) {
  Credentials session = key_pair("AKID", "token");
  session.expires_at = clock.now() + 5min;
  StaticCredentials fixed(session);
  Client client({.transport = *transport, .credentials = fixed, .clock = clock, .random = random}, options_);
  EXPECT_TRUE(client.presign(Call{}, get(), 1h)->contains("X-Amz-Expires=240&"));
  clock.advance(5min);
  EXPECT_FALSE(client.presign(Call{}, get(), 1h));
}

TEST_F(ClientTest, AStoppedCallIsNotRepeated) {
  imposter.script({.status = 500});
  std::stop_source source;
  source.request_stop();
  const auto reply = make().call({.stop = source.get_token()}, get());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace lazaret::aws
