// `lazaret init` of a bucket, on a real engine and on moto, which has the settings that only AWS has.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "objects/s3/setup.h"
#include "tests/support/s3_server.h"

namespace lazaret {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing_support::TestBucket;

auto drift_of(std::string_view what) {
  return Field(&Drift::what, what);
}

// A bucket that is not there yet.
class S3SetupOnAServer : public testing::Test {
 protected:
  void use(const Result<testing_support::S3Server>& server) {
    ASSERT_TRUE(server.has_value()) << server.error().detail;
    neighbour_ = std::make_unique<TestBucket>(*server);
    options_ = neighbour_->options();
    options_.bucket += "-new";
  }
  void TearDown() override {
    if (neighbour_) testing_support::remove_bucket(neighbour_->parts(), options_);
  }
  S3Setup setup(std::optional<aws::Versioning> versioning = std::nullopt) {
    return {neighbour_->parts(), options_, versioning};
  }
  aws::S3Bucket bucket() { return {neighbour_->client(), s3_client_options(options_).address, options_.limits}; }

  std::unique_ptr<TestBucket> neighbour_;
  S3StoreOptions options_;
  Call call_;
};

class S3SetupOnAnEngine : public S3SetupOnAServer {
 protected:
  void SetUp() override {
    if (const auto& server = testing_support::s3_server(); !server) GTEST_SKIP() << server.error().detail;
    use(testing_support::s3_server());
  }
};

class S3SetupOnMoto : public S3SetupOnAServer {
 protected:
  void SetUp() override {
    if (const auto& server = testing_support::moto_server(); !server) GTEST_SKIP() << server.error().detail;
    use(testing_support::moto_server());
    options_.provider = aws::Provider::kAws;
  }
};

TEST_F(S3SetupOnAnEngine, ReportsAMissingBucketAndMakesNone) {
  const auto drifts = setup().check(call_);
  ASSERT_TRUE(drifts.has_value()) << drifts.error().detail;
  EXPECT_THAT(*drifts, ElementsAre(Drift{.what = "bucket", .expected = "present", .found = "missing"}));
  EXPECT_THAT(*setup().check(call_), ElementsAre(drift_of("bucket")));
}

TEST_F(S3SetupOnAnEngine, MakesTheBucketOnceAndFindsNothingToDoAgain) {
  const auto made = setup(aws::Versioning::kEnabled).init(call_);
  ASSERT_TRUE(made.has_value()) << made.error().detail;
  EXPECT_THAT(*made,
              ElementsAre(drift_of("bucket"), drift_of("versioning"), drift_of("lifecycle of incomplete uploads")));
  EXPECT_THAT(*setup(aws::Versioning::kEnabled).check(call_), IsEmpty());
  EXPECT_THAT(*setup(aws::Versioning::kEnabled).init(call_), IsEmpty());
  EXPECT_TRUE(S3Store(neighbour_->parts(), options_).learn(call_).has_value());
}

TEST_F(S3SetupOnAnEngine, LeavesTheRulesThatAreThere) {
  ASSERT_TRUE(bucket().create(call_, {}).has_value());
  const std::string theirs =
      "<LifecycleConfiguration><Rule><ID>theirs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status>"
      "<Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>";
  ASSERT_TRUE(bucket().set_lifecycle(call_, theirs).has_value());
  ASSERT_TRUE(setup().init(call_).has_value());
  const auto now = bucket().lifecycle(call_);
  EXPECT_THAT(*now, testing::AllOf(testing::HasSubstr("theirs"), testing::HasSubstr("AbortIncompleteMultipartUpload")));
  EXPECT_THAT(*setup().check(call_), IsEmpty());
}

TEST_F(S3SetupOnAnEngine, TakesVersionsThatWereSwitchedOffForDrift) {
  ASSERT_TRUE(setup(aws::Versioning::kEnabled).init(call_).has_value());
  ASSERT_TRUE(bucket().set_versioning(call_, aws::Versioning::kSuspended).has_value());
  EXPECT_THAT(*setup(aws::Versioning::kEnabled).check(call_),
              ElementsAre(Drift{.what = "versioning", .expected = "Enabled", .found = "Suspended"}));
  EXPECT_THAT(*setup().check(call_), IsEmpty());
  EXPECT_THAT(*setup(aws::Versioning::kSuspended).check(call_), IsEmpty());
}

TEST_F(S3SetupOnMoto, BlocksPublicAccessAndEncrypts) {
  const auto made = setup().init(call_);
  ASSERT_TRUE(made.has_value()) << made.error().detail;
  EXPECT_EQ(bucket().blocks_public_access(call_)->value(), true);
  EXPECT_EQ(bucket().encryption(call_)->value().kind, aws::Encryption::Kind::kAes256);
  EXPECT_THAT(*setup().check(call_), IsEmpty());
}

TEST_F(S3SetupOnMoto, EncryptsWithTheKeyThatIsAskedFor) {
  ASSERT_TRUE(setup().init(call_).has_value());
  options_.encryption = {.kind = aws::Encryption::Kind::kKms, .kms_key_id = "alias/lazaret"};
  EXPECT_THAT(*setup().check(call_),
              ElementsAre(Drift{.what = "encryption", .expected = "aws:kms with alias/lazaret", .found = "AES256"}));
  ASSERT_TRUE(setup().init(call_).has_value());
  EXPECT_EQ(bucket().encryption(call_)->value(), options_.encryption);
}

TEST_F(S3SetupOnMoto, MakesTheBucketInTheRegionThatIsSet) {
  options_.client.region = "eu-central-1";
  const auto made = setup().init(call_);
  ASSERT_TRUE(made.has_value()) << made.error().detail;
  EXPECT_THAT(*setup().check(call_), IsEmpty());
}

}  // namespace
}  // namespace lazaret
