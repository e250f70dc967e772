#include "aws/s3/client.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/credentials/credentials.h"
#include "aws/curl/transport.h"
#include "base/encoding.h"
#include "tests/support/aws_parts.h"
#include "tests/support/http_imposter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/signature_check.h"

namespace lazaret::aws {
namespace {

using testing::HasSubstr;
using testing_support::HttpImposter;
using testing_support::ImposterRequest;

class S3ClientTest : public testing::Test {
 protected:
  S3ClientTest() {
    options_.address = {.bucket = "bucket", .addressing = Addressing::kPath};
    options_.quirks = s3_quirks(Provider::kOther);
  }

  S3Client s3() { return {client_, options_}; }
  Outcome<void> put(IfTaken if_taken = IfTaken::kReplace) {
    return s3().put_object(call_, {.key = "a/key", .bytes = text_, .checksum = sha256(text_), .if_taken = if_taken});
  }
  ImposterRequest last() const { return imposter_.requests().back(); }

  HttpImposter imposter_;
  std::unique_ptr<CurlTransport> transport_ = *CurlTransport::make({.connections = 2});
  StaticCredentials credentials_{{.access_key_id = "AKID", .secret_access_key = Secret("a secret")}};
  testing_support::ManualClock clock_{SystemClock().now()};
  testing_support::ConstantRandom random_;
  testing_support::RecordingPause pause_;
  Client client_{
      {.transport = *transport_, .credentials = credentials_, .clock = clock_, .random = random_, .pause = &pause_},
      {.endpoint = *parse_endpoint(imposter_.url()), .region = "eu-west-1"}};
  S3ClientOptions options_;
  std::string text_ = "the bytes";
  Call call_;
};

TEST_F(S3ClientTest, SignsTheBytesOfAPutAndDeclaresTheirChecksum) {
  imposter_.script({});
  ASSERT_TRUE(put().has_value());
  EXPECT_EQ(last().method, "PUT");
  EXPECT_EQ(last().path(), "/bucket/a/key");
  EXPECT_EQ(last().body, text_);
  EXPECT_EQ(last().header("x-amz-content-sha256"), sha256(text_).to_string());
  EXPECT_EQ(last().header("x-amz-meta-sha256"), sha256(text_).to_string());
  for (const char* name : {"x-amz-checksum-sha256", "if-none-match", "x-amz-server-side-encryption"})
    EXPECT_FALSE(last().has_header(name)) << name;
  EXPECT_EQ(signature_fault(last(), {"AKID", "a secret", "", "eu-west-1", "s3"}), "");
}

TEST_F(S3ClientTest, SendsAmazonsOwnChecksumWhereItIsChecked) {
  options_.quirks = s3_quirks(Provider::kAws);
  imposter_.script({});
  ASSERT_TRUE(put().has_value());
  EXPECT_EQ(last().header("x-amz-checksum-sha256"), base64_encode(sha256(text_).bytes()));
}

TEST_F(S3ClientTest, AsksForEncryptionWithObjectsAndUploadsButNotWithParts) {
  options_.encryption = {.kind = Encryption::Kind::kKms, .kms_key_id = "a-key"};
  imposter_.script({});
  ASSERT_TRUE(put().has_value());
  EXPECT_EQ(last().header("x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(last().header("x-amz-server-side-encryption-aws-kms-key-id"), "a-key");
  imposter_.script({.body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"});
  ASSERT_TRUE(s3().create_upload(call_, "a/key", sha256(text_)).has_value());
  EXPECT_EQ(last().header("x-amz-server-side-encryption"), "aws:kms");
  imposter_.script({.headers = {{"ETag", "\"e\""}}});
  const auto part =
      s3().upload_part(call_, {.key = "a/key", .id = "u"}, {.number = 1, .bytes = {}, .checksum = sha256("")});
  ASSERT_TRUE(part.has_value());
  EXPECT_FALSE(last().has_header("x-amz-server-side-encryption"));
}

TEST_F(S3ClientTest, AsksThatATakenKeyIsRefused) {
  imposter_.script({.status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"});
  const auto refused = put(IfTaken::kRefuse);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().status, 412);
  EXPECT_EQ(last().header("if-none-match"), "*");
}

TEST_F(S3ClientTest, TakesOnlyExactlyThePartThatItAskedFor) {
  imposter_.script({.status = 206, .body = "345"});
  EXPECT_TRUE(s3().get_object(call_, "k", {.offset = 3, .length = 3}).has_value());
  EXPECT_EQ(last().header("range"), "bytes=3-5");
  imposter_.script({.status = 200, .body = "012"});  // no Range is heeded, and the whole is what was asked for
  EXPECT_TRUE(s3().get_object(call_, "k", {.offset = 0, .length = 3}).has_value());
  for (const auto& [status, body] : {std::pair{206, "34"}, {206, "3456"}, {200, "0123456789"}, {200, "345"}}) {
    imposter_.script({.status = status, .body = body});
    const auto got = s3().get_object(call_, "k", {.offset = 3, .length = 3});
    ASSERT_FALSE(got.has_value()) << status << " " << body;
    EXPECT_EQ(got.error().error.code, ErrorCode::kCorrupt);
  }
}

TEST_F(S3ClientTest, SeesAnErrorInASuccessAndTriesAgain) {
  imposter_.script({.body = "\n  <Error><Code>InternalError</Code></Error>"});
  imposter_.script({.body = "<CompleteMultipartUploadResult/>"});
  EXPECT_TRUE(s3().complete_upload(call_, {.key = "k", .id = "u"}, {}).has_value());
  EXPECT_EQ(imposter_.request_count(), 2U);
}

TEST_F(S3ClientTest, TakesNoOtherPageForTheAnswerOfS3) {
  for (int i = 0; i < 3; ++i)
    imposter_.script({.body = "<html>Welcome to the hotel's network</html>"});
  const auto listed = s3().list_objects(call_, {});
  ASSERT_FALSE(listed.has_value());
  EXPECT_EQ(listed.error().error.code, ErrorCode::kUnavailable);
  EXPECT_FALSE(s3().create_upload(call_, "k", sha256("")).has_value());
  EXPECT_FALSE(s3().complete_upload(call_, {.key = "k", .id = "u"}, {}).has_value());
}

TEST_F(S3ClientTest, TakesAnUploadThatIsNotThereForAborted) {
  imposter_.script({.status = 404, .body = "<Error><Code>NoSuchUpload</Code></Error>"});
  EXPECT_TRUE(s3().abort_upload(call_, {.key = "k", .id = "u"}).has_value());
  imposter_.script({.status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"});
  EXPECT_FALSE(s3().abort_upload(call_, {.key = "k", .id = "u"}).has_value());
}

TEST_F(S3ClientTest, AsksForKeysInAFormThatXmlCanCarry) {
  imposter_.script({.body = "<ListBucketResult/>"});
  ASSERT_TRUE(
      s3().list_objects(call_, {.prefix = "a b", .after = "a b/c", .limit = 7, .continuation = "t="}).has_value());
  EXPECT_EQ(last().query(),
            "continuation-token=t%3D&encoding-type=url&list-type=2&max-keys=7&prefix=a%20b&start-after=a%20b%2Fc");
}

TEST_F(S3ClientTest, ReadsAHead) {
  imposter_.script({.headers = {{"Content-Length", "42"},
                                {"x-amz-meta-sha256", sha256("x").to_string()},
                                {"x-amz-object-lock-mode", "COMPLIANCE"},
                                {"x-amz-object-lock-retain-until-date", "2031-01-01T00:00:00Z"}}});
  const auto head = s3().head_version(call_, {.key = "k", .id = "v1"});
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->size, 42U);
  EXPECT_EQ(head->checksum, sha256("x"));
  EXPECT_EQ(head->lock, "COMPLIANCE until 2031-01-01T00:00:00Z");
  EXPECT_EQ(last().query(), "versionId=v1");
}

TEST_F(S3ClientTest, PresignsWhatTheAnswerIsToSayOfItself) {
  const auto url = s3().presign_get(call_, {.key = "a key",
                                            .lifetime = std::chrono::seconds{60},
                                            .content_type = "application/pdf",
                                            .content_disposition = "attachment; filename=\"a.pdf\""});
  ASSERT_TRUE(url.has_value());
  EXPECT_THAT(*url, testing::AllOf(HasSubstr("/bucket/a%20key?"), HasSubstr("X-Amz-Expires=60"),
                                   HasSubstr("response-content-type=application%2Fpdf"),
                                   HasSubstr("response-content-disposition=attachment%3B%20filename%3D%22a.pdf%22")));
}

}  // namespace
}  // namespace lazaret::aws
