// Signature Version 4: pure functions that make the wire form of a request and its signed form from one struct, so that
// what is signed is what is sent. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
//
// The payload's hash is the caller's: nothing here reads a body. SigningKeys alone holds state; it is thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials/credentials.h"
#include "aws/http.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/secret.h"

namespace lazaret::aws {

enum class PathRule : std::uint8_t {
  kKeepAsGiven,  // S3: encoded once, never normalised, for "x//y" and "a/../b" are keys
  kNormalise,    // all others: dots and double slashes resolved, and what is on the wire is encoded once more
};

struct Signable {
  Method method = Method::kGet;
  Endpoint endpoint;
  std::string path = "/";        // without the endpoint's base path, not encoded
  std::vector<Parameter> query;  // not encoded
  std::vector<Header> headers;   // names in lower case; without host, x-amz-date and the like
  std::string payload_hash;      // hex SHA-256, or kUnsignedPayload
};
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct SigningScope {
  std::string region;
  std::string service;  // "s3"
  PathRule path_rule = PathRule::kNormalise;
  Timestamp time;  // one for an attempt: it is in the header, the scope and the key
};

struct SignedForm {
  // Of the wire.
  std::string path;   // encoded, with the base path
  std::string query;  // encoded and sorted
  std::vector<Header> headers;
  // How it was signed: holds no secret but a session token.
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
};

// The key of a day, a region and a service, derived once and kept. A few are remembered; the oldest gives way.
class SigningKeys {
 public:
  Secret key(const Credentials& credentials, std::string_view date, const SigningScope& scope);

 private:
  struct Entry {
    Secret secret;
    std::string where;  // date/region/service
    Secret key;
  };
  std::mutex mutex_;
  std::deque<Entry> entries_;
};

// With an Authorization header. The result carries host, x-amz-date and, with a session, x-amz-security-token.
SignedForm sign_with_headers(const Signable& request, const SigningScope& scope, const Credentials& credentials,
                             SigningKeys& keys);
// With X-Amz-* parameters: a URL that needs nothing else but the headers given. `lifetime` is 1 s to 7 days.
SignedForm sign_with_query(const Signable& request, const SigningScope& scope, const Credentials& credentials,
                           std::chrono::seconds lifetime, SigningKeys& keys);

// The path that is signed for the path that is sent.
std::string canonical_path(std::string_view wire_path, PathRule rule);
// A value as it is signed and sent: trimmed, runs of white space made one space.
std::string canonical_value(std::string_view value);
// "20130524T000000Z"
std::string amz_date(Timestamp time);

}  // namespace lazaret::aws
