// S3Store when the store or the way to it fails: before applying and after, slowly, half, and with a lie.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/s3_imposter.h"

namespace lazaret {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::Misdeed;

class S3StoreFaults : public testing_support::S3StoreOnAnImposter {
 protected:
  Result<std::string> read(std::uint64_t length, const Call& call) {
    auto body = store().open(call, key_, {.offset = 0, .length = length});
    if (!body) return std::unexpected(std::move(body).error());
    auto& stream = *std::get<std::unique_ptr<ByteStream>>(*body);
    std::string text;
    std::vector<std::byte> buffer(1000);
    for (;;) {
      const auto got = stream.read(call, buffer);
      if (!got) return std::unexpected(got.error());
      if (*got == 0) return text;
      text.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
  }
};

TEST_F(S3StoreFaults, APutThatNeverArrivedIsMadeAgain) {
  imposter_.script({.misdeed = Misdeed::kCloseBeforeReading});
  imposter_.script({});
  EXPECT_TRUE(store().put(call_, key_, blob("bytes")).has_value());
}

TEST_F(S3StoreFaults, APutWhoseAnswerWasLostIsKnownAgainWhereTheSecondIsRefused) {
  const SealedBlob sealed = blob("bytes");
  imposter_.script({.misdeed = Misdeed::kCloseAfterReading});
  imposter_.script({.status = 412, .body = error_body("PreconditionFailed")});
  imposter_.script({.headers = head_of(sealed)});
  EXPECT_TRUE(store().put(call_, key_, sealed).has_value());
  EXPECT_EQ(lines().back(), "HEAD /bucket/a/key");
}

TEST_F(S3StoreFaults, AnotherObjectUnderTheKeyIsNotTakenForOurs) {
  imposter_.script({.misdeed = Misdeed::kCloseAfterReading});
  imposter_.script({.status = 412, .body = error_body("PreconditionFailed")});
  imposter_.script({.headers = head_of(blob("others"))});
  EXPECT_EQ(store().put(call_, key_, blob("bytes")).error().code, ErrorCode::kAlreadyExists);
}

TEST_F(S3StoreFaults, APutThatIsRefusedAtTheFirstTryIsNoneOfOurs) {
  imposter_.script({.status = 412, .body = error_body("PreconditionFailed")});
  EXPECT_EQ(store().put(call_, key_, blob("bytes")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(imposter_.request_count(), 1U);
}

TEST_F(S3StoreFaults, AHeadSettlesAPutWhoseAnswersWereAllLost) {
  const SealedBlob sealed = blob("bytes");
  for (int i = 0; i < options_.client.max_attempts; ++i)
    imposter_.script({.misdeed = Misdeed::kReset});
  imposter_.script({.headers = head_of(sealed)});
  EXPECT_TRUE(store().put(call_, key_, sealed).has_value());
}

TEST_F(S3StoreFaults, APutThatMayStillLandIsAmbiguous) {
  imposter_.script({.status = 500, .body = error_body("InternalError")});
  imposter_.script({.status = 500});
  imposter_.script({.status = 503, .body = error_body("ServiceUnavailable")});
  imposter_.script({.status = 404});
  const auto put = store().put(call_, key_, blob("bytes"));
  EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(put.error().retry, Retry::kAmbiguous);
}

TEST_F(S3StoreFaults, AStoreThatThrottlesIsAskedAgainAndNothingIsInDoubt) {
  imposter_.script({.status = 503, .body = error_body("SlowDown")});
  imposter_.script({});
  EXPECT_TRUE(store().put(call_, key_, blob("bytes")).has_value());
  EXPECT_EQ(pause_.waits().size(), 1U);

  for (int i = 0; i < options_.client.max_attempts; ++i)
    imposter_.script({.status = 503, .body = error_body("SlowDown")});
  const auto put = store().put(call_, key_, blob("bytes"));
  EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(put.error().retry, Retry::kSafe);
}

TEST_F(S3StoreFaults, AnExpiredTokenIsRenewedOnce) {
  imposter_.script({.status = 400, .body = error_body("ExpiredToken")});
  imposter_.script({});
  EXPECT_TRUE(store().put(call_, key_, blob("bytes")).has_value());
  EXPECT_THAT(imposter_.requests().back().header("authorization"), HasSubstr("Credential=AKID2/"));

  imposter_.script({.status = 400, .body = error_body("ExpiredToken")});
  const auto put = store().put(call_, key_, blob("bytes"));
  EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
}

TEST_F(S3StoreFaults, AClockThatStaysOffIsReportedWithWhatToDo) {
  imposter_.script({.status = 403, .body = error_body("RequestTimeTooSkewed")});
  EXPECT_THAT(store().probe(call_).error().detail, HasSubstr("NTP"));
}

TEST_F(S3StoreFaults, ABucketInAnotherRegionIsAskedForThere) {
  imposter_.script(
      {.status = 301, .body = error_body("PermanentRedirect"), .headers = {{"x-amz-bucket-region", "ap-southeast-1"}}});
  imposter_.script({});
  EXPECT_TRUE(store().put(call_, key_, blob("bytes")).has_value());
  EXPECT_THAT(imposter_.requests().back().header("authorization"), HasSubstr("/ap-southeast-1/s3/"));
}

TEST_F(S3StoreFaults, ABucketThatIsSaidToBeNowhereIsReportedWithWhatToDo) {
  imposter_.script({.status = 301, .body = error_body("PermanentRedirect")});
  EXPECT_THAT(store().probe(call_).error().detail, HasSubstr("AWS_REGION"));
}

TEST_F(S3StoreFaults, BytesThatEndTooSoonAreNeverAnEnd) {
  imposter_.script({.status = 206, .body = std::string(5000, 'x'), .misdeed = Misdeed::kTruncate});
  const auto got = read(5000, call_);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kCorrupt);
}

TEST_F(S3StoreFaults, BytesThatStallEndWithTheDeadline) {
  imposter_.script({.status = 206, .body = std::string(5000, 'x'), .misdeed = Misdeed::kStallInBody});
  Call call;
  call.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{200};
  const auto got = read(5000, call);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kDeadline);
}

TEST_F(S3StoreFaults, AnObjectShorterThanWasAskedIsCorrupt) {
  imposter_.script({.status = 416, .body = error_body("InvalidRange")});
  EXPECT_EQ(read(10, call_).error().code, ErrorCode::kCorrupt);
}

TEST_F(S3StoreFaults, AListIsWalkedToItsEnd) {
  imposter_.script(
      {.body = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>"
               "<Contents><Key>a</Key></Contents></ListBucketResult>"});
  imposter_.script(
      {.body = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>m</NextContinuationToken>"
               "</ListBucketResult>"});
  imposter_.script({.body = "<ListBucketResult><Contents><Key>b</Key></Contents></ListBucketResult>"});
  EXPECT_EQ(store().list(call_, "", {}, 10), (std::vector{ObjectKey("a"), ObjectKey("b")}));
  EXPECT_THAT(lines()[1], HasSubstr("continuation-token=n"));
  EXPECT_THAT(lines()[2], HasSubstr("continuation-token=m"));
}

TEST_F(S3StoreFaults, AListThatIsAnErrorInASuccessIsAskedForAgain) {
  imposter_.script({.body = error_body("InternalError")});
  imposter_.script({.body = "<ListBucketResult><Contents><Key>b</Key></Contents></ListBucketResult>"});
  EXPECT_EQ(store().list(call_, "", {}, 10), (std::vector{ObjectKey("b")}));
}

TEST_F(S3StoreFaults, ARemovalAsksForUploadsAndOnceForVersionsBeforeItDeletes) {
  imposter_.script({.body = "<ListMultipartUploadsResult/>"});
  imposter_.script({.body = "<VersioningConfiguration/>"});
  imposter_.script({.status = 204});
  EXPECT_TRUE(store().remove(call_, key_).has_value());
  imposter_.script({.body = "<ListMultipartUploadsResult/>"});
  imposter_.script({.status = 204});
  EXPECT_TRUE(store().remove(call_, key_).has_value());
  constexpr const char* kList = "GET /bucket?encoding-type=url&prefix=a%2Fkey&uploads=";
  constexpr const char* kDelete = "DELETE /bucket/a/key";
  EXPECT_THAT(lines(), ElementsAre(kList, "GET /bucket?versioning=", kDelete, kList, kDelete));
}

TEST_F(S3StoreFaults, ARemovalWorksWhereThereAreNeitherUploadsNorVersions) {
  imposter_.script({.status = 501, .body = error_body("NotImplemented")});
  imposter_.script({.status = 501, .body = error_body("NotImplemented")});
  imposter_.script({.status = 204});
  EXPECT_TRUE(store().remove(call_, key_).has_value());
}

TEST_F(S3StoreFaults, ARightThatIsMissingIsNoLock) {
  imposter_.script({.body = "<ListMultipartUploadsResult/>"});
  imposter_.script({.status = 403, .body = error_body("AccessDenied")});  // to the question for versions
  imposter_.script({.status = 204, .headers = {{"x-amz-version-id", "marker"}}});
  imposter_.script({.body = "<ListVersionsResult><Version><Key>a/key</Key><VersionId>v</VersionId></Version>"
                            "</ListVersionsResult>"});
  imposter_.script({.status = 403, .body = error_body("AccessDenied")});
  imposter_.script({.headers = {{"Content-Length", "5"}}});
  const auto removed = store().remove(call_, key_);
  EXPECT_EQ(removed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(removed.error().detail, HasSubstr("rights"));
}

TEST_F(S3StoreFaults, WhatAServerCannotDoIsLearntFromItsAnswers) {
  imposter_.script({.body = "<VersioningConfiguration/>"});
  imposter_.script({});  // first put
  imposter_.script({});  // second, which should have been refused
  imposter_.script({.body = "<ListMultipartUploadsResult/>"});
  imposter_.script({.status = 204});
  ASSERT_TRUE(store().learn(call_).has_value());
  imposter_.script({});
  ASSERT_TRUE(store().put(call_, key_, blob("bytes")).has_value());
  EXPECT_FALSE(imposter_.requests().back().has_header("if-none-match"));
}

TEST_F(S3StoreFaults, ABucketThatMayNotBeWrittenIsReportedAtStart) {
  imposter_.script({.body = "<VersioningConfiguration/>"});
  imposter_.script({.status = 403, .body = error_body("AccessDenied")});
  EXPECT_THAT(store().learn(call_).error().detail, HasSubstr("grant them the rights"));
}

TEST_F(S3StoreFaults, AnEmptyRangeAsksForTheHeadAlone) {
  imposter_.script({.headers = {{"Content-Length", "5"}}});
  EXPECT_TRUE(store().open(call_, key_, {.offset = 5, .length = 0}).has_value());
  EXPECT_THAT(lines(), ElementsAre("HEAD /bucket/a/key"));
}

TEST_F(S3StoreFaults, NothingIsSentForACallThatIsOver) {
  Call over;
  over.deadline = std::chrono::steady_clock::now();
  EXPECT_EQ(store().put(over, key_, blob("bytes")).error().code, ErrorCode::kDeadline);
  EXPECT_THAT(lines(), IsEmpty());
}

}  // namespace
}  // namespace lazaret
