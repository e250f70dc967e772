#include "aws/s3/bucket.h"

#include <utility>

#include "base/digest.h"
#include "base/encoding.h"

namespace lazaret::aws {
namespace {

// A setting whose text we do not understand: not absent, and not what we would have written.
template <class Value>
Outcome<std::optional<Value>> understood(const Outcome<std::optional<std::string>>& body,
                                         std::optional<Value> (*parse)(std::string_view), std::string_view what) {
  if (!body) return std::unexpected(body.error());
  if (!*body) return std::nullopt;
  auto value = parse(**body);
  if (value) return value;
  Failure failure;
  failure.error = {.code = ErrorCode::kUnavailable,
                   .retry = Retry::kNever,
                   .detail = std::string("the bucket's ").append(what).append(" is not written as S3 writes it"),
                   .faults = {}};
  failure.status = 200;
  return std::unexpected(std::move(failure));
}

}  // namespace

Operation S3Bucket::setting(std::string_view name, Method method, std::string_view what) const {
  Operation operation = address_.on_bucket(name, method);
  operation.limits = limits_;
  operation.query.push_back({.name = std::string(what), .value = ""});
  return operation;
}

Outcome<std::optional<std::string>> S3Bucket::read(const Call& call, const Operation& operation,
                                                   std::string_view absent) {
  auto reply = client_.call(call, operation);
  if (reply) return std::move(reply->response.body);
  if (reply.error().code == absent) return std::nullopt;
  return std::unexpected(std::move(reply).error());
}

Outcome<void> S3Bucket::write(const Call& call, Operation operation, std::string body) {
  // Required for these calls; newer checksum headers would do on Amazon, this does everywhere.
  operation.headers.push_back({.name = "content-md5", .value = base64_encode(md5(body))});
  operation.headers.push_back({.name = "content-type", .value = "application/xml"});
  operation.body = std::move(body);
  const auto reply = client_.call(call, operation);
  if (!reply) return std::unexpected(reply.error());
  return {};
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
Outcome<void> S3Bucket::create(const Call& call, std::string_view region) {
  Operation operation = address_.on_bucket("CreateBucket", Method::kPut);
  operation.limits = limits_;
  if (std::string body = write_create_bucket(region); !body.empty()) {
    operation.headers.push_back({.name = "content-type", .value = "application/xml"});
    operation.body = std::move(body);
  }
  auto reply = client_.call(call, operation);
  if (reply || reply.error().code == "BucketAlreadyOwnedByYou") return {};
  return std::unexpected(std::move(reply).error());
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
Outcome<std::optional<Versioning>> S3Bucket::versioning(const Call& call) {
  const auto body = read(call, setting("GetBucketVersioning", Method::kGet, "versioning"), "NotImplemented");
  return understood(body, &parse_versioning, "versioning");
}

Outcome<void> S3Bucket::set_versioning(const Call& call, Versioning versioning) {
  return write(call, setting("PutBucketVersioning", Method::kPut, "versioning"), write_versioning(versioning));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
Outcome<std::optional<Encryption>> S3Bucket::encryption(const Call& call) {
  const auto body = read(call, setting("GetBucketEncryption", Method::kGet, "encryption"),
                         "ServerSideEncryptionConfigurationNotFoundError");
  return understood(body, &parse_bucket_encryption, "encryption");
}

Outcome<void> S3Bucket::set_encryption(const Call& call, const Encryption& encryption) {
  return write(call, setting("PutBucketEncryption", Method::kPut, "encryption"), write_bucket_encryption(encryption));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
Outcome<std::optional<bool>> S3Bucket::blocks_public_access(const Call& call) {
  const auto body = read(call, setting("GetPublicAccessBlock", Method::kGet, "publicAccessBlock"),
                         "NoSuchPublicAccessBlockConfiguration");
  return understood(body, &parse_public_access_block, "public access block");
}

Outcome<void> S3Bucket::block_public_access(const Call& call) {
  return write(call, setting("PutPublicAccessBlock", Method::kPut, "publicAccessBlock"), write_public_access_block());
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
Outcome<std::string> S3Bucket::lifecycle(const Call& call) {
  auto body =
      read(call, setting("GetBucketLifecycleConfiguration", Method::kGet, "lifecycle"), "NoSuchLifecycleConfiguration");
  if (!body) return std::unexpected(std::move(body).error());
  return std::move(*body).value_or("");
}

Outcome<void> S3Bucket::set_lifecycle(const Call& call, std::string configuration) {
  return write(call, setting("PutBucketLifecycleConfiguration", Method::kPut, "lifecycle"), std::move(configuration));
}

}  // namespace lazaret::aws
