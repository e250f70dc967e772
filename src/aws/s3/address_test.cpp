#include "aws/s3/address.h"

#include <string>

#include <gtest/gtest.h>

#include "aws/s3/quirks.h"

namespace lazaret::aws {
namespace {

Addressing resolved(std::string_view url, std::string_view bucket) {
  return resolve_addressing(Addressing::kAuto, *parse_endpoint(url), bucket);
}

TEST(S3Address, KnowsNamesThatCanStandInAHost) {
  for (const char* name : {"abc", "my-bucket-1", "a.b.c"})
    EXPECT_TRUE(is_dns_safe(name)) << name;
  EXPECT_TRUE(is_dns_safe(std::string(63, 'a')));
  for (const char* name : {"", "ab", "Upper", "under_score", "-dash", "dash-", "a..b", ".a", "a.", "a.-b", "sp ace"})
    EXPECT_FALSE(is_dns_safe(name)) << name;
  EXPECT_FALSE(is_dns_safe(std::string(64, 'a')));
}

TEST(S3Address, PutsTheBucketInTheHostOfAmazonsEndpoints) {
  EXPECT_EQ(resolved("https://s3.eu-central-1.amazonaws.com", "documents"), Addressing::kVirtualHost);
  EXPECT_EQ(resolved("https://s3.cn-north-1.amazonaws.com.cn", "documents"), Addressing::kVirtualHost);
  EXPECT_EQ(resolved("http://s3.eu-central-1.amazonaws.com", "docu.ments"), Addressing::kVirtualHost);
}

TEST(S3Address, PutsTheBucketInThePathElsewhere) {
  EXPECT_EQ(resolved("http://127.0.0.1:7480", "documents"), Addressing::kPath);
  EXPECT_EQ(resolved("https://amazonaws.com.example.org", "documents"), Addressing::kPath);
  EXPECT_EQ(resolved("https://s3.eu-central-1.amazonaws.com", "docu.ments"), Addressing::kPath);
  EXPECT_EQ(resolved("https://s3.eu-central-1.amazonaws.com", "Documents"), Addressing::kPath);
}

TEST(S3Address, DoesWhatItIsToldTo) {
  const auto ceph = *parse_endpoint("http://127.0.0.1:7480");
  EXPECT_EQ(resolve_addressing(Addressing::kVirtualHost, ceph, "documents"), Addressing::kVirtualHost);
  EXPECT_EQ(resolve_addressing(Addressing::kPath, *parse_endpoint("https://s3.amazonaws.com"), "documents"),
            Addressing::kPath);
}

TEST(S3Address, NamesBucketAndKeyInOneOfTheTwoPlaces) {
  const S3Address in_host{.bucket = "documents", .addressing = Addressing::kVirtualHost};
  EXPECT_EQ(in_host.on_object("GetObject", Method::kGet, "a/b c").host_prefix, "documents.");
  EXPECT_EQ(in_host.on_object("GetObject", Method::kGet, "a/b c").path, "/a/b c");
  EXPECT_EQ(in_host.on_bucket("ListObjectsV2", Method::kGet).path, "/");
  const S3Address in_path{.bucket = "documents", .addressing = Addressing::kPath};
  EXPECT_EQ(in_path.on_object("GetObject", Method::kGet, "a//b").host_prefix, "");
  EXPECT_EQ(in_path.on_object("GetObject", Method::kGet, "/a//b").path, "/documents//a//b");
  EXPECT_EQ(in_path.on_bucket("ListObjectsV2", Method::kGet).path, "/documents");
}

TEST(S3Quirks, HasARowForEveryProviderUnderItsName) {
  for (const char* name : {"aws", "ceph", "minio", "seaweedfs", "garage", "other"}) {
    const auto provider = parse_provider(name);
    ASSERT_TRUE(provider.has_value()) << name;
    EXPECT_EQ(s3_quirks(*provider).provider, *provider);
    EXPECT_EQ(s3_quirks(*provider).name, name);
  }
  EXPECT_FALSE(parse_provider("gcs").has_value());
}

}  // namespace
}  // namespace lazaret::aws
