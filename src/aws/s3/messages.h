// The XML bodies of S3, read and written. Pure functions over text from outside: whatever does not fit is nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace lazaret::aws {

// One version of an object, or the marker of its deletion.
struct ObjectVersion {
  std::string key;
  std::string id;  // "null" where the bucket has no versions
};

// A multipart upload that is neither complete nor aborted.
struct Upload {
  std::string key;
  std::string id;
};

struct ObjectPage {
  std::vector<std::string> keys;  // ascending
  std::string next;               // continuation token; empty: this is the last page
};

struct VersionPage {
  std::vector<ObjectVersion> versions;
  std::optional<ObjectVersion> next;  // where the next page begins
};

struct UploadPage {
  std::vector<Upload> uploads;
  std::optional<Upload> next;
};

// All three read keys as they were sent, URL-encoded or not.
std::optional<ObjectPage> parse_object_page(std::string_view body);
std::optional<VersionPage> parse_version_page(std::string_view body);
std::optional<UploadPage> parse_upload_page(std::string_view body);

// The id of InitiateMultipartUploadResult.
std::optional<std::string> parse_created_upload(std::string_view body);
// Whether this is a CompleteMultipartUploadResult. Its ETag may be empty (Ceph 16).
bool is_completed_upload(std::string_view body);

struct CompletedPart {
  int number = 0;
  std::string etag;
  std::optional<Digest> checksum;  // where it was declared with the part
};
std::string write_completion(std::span<const CompletedPart> parts);

enum class Versioning : std::uint8_t { kOff, kEnabled, kSuspended };
std::string_view to_string(Versioning versioning);
std::optional<Versioning> parse_versioning(std::string_view body);
std::string write_versioning(Versioning versioning);

// Encryption at rest, by the store.
struct Encryption {
  enum class Kind : std::uint8_t { kNone, kAes256, kKms };
  Kind kind = Kind::kNone;
  std::string kms_key_id;  // of kKms; empty: the account's own key
  bool operator==(const Encryption&) const = default;
};
std::string_view header_value(Encryption::Kind kind);  // "AES256", "aws:kms"
std::optional<Encryption> parse_bucket_encryption(std::string_view body);
std::string write_bucket_encryption(const Encryption& encryption);

// Whether all four kinds of public access are blocked.
std::optional<bool> parse_public_access_block(std::string_view body);
std::string write_public_access_block();

// Whether uploads that nobody completed are ended, in the whole bucket.
std::optional<bool> parse_ends_stray_uploads(std::string_view lifecycle);
// `lifecycle` (empty: there is none) with a rule that ends them after a day; its own rules stay.
std::optional<std::string> with_stray_upload_rule(std::string_view lifecycle);

// Empty for the region that needs none.
std::string write_create_bucket(std::string_view region);

}  // namespace lazaret::aws
