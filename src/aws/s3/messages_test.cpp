#include "aws/s3/messages.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lazaret::aws {
namespace {

TEST(S3Messages, ReadsAPageOfKeysAsTheyWere) {
  const auto page = parse_object_page(
      R"(<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
      <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><Contents><Key>a%2Fb+c%2Bd</Key><Size>1</Size>
      </Contents><Contents><Key>%E4%B8%AD%0A</Key></Contents><NextContinuationToken>to/ken=</NextContinuationToken>
      </ListBucketResult>)");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->keys, (std::vector<std::string>{"a/b c+d", "\xe4\xb8\xad\n"}));
  EXPECT_EQ(page->next, "to/ken=");
}

TEST(S3Messages, LeavesKeysAloneThatTheServerDidNotEncode) {
  const auto page = parse_object_page(
      "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+b%41&amp;c</Key></Contents>"
      "</ListBucketResult>");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->keys, std::vector<std::string>{"a+b%41&c"});
  EXPECT_EQ(page->next, "");
}

TEST(S3Messages, RefusesAPageThatCannotBeWalkedOn) {
  EXPECT_FALSE(parse_object_page("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>").has_value());
  EXPECT_FALSE(parse_object_page("<ListBucketResult><Contents></Contents></ListBucketResult>").has_value());
  EXPECT_FALSE(parse_object_page("<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%4</Key></Contents>"
                                 "</ListBucketResult>")
                   .has_value());
  EXPECT_FALSE(parse_object_page("<html>hello</html>").has_value());
  EXPECT_FALSE(parse_object_page("<ListBucketResult>").has_value());
  EXPECT_FALSE(parse_object_page("").has_value());
}

TEST(S3Messages, ReadsVersionsAndMarkersAlike) {
  const auto page = parse_version_page(
      "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>"
      "<NextVersionIdMarker>v2</NextVersionIdMarker><Version><Key>k</Key><VersionId>v1</VersionId></Version>"
      "<DeleteMarker><Key>k</Key><VersionId>v2</VersionId></DeleteMarker></ListVersionsResult>");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->versions.size(), 2U);
  EXPECT_EQ(page->versions[1].id, "v2");
  ASSERT_TRUE(page->next.has_value());
  EXPECT_EQ(page->next->key, "k");
  EXPECT_EQ(page->next->id, "v2");
}

TEST(S3Messages, ReadsUploadsThatNobodyCompleted) {
  const auto page = parse_upload_page(
      "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>k</Key><UploadId>u</UploadId></Upload>"
      "</ListMultipartUploadsResult>");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->uploads.size(), 1U);
  EXPECT_EQ(page->uploads[0].id, "u");
  EXPECT_FALSE(page->next.has_value());
  EXPECT_FALSE(parse_upload_page("<ListMultipartUploadsResult><Upload><Key>k</Key></Upload>"
                                 "</ListMultipartUploadsResult>")
                   .has_value());
}

TEST(S3Messages, WritesTheListOfPartsWithTheirChecksumsWhereTheyWereDeclared) {
  const std::vector<CompletedPart> parts{{.number = 1, .etag = "\"e<1\"", .checksum = std::nullopt},
                                         {.number = 2, .etag = "\"e2\"", .checksum = sha256("")}};
  EXPECT_EQ(write_completion(parts),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Part><PartNumber>1</PartNumber><ETag>\"e&lt;1\"</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>\"e2\"</ETag>"
            "<ChecksumSHA256>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ChecksumSHA256></Part>"
            "</CompleteMultipartUpload>");
}

TEST(S3Messages, TakesACompletionWithAnEmptyTagForOne) {
  EXPECT_TRUE(is_completed_upload("<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>"));
  EXPECT_FALSE(is_completed_upload("<Error><Code>InternalError</Code></Error>"));
  EXPECT_FALSE(is_completed_upload("   \n"));
}

TEST(S3Messages, ReadsTheVersioningThatItWrites) {
  for (const auto versioning : {Versioning::kEnabled, Versioning::kSuspended})
    EXPECT_EQ(parse_versioning(write_versioning(versioning)), versioning);
  EXPECT_EQ(parse_versioning("<VersioningConfiguration/>"), Versioning::kOff);
  EXPECT_FALSE(parse_versioning("<VersioningConfiguration><Status>?</Status></VersioningConfiguration>").has_value());
}

TEST(S3Messages, ReadsTheEncryptionThatItWrites) {
  for (const Encryption& encryption : {Encryption{.kind = Encryption::Kind::kAes256, .kms_key_id = {}},
                                       Encryption{.kind = Encryption::Kind::kKms, .kms_key_id = "arn:aws:kms:a&b"},
                                       Encryption{.kind = Encryption::Kind::kKms, .kms_key_id = {}}})
    EXPECT_EQ(parse_bucket_encryption(write_bucket_encryption(encryption)), encryption);
}

TEST(S3Messages, TakesPublicAccessForBlockedOnlyWhereAllOfItIs) {
  std::string block = write_public_access_block();
  EXPECT_EQ(parse_public_access_block(block), true);
  block.replace(block.find("true"), 4, "false");
  EXPECT_EQ(parse_public_access_block(block), false);
}

TEST(S3Messages, AddsItsRuleToALifecycleAndKeepsTheOthers) {
  const std::string fresh = with_stray_upload_rule("").value();
  EXPECT_EQ(parse_ends_stray_uploads(fresh), true);
  const std::string theirs =
      "<LifecycleConfiguration><Rule><ID>logs</ID><Status>Enabled</Status></Rule></LifecycleConfiguration>\n";
  EXPECT_EQ(parse_ends_stray_uploads(theirs), false);
  const std::string both = with_stray_upload_rule(theirs).value();
  EXPECT_EQ(parse_ends_stray_uploads(both), true);
  EXPECT_TRUE(both.starts_with("<LifecycleConfiguration><Rule><ID>logs</ID><Status>Enabled</Status></Rule><Rule>"));
  EXPECT_EQ(parse_ends_stray_uploads(with_stray_upload_rule("<LifecycleConfiguration/>").value()), true);
  EXPECT_FALSE(with_stray_upload_rule("<html/>").has_value());
}

TEST(S3Messages, TakesARuleForAPartOfTheBucketOrOneThatIsOffForNone) {
  const auto lifecycle = [](std::string_view filter, std::string_view status) {
    return "<LifecycleConfiguration><Rule>" + std::string(filter) + "<Status>" + std::string(status) +
           "</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
           "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>";
  };
  EXPECT_EQ(parse_ends_stray_uploads(lifecycle("<Filter><Prefix></Prefix></Filter>", "Enabled")), true);
  EXPECT_EQ(parse_ends_stray_uploads(lifecycle("<Prefix></Prefix>", "Enabled")), true);
  EXPECT_EQ(parse_ends_stray_uploads(lifecycle("<Filter/>", "Enabled")), true);
  EXPECT_EQ(parse_ends_stray_uploads(lifecycle("<Filter><Prefix>logs/</Prefix></Filter>", "Enabled")), false);
  EXPECT_EQ(parse_ends_stray_uploads(lifecycle("<Filter><Tag><Key>a</Key></Tag></Filter>", "Enabled")), false);
  EXPECT_EQ(parse_ends_stray_uploads(lifecycle("<Filter/>", "Disabled")), false);
}

TEST(S3Messages, NamesARegionOnlyWhereOneMustBeNamed) {
  EXPECT_EQ(write_create_bucket("us-east-1"), "");
  EXPECT_EQ(write_create_bucket(""), "");
  EXPECT_EQ(write_create_bucket("eu-central-1"),
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>");
}

}  // namespace
}  // namespace lazaret::aws
