#include <string>

#include <gtest/gtest.h>

#include "aws/attempt.h"
#include "aws/error_answer.h"
#include "aws/error_table.h"

namespace lazaret::aws {
namespace {

TEST(ErrorTable, KnowsACodeBeforeItsStatus) {
  EXPECT_EQ(meaning_of("RequestTimeout", 400).remedy, Remedy::kRepeat);
  EXPECT_EQ(meaning_of("SlowDown", 503).remedy, Remedy::kSlowDown);
  EXPECT_EQ(meaning_of("ProvisionedThroughputExceededException", 400).remedy, Remedy::kSlowDown);
  EXPECT_EQ(meaning_of("OperationAborted", 409).remedy, Remedy::kRepeat);
  EXPECT_EQ(meaning_of("NoSuchKey", 404).code, ErrorCode::kNotFound);
  EXPECT_EQ(meaning_of("ConditionalCheckFailedException", 400).code, ErrorCode::kPreconditionFailed);
}

TEST(ErrorTable, FallsBackToTheStatus) {
  EXPECT_EQ(meaning_of("", 404).code, ErrorCode::kNotFound);
  EXPECT_EQ(meaning_of("", 412).code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(meaning_of("", 429).remedy, Remedy::kSlowDown);
  for (const int status : {500, 502, 503, 504, 599})
    EXPECT_EQ(meaning_of("SomethingNew", status).remedy, Remedy::kRepeat) << status;
  for (const int status : {400, 403, 405, 416, 501})
    EXPECT_EQ(meaning_of("SomethingNew", status).remedy, Remedy::kNone) << status;
}

TEST(ErrorTable, NeverTakesOurTroubleForTheCallersOwn) {
  for (const char* code : {"AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "NoSuchBucket",
                           "ResourceNotFoundException", "ExpiredToken", "PermanentRedirect"})
    EXPECT_EQ(meaning_of(code, 403).code, ErrorCode::kUnavailable) << code;
}

TEST(ErrorAnswer, ReadsTheXmlOfS3) {
  const ErrorAnswer answer = read_error(
      {.status = 400,
       .body = "<?xml version=\"1.0\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region\nis "
               "wrong</Message><Region>eu-west-1</Region><RequestId>R1</RequestId></Error>"});
  EXPECT_EQ(answer.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(answer.message, "the region is wrong");
  EXPECT_EQ(answer.region, "eu-west-1");
  EXPECT_EQ(answer.request_id, "R1");
}

TEST(ErrorAnswer, ReadsTheXmlOfSts) {
  const ErrorAnswer answer = read_error({.status = 403,
                                         .body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                                                 "</Error><RequestId>R2</RequestId></ErrorResponse>"});
  EXPECT_EQ(answer.code, "AccessDenied");
  EXPECT_EQ(answer.request_id, "R2");
}

TEST(ErrorAnswer, ReadsTheJsonOfDynamoDb) {
  const ErrorAnswer answer =
      read_error({.status = 400,
                  .headers = {{"x-amzn-requestid", "R3"}},
                  .body = R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","Message":"m"})"});
  EXPECT_EQ(answer.code, "ResourceNotFoundException");
  EXPECT_EQ(answer.message, "m");
  EXPECT_EQ(answer.request_id, "R3");
}

TEST(ErrorAnswer, ReadsTheTypeInAHeader) {
  EXPECT_EQ(read_error({.headers = {{"x-amzn-errortype", "AccessDeniedException:http://internal/"}}}).code,
            "AccessDeniedException");
}

TEST(ErrorAnswer, MakesNothingOfOtherPages) {
  for (const char* body : {"", "<html><body>502 Bad Gateway</body></html>", "<Error><Code>Open", "{\"a\":", "plain",
                           "<Error><Code>not a code!</Code></Error>", "[1]", "{\"__type\":5}"})
    EXPECT_EQ(read_error({.status = 502, .body = body}).code, "") << body;
}

TEST(ErrorAnswer, TakesNoRegionThatIsNone) {
  EXPECT_EQ(read_error({.headers = {{"x-amz-bucket-region", "evil.example.org/"}}}).region, "");
  EXPECT_EQ(read_error({.headers = {{"x-amz-bucket-region", "us-gov-west-1"}}}).region, "us-gov-west-1");
}

TEST(ErrorAnswer, KnowsAnErrorByTheRootOfItsDocument) {
  EXPECT_TRUE(is_error_document({.status = 200, .body = "\n <?xml version=\"1.0\"?><Error><Code>X</Code></Error>"}) ||
              is_error_document({.status = 200, .body = "\n <Error><Code>X</Code></Error>"}));
  EXPECT_FALSE(is_error_document({.status = 200, .body = "<List><Error/></List>"}));
  EXPECT_FALSE(is_error_document({.status = 200, .body = "Error"}));
}

TEST(Setback, KeepsTheMessagesOfDataOutOfTheLog) {
  const Operation operation{.name = "PutItem", .method = Method::kPost};
  const Setback refused = setback_of(
      operation, HttpResponse{.status = 400, .body = R"({"__type":"x#ValidationException","message":"Jane Doe"})"});
  EXPECT_EQ(refused.failure.error.detail, "PutItem: 400 ValidationException");
  const Setback denied = setback_of(
      operation,
      HttpResponse{.status = 400, .body = R"({"__type":"x#AccessDeniedException","message":"role x may not"})"});
  EXPECT_EQ(denied.failure.error.detail, "PutItem: 400 AccessDeniedException: role x may not");
}

TEST(HttpDate, IsReadAsServersWriteIt) {
  const Timestamp time = *parse_rfc3339("2026-11-04T17:03:09Z");
  EXPECT_EQ(parse_http_date(format_http_date(time)), time);
  for (const char* text :
       {"", "Wed, 04 Foo 2026 17:03:09 GMT", "Wed, 04 Nov 2026 17:03:09 CET", "2026-11-04T17:03:09Z"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(Region, ChangesInTheHostsOfAwsAlone) {
  const Endpoint aws{"https", "s3.us-east-1.amazonaws.com", 0, ""};
  EXPECT_EQ(in_region(aws, "us-east-1", "eu-west-1").host, "s3.eu-west-1.amazonaws.com");
  const Endpoint own{"https", "s3.us-east-1.example.org", 0, ""};
  EXPECT_EQ(in_region(own, "us-east-1", "eu-west-1"), own);
}

}  // namespace
}  // namespace lazaret::aws
