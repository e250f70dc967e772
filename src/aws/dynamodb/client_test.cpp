#include "aws/dynamodb/client.h"

#include <memory>

#include <gmock/gmock.h>

#include "aws/curl/transport.h"
#include "aws/dynamodb/json.h"
#include "base/crc32.h"
#include "tests/support/aws_parts.h"
#include "tests/support/http_imposter.h"

namespace lazaret::aws {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::HeaderList;
using testing_support::ImposterAnswer;
using testing_support::Misdeed;

class DynamoDbClientTest : public testing::Test {
 protected:
  void answer(std::string body, int status = 200, HeaderList headers = {}) {
    imposter_.script({.status = status, .body = std::move(body), .headers = std::move(headers)});
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (const auto& request : imposter_.requests())
      all.push_back(request.body);
    return all;
  }

  testing_support::HttpImposter imposter_;
  SystemClock clock_;
  testing_support::ConstantRandom random_;
  testing_support::RecordingPause pause_;
  StaticCredentials credentials_{{.access_key_id = "id", .secret_access_key = Secret("secret"), .source = "test"}};
  std::unique_ptr<Transport> transport_ = CurlTransport::make({}).value();
  Client client_{{*transport_, credentials_, clock_, random_, &pause_},
                 {.service = Service::kDynamoDb,
                  .endpoint = parse_endpoint(imposter_.url()).value(),
                  .region = "us-east-1",
                  .max_attempts = kDynamoDbAttempts,
                  .transient_delay = kDynamoDbDelay,
                  .user_agent = "test"}};
  DynamoDbClient db_{{client_, clock_, random_, &pause_}, {.batch_rounds = 3}};
  Call call_;
};

TEST_F(DynamoDbClientTest, SpeaksTheJsonProtocol) {
  answer(R"({"Item":{"id":{"S":"a"}}})");
  const auto item = db_.get(call_, {.table = "t", .key = {{"id", "a"}}});
  ASSERT_TRUE(item);
  EXPECT_EQ(*item, (Item{{"id", "a"}}));
  const auto request = imposter_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.header("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(request.header("x-amz-target"), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(request.header("accept-encoding"), "identity");
  EXPECT_EQ(request.body, R"({"TableName":"t","Key":{"id":{"S":"a"}},"ConsistentRead":true,)"
                          R"("ReturnConsumedCapacity":"TOTAL"})");
}

TEST_F(DynamoDbClientTest, WhatIsNotThereIsNoFailure) {
  answer("{}");
  const auto item = db_.get(call_, {.table = "t", .key = {{"id", "a"}}});
  ASSERT_TRUE(item);
  EXPECT_EQ(*item, std::nullopt);
}

TEST_F(DynamoDbClientTest, NamesEveryAttributeByAnAlias) {
  answer(R"({"Count":0,"ScannedCount":0})");
  QueryItems query{.table = "t", .index = "i", .limit = 7};
  query.key_condition = query.expression.name("state") + " = " + query.expression.value("x");
  query.filter = query.expression.name("size") + " > " + query.expression.value(std::uint64_t{1}) + " AND " +
                 query.expression.name("state") + " = " + query.expression.value("y");
  ASSERT_TRUE(db_.query(call_, query));
  EXPECT_EQ(bodies().at(0),
            R"({"TableName":"t","IndexName":"i","KeyConditionExpression":"#n0 = :v0",)"
            R"("FilterExpression":"#n1 > :v1 AND #n0 = :v2","ExpressionAttributeNames":{"#n0":"state","#n1":"size"},)"
            R"("ExpressionAttributeValues":{":v0":{"S":"x"},":v1":{"N":"1"},":v2":{"S":"y"}},)"
            R"("ScanIndexForward":true,"Limit":7,"ReturnConsumedCapacity":"TOTAL"})");
}

TEST_F(DynamoDbClientTest, AnAnswerWithAnotherChecksumIsAskedForAgain) {
  answer(R"({"Item":{"id":{"S":"damaged"}}})", 200, {{"x-amz-crc32", "12345"}});
  const std::string whole = R"({"Item":{"id":{"S":"whole"}}})";
  answer(whole, 200, {{"x-amz-crc32", std::to_string(crc32(whole))}});
  const auto item = db_.get(call_, {.table = "t", .key = {{"id", "a"}}});
  ASSERT_TRUE(item);
  EXPECT_EQ(*item, (Item{{"id", "whole"}}));
}

TEST_F(DynamoDbClientTest, ThrottledCallsAreMadeAgain) {
  answer(R"({"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow"})",
         400);
  answer("{}");
  EXPECT_TRUE(db_.get(call_, {.table = "t", .key = {{"id", "a"}}}));
  EXPECT_THAT(pause_.waits(), SizeIs(1));
}

TEST_F(DynamoDbClientTest, AFailedConditionGivesTheItemThatWasThere) {
  answer(R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
         R"("Message":"The conditional request failed","Item":{"id":{"S":"a"},"n":{"N":"1"}}})",
         400);
  PutItem put{.table = "t", .item = {{"id", "a"}}};
  put.condition = "attribute_not_exists(" + put.expression.name("id") + ")";
  const auto done = db_.put(call_, put);
  ASSERT_FALSE(done);
  EXPECT_TRUE(is_condition_failure(done.error()));
  EXPECT_FALSE(done.error().repeated);
  EXPECT_EQ(item_of(done.error()), (Item{{"id", "a"}, {"n", std::uint64_t{1}}}));
  EXPECT_THAT(bodies().at(0), HasSubstr(R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD")"));
}

TEST_F(DynamoDbClientTest, AFailedConditionAfterALostAnswerSaysThatItMayBeOurOwn) {
  imposter_.script({.misdeed = Misdeed::kCloseAfterReading});
  answer(R"({"__type":"x#ConditionalCheckFailedException","message":"failed"})", 400);
  PutItem put{.table = "t", .item = {{"id", "a"}}};
  put.condition = "attribute_not_exists(" + put.expression.name("id") + ")";
  const auto done = db_.put(call_, put);
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().repeated);
  EXPECT_EQ(item_of(done.error()), std::nullopt);
}

TEST_F(DynamoDbClientTest, WhatABatchLeavesIsSentAgainAloneAfterAWait) {
  answer(R"({"UnprocessedItems":{"t":[{"PutRequest":{"Item":{"id":{"S":"b"}}}}]}})");
  answer(R"({"UnprocessedItems":{}})");
  ASSERT_TRUE(db_.write_batch(call_, {.table = "t", .puts = {{{"id", "a"}}, {{"id", "b"}}}, .deletes = {}}));
  ASSERT_THAT(bodies(), SizeIs(2));
  EXPECT_EQ(bodies()[1], R"({"RequestItems":{"t":[{"PutRequest":{"Item":{"id":{"S":"b"}}}}]},)"
                         R"("ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_THAT(pause_.waits(), SizeIs(1));
}

TEST_F(DynamoDbClientTest, ABatchThatIsNeverDoneIsGivenUp) {
  for (int i = 0; i < 3; ++i)
    answer(R"({"UnprocessedItems":{"t":[{"DeleteRequest":{"Key":{"id":{"S":"b"}}}}]}})");
  const auto done = db_.write_batch(call_, {.table = "t", .puts = {}, .deletes = {{{"id", "b"}}}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(imposter_.request_count(), 3U);
}

TEST_F(DynamoDbClientTest, BatchesAreCutToWhatOneRequestMayHold) {
  BatchWrite batch{.table = "t"};
  for (int i = 0; i < 60; ++i)
    batch.puts.push_back({{"id", std::to_string(i)}});
  for (int i = 0; i < 3; ++i)
    answer("{}");
  ASSERT_TRUE(db_.write_batch(call_, batch));
  EXPECT_EQ(imposter_.request_count(), 3U);
}

TEST_F(DynamoDbClientTest, KeysThatWereLeftAreAskedForAgain) {
  answer(R"({"Responses":{"t":[{"id":{"S":"a"}}]},"UnprocessedKeys":{"t":{"Keys":[{"id":{"S":"b"}}]}}})");
  answer(R"({"Responses":{"t":[{"id":{"S":"b"}}]},"UnprocessedKeys":{}})");
  const auto found = db_.get_batch(call_, {.table = "t", .keys = {{{"id", "a"}}, {{"id", "b"}}, {{"id", "c"}}}});
  ASSERT_TRUE(found);
  EXPECT_THAT(found->items, ElementsAre(Item{{"id", "a"}}, Item{{"id", "b"}}));
  EXPECT_THAT(bodies()[1], HasSubstr(R"({"t":{"Keys":[{"id":{"S":"b"}}]}})"));
}

TEST_F(DynamoDbClientTest, APageTellsWhereToGoOnAndWhatItCost) {
  answer(R"({"Items":[{"id":{"S":"a"}}],"Count":1,"ScannedCount":9,"LastEvaluatedKey":{"id":{"S":"a"}},)"
         R"("ConsumedCapacity":{"TableName":"t","CapacityUnits":2.5}})");
  const auto page = db_.scan(call_, {.table = "t"});
  ASSERT_TRUE(page);
  EXPECT_THAT(page->items, SizeIs(1));
  EXPECT_EQ(page->scanned, 9U);
  EXPECT_EQ(page->bytes_read, 20480U);
  EXPECT_EQ(page->next, (Item{{"id", "a"}}));
  EXPECT_EQ(db_.consumed().read, 2.5);
}

TEST_F(DynamoDbClientTest, AnEngineThatCountsNoUnitsIsGuessedAt) {
  answer(R"({"Count":10,"ScannedCount":10})");
  const auto page = db_.scan(call_, {.table = "t"});
  ASSERT_TRUE(page);
  EXPECT_GT(page->bytes_read, 0U);
  EXPECT_EQ(page->next, std::nullopt);
}

TEST_F(DynamoDbClientTest, WhatIsNoReplyIsCorrupt) {
  for (const char* body : {"<html>", "[]", R"({"Items":{}})", R"({"Item":{"id":"a"}})"}) {
    answer(body);
    const auto item = db_.get(call_, {.table = "t", .key = {{"id", "a"}}});
    if (std::string_view(body) == R"({"Items":{}})") {
      EXPECT_TRUE(item);
      continue;
    }
    ASSERT_FALSE(item) << body;
    EXPECT_EQ(item.error().error.code, ErrorCode::kCorrupt) << body;
  }
}

}  // namespace
}  // namespace lazaret::aws
