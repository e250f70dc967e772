// S3Quirks: what the engines behind the S3 protocol differ in. The one table of such differences: no other code asks
// whom it talks to. What a server can do by itself to tell (conditional writes) is probed instead, see S3Store::learn.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "aws/http.h"

namespace lazaret::aws {

enum class Provider : std::uint8_t { kAws, kCeph, kMinio, kSeaweedFs, kGarage, kOther };

enum class Has : std::uint8_t { kNo, kYes };

struct S3Quirks {
  Provider provider = Provider::kOther;
  std::string_view name;
  Has checksum_headers = Has::kNo;     // x-amz-checksum-sha256 is checked; elsewhere it is ignored or refused
  Has conditional_put = Has::kNo;      // If-None-Match may work: worth a probe
  Has public_access_block = Has::kNo;  // elsewhere buckets are private until a policy says otherwise
  Has bucket_encryption = Has::kNo;    // without asking for it: a default that may be set on every bucket
  Has versioning = Has::kNo;
  Has stray_upload_rule = Has::kNo;  // lifecycle's AbortIncompleteMultipartUpload
};

const S3Quirks& s3_quirks(Provider provider);
// By the name in configuration: "aws", "ceph", "minio", "seaweedfs", "garage", "other".
std::optional<Provider> parse_provider(std::string_view name);
// kAws for Amazon's own hosts, else kOther: the least that can be relied on.
Provider provider_of(const Endpoint& endpoint);

}  // namespace lazaret::aws
