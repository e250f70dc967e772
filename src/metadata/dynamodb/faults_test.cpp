#include "metadata/dynamodb/faults.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::dynamo {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const TablePlace kPlace{.table = "documents", .endpoint = "db.example.org", .region = "eu-central-1"};

Error explained(int status, std::string code, std::string body = {}, ErrorCode as = ErrorCode::kUnavailable) {
  aws::Failure failure;
  failure.error = {.code = as, .retry = Retry::kSafe, .detail = "what the client says", .faults = {}};
  failure.status = status;
  failure.code = std::move(code);
  failure.body = std::move(body);
  return explain_refusal(std::move(failure), kPlace);
}

TEST(DynamoDbFaults, SayWhereAndWhatAndWhatTheStoreSaid) {
  EXPECT_THAT(explained(400, "ValidationException").detail,
              AllOf(HasSubstr("db.example.org (region eu-central-1)"), HasSubstr("table documents"),
                    HasSubstr("what the client says")));
}

TEST(DynamoDbFaults, SayWhatToMend) {
  EXPECT_THAT(explained(400, "AccessDeniedException").detail, HasSubstr("dynamodb:DescribeTable"));
  EXPECT_THAT(explained(400, "UnrecognizedClientException").detail, HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(explained(400, "InvalidSignatureException").detail, HasSubstr("AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(explained(400, "ExpiredTokenException").detail, HasSubstr("has expired"));
  EXPECT_THAT(explained(0, "").detail, AllOf(HasSubstr("AWS_REGION"), HasSubstr("endpoint")));
  EXPECT_THAT(explain_missing_table(kPlace).detail,
              AllOf(HasSubstr("AWS_REGION"), HasSubstr("DYNAMODB_TABLE"), HasSubstr("lazaret init")));
}

TEST(DynamoDbFaults, TellAWrongClockFromAWrongSecretByTheMessage) {
  for (const char* message :
       {"Signature expired: 20260101T000000Z is now earlier than", "Signature not yet current: "}) {
    EXPECT_THAT(explained(400, "InvalidSignatureException", message).detail, HasSubstr("clock")) << message;
  }
}

TEST(DynamoDbFaults, GiveNoRefusalOfUsToACallerOfOurs) {
  for (const ErrorCode code : {ErrorCode::kForbidden, ErrorCode::kNotFound, ErrorCode::kConflict})
    EXPECT_EQ(explained(400, "AccessDeniedException", "", code).code, ErrorCode::kUnavailable);
  EXPECT_EQ(explained(0, "", "", ErrorCode::kDeadline).code, ErrorCode::kDeadline);
}

}  // namespace
}  // namespace lazaret::dynamo
