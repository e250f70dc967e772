// Where a bucket and its objects are in an HTTP request: in the host's name or in the path. Pure functions.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "aws/http.h"

namespace lazaret::aws {

enum class Addressing : std::uint8_t {
  kAuto,         // the host's name on Amazon's own endpoints, where the bucket's name can stand in one
  kVirtualHost,  // https://bucket.s3.region.amazonaws.com/key
  kPath,         // http://host:port/bucket/key
};

// 3-63 of a-z 0-9 - and . that make valid labels: a name that can be part of a host's.
bool is_dns_safe(std::string_view bucket);

// Never kAuto. A name with dots is no label under the certificate's wildcard, so over TLS it goes in the path.
Addressing resolve_addressing(Addressing wanted, const Endpoint& endpoint, std::string_view bucket);

// A bucket at a resolved addressing: makes the operations on it and on what is in it.
struct S3Address {
  std::string bucket;
  Addressing addressing = Addressing::kPath;

  Operation on_bucket(std::string_view operation, Method method) const;
  Operation on_object(std::string_view operation, Method method, std::string_view key) const;
};

}  // namespace lazaret::aws
