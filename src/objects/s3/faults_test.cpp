#include "objects/s3/faults.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const S3Place kPlace{.bucket = "documents", .endpoint = "https://s3.example.org", .region = "eu-central-1"};

aws::Failure failure(int status, std::string code, ErrorCode error = ErrorCode::kUnavailable) {
  aws::Failure made;
  made.error = {.code = error, .retry = Retry::kSafe, .detail = "what the client says", .faults = {}};
  made.status = status;
  made.code = std::move(code);
  return made;
}

TEST(S3Faults, CallsOnlyAMissingObjectNotFound) {
  for (const char* code : {"NoSuchKey", "NoSuchVersion", ""})
    EXPECT_EQ(explain_s3(failure(404, code), kPlace, "get k").code, ErrorCode::kNotFound) << code;
  for (const char* code : {"NoSuchBucket", "NoSuchUpload", "NoSuchLifecycleConfiguration"})
    EXPECT_EQ(explain_s3(failure(404, code), kPlace, "get k").code, ErrorCode::kUnavailable) << code;
}

TEST(S3Faults, NeverGivesTheStoresRefusalOfUsToACallerOfOurs) {
  for (const ErrorCode code : {ErrorCode::kForbidden, ErrorCode::kUnauthenticated, ErrorCode::kTooLarge,
                               ErrorCode::kPreconditionFailed, ErrorCode::kAlreadyExists, ErrorCode::kConflict})
    EXPECT_EQ(explain_s3(failure(403, "AccessDenied", code), kPlace, "put k").code, ErrorCode::kUnavailable);
}

TEST(S3Faults, KeepsWhatTheWayToTheStoreSays) {
  for (const ErrorCode code : {ErrorCode::kDeadline, ErrorCode::kCancelled, ErrorCode::kCorrupt, ErrorCode::kOverloaded,
                               ErrorCode::kInternal}) {
    const Error error = explain_s3(failure(0, "", code), kPlace, "put k");
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.retry, Retry::kSafe);
  }
}

TEST(S3Faults, SaysWhereAndWhatAndWhatTheStoreSaid) {
  EXPECT_THAT(explain_s3(failure(403, "AccessDenied"), kPlace, "put k").detail,
              AllOf(HasSubstr("put k"), HasSubstr("bucket documents at https://s3.example.org, region eu-central-1"),
                    HasSubstr("what the client says")));
}

TEST(S3Faults, SaysWhatToMend) {
  const auto detail = [](int status, std::string code) {
    return explain_s3(failure(status, std::move(code)), kPlace, "put k").detail;
  };
  EXPECT_THAT(detail(404, "NoSuchBucket"), AllOf(HasSubstr("lazaret init"), HasSubstr("S3_BUCKET")));
  EXPECT_THAT(detail(403, "AccessDenied"), HasSubstr("grant them the rights"));
  EXPECT_THAT(detail(403, ""), HasSubstr("grant them the rights"));  // a HEAD has no body
  EXPECT_THAT(detail(403, "InvalidAccessKeyId"), HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(detail(403, "SignatureDoesNotMatch"), HasSubstr("AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(detail(400, "ExpiredToken"), HasSubstr("has expired"));
  EXPECT_THAT(detail(403, "RequestTimeTooSkewed"), HasSubstr("clock"));
  EXPECT_THAT(detail(301, "PermanentRedirect"), HasSubstr("AWS_REGION"));
  EXPECT_THAT(detail(400, "AuthorizationHeaderMalformed"), HasSubstr("AWS_REGION"));
  EXPECT_THAT(detail(0, ""), HasSubstr("endpoint"));
}

}  // namespace
}  // namespace lazaret
