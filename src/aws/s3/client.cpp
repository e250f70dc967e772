#include "aws/s3/client.h"

#include <charconv>
#include <utility>

#include "base/encoding.h"

namespace lazaret::aws {
namespace {

// Our own end-to-end check, which every engine keeps, while x-amz-checksum-* is ignored by some.
constexpr std::string_view kChecksumMetadata = "x-amz-meta-sha256";
constexpr std::string_view kChecksumHeader = "x-amz-checksum-sha256";

// For what moves an object: its size says how long that takes, so only the stall timer and the call's deadline end it.
TransportLimits for_bytes(TransportLimits limits) {
  limits.total = std::chrono::milliseconds::zero();
  return limits;
}

void add(Operation& operation, std::string_view name, std::string value) {
  operation.headers.push_back({.name = std::string(name), .value = std::move(value)});
}

void ask(Operation& operation, std::string_view name, std::string value) {
  operation.query.push_back({.name = std::string(name), .value = std::move(value)});
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return size;
}

// An answer of 2xx that says nothing we understand: a proxy's page, or half a document.
std::unexpected<Failure> unreadable(const Reply& reply, std::string_view operation) {
  Failure failure;
  failure.error = {.code = ErrorCode::kUnavailable,
                   .retry = Retry::kAmbiguous,
                   .detail = std::string(operation) + " was answered with something else than S3 says",
                   .faults = {}};
  failure.status = reply.response.status;
  failure.repeated = reply.repeated;
  return std::unexpected(std::move(failure));
}

Outcome<void> without_reply(Outcome<Reply> reply) {
  if (!reply) return std::unexpected(std::move(reply).error());
  return {};
}

// The page that `parse` reads in the answer.
template <class Page>
Outcome<Page> read_page(Outcome<Reply> reply, std::optional<Page> (*parse)(std::string_view),
                        std::string_view operation) {
  if (!reply) return std::unexpected(std::move(reply).error());
  auto page = parse(reply->response.body);
  if (!page) return unreadable(*reply, operation);
  return *std::move(page);
}

std::string lock_of(const HttpResponse& head) {
  if (head.header("x-amz-object-lock-legal-hold") == "ON") return "legal hold";
  const std::string_view mode = head.header("x-amz-object-lock-mode");
  if (mode.empty()) return {};
  return std::string(mode).append(" until ").append(head.header("x-amz-object-lock-retain-until-date"));
}

}  // namespace

Operation S3Client::small(std::string_view name, Method method, std::string_view key) const {
  Operation operation = options_.address.on_object(name, method, key);
  operation.limits = options_.limits;
  return operation;
}

void S3Client::add_encryption(Operation& operation) const {
  const Encryption& encryption = options_.encryption;
  if (encryption.kind == Encryption::Kind::kNone) return;
  add(operation, "x-amz-server-side-encryption", std::string(header_value(encryption.kind)));
  if (!encryption.kms_key_id.empty()) {
    add(operation, "x-amz-server-side-encryption-aws-kms-key-id", encryption.kms_key_id);
  }
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
Outcome<void> S3Client::put_object(const Call& call, const PutObject& put) {
  Operation operation = small("PutObject", Method::kPut, put.key);
  operation.limits = for_bytes(options_.limits);
  operation.body = put.bytes;
  operation.payload = put.checksum;
  add(operation, kChecksumMetadata, put.checksum.to_string());
  if (options_.quirks.checksum_headers == Has::kYes) {
    add(operation, kChecksumHeader, base64_encode(put.checksum.bytes()));
  }
  if (put.if_taken == IfTaken::kRefuse) add(operation, "if-none-match", "*");
  add_encryption(operation);
  return without_reply(client_.call(call, operation));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
Outcome<std::unique_ptr<PulledResponse>> S3Client::get_object(const Call& call, std::string_view key, ByteSpan part) {
  Operation operation = small("GetObject", Method::kGet, key);
  operation.limits = for_bytes(options_.limits);
  operation.error_in_success = false;
  const std::uint64_t last = part.offset + part.length - 1;
  add(operation, "range", "bytes=" + std::to_string(part.offset) + "-" + std::to_string(last));
  auto pulled = client_.open(call, operation);
  if (!pulled) return pulled;
  const HttpResponse& head = (*pulled)->head();
  const bool whole_from_start = head.status == 200 && part.offset == 0;  // a server that heeds no Range
  const bool is_part = head.status == 206 || whole_from_start;
  if (is_part && parse_size(head.header("content-length")) == part.length) return pulled;
  Failure failure;
  failure.error = {.code = ErrorCode::kCorrupt,
                   .retry = Retry::kNever,
                   .detail = "the object does not have the bytes that were asked for",
                   .faults = {}};
  failure.status = head.status;
  return std::unexpected(std::move(failure));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
Outcome<ObjectHead> S3Client::head_object(const Call& call, std::string_view key) {
  return head(call, small("HeadObject", Method::kHead, key));
}

Outcome<ObjectHead> S3Client::head_version(const Call& call, const ObjectVersion& version) {
  Operation operation = small("HeadObject", Method::kHead, version.key);
  ask(operation, "versionId", version.id);
  return head(call, operation);
}

Outcome<ObjectHead> S3Client::head(const Call& call, const Operation& operation) {
  const auto reply = client_.call(call, operation);
  if (!reply) return std::unexpected(reply.error());
  const auto size = parse_size(reply->response.header("content-length"));
  if (!size) return unreadable(*reply, operation.name);
  return ObjectHead{.size = *size,
                    .checksum = Digest::parse(reply->response.header(kChecksumMetadata)),
                    .lock = lock_of(reply->response)};
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
Outcome<Deleted> S3Client::delete_object(const Call& call, std::string_view key) {
  const auto reply = client_.call(call, small("DeleteObject", Method::kDelete, key));
  if (!reply) return std::unexpected(reply.error());
  const bool marker = reply->response.header("x-amz-delete-marker") == "true";
  return Deleted{.keeps_versions = marker || !reply->response.header("x-amz-version-id").empty()};
}

Outcome<void> S3Client::delete_version(const Call& call, const ObjectVersion& version) {
  Operation operation = small("DeleteObject", Method::kDelete, version.key);
  ask(operation, "versionId", version.id);
  return without_reply(client_.call(call, operation));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
Outcome<ObjectPage> S3Client::list_objects(const Call& call, const ListObjects& list) {
  Operation operation = small("ListObjectsV2", Method::kGet);
  ask(operation, "list-type", "2");
  ask(operation, "encoding-type", "url");
  ask(operation, "max-keys", std::to_string(list.limit));
  if (!list.prefix.empty()) ask(operation, "prefix", list.prefix);
  if (!list.after.empty()) ask(operation, "start-after", list.after);
  if (!list.continuation.empty()) ask(operation, "continuation-token", list.continuation);
  return read_page(client_.call(call, operation), &parse_object_page, operation.name);
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
Outcome<VersionPage> S3Client::list_versions(const Call& call, std::string_view prefix,
                                             const std::optional<ObjectVersion>& from) {
  Operation operation = small("ListObjectVersions", Method::kGet);
  ask(operation, "versions", "");
  ask(operation, "encoding-type", "url");
  ask(operation, "prefix", std::string(prefix));
  if (from) ask(operation, "key-marker", from->key);
  if (from && !from->id.empty()) ask(operation, "version-id-marker", from->id);
  return read_page(client_.call(call, operation), &parse_version_page, operation.name);
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
Outcome<CreatedUpload> S3Client::create_upload(const Call& call, std::string_view key, const Digest& checksum) {
  Operation operation = small("CreateMultipartUpload", Method::kPost, key);
  ask(operation, "uploads", "");
  add(operation, kChecksumMetadata, checksum.to_string());
  if (options_.quirks.checksum_headers == Has::kYes) add(operation, "x-amz-checksum-algorithm", "SHA256");
  add_encryption(operation);
  const auto reply = client_.call(call, operation);
  if (!reply) return std::unexpected(reply.error());
  auto id = parse_created_upload(reply->response.body);
  if (!id) return unreadable(*reply, operation.name);
  return CreatedUpload{.upload = {.key = std::string(key), .id = *std::move(id)}, .repeated = reply->repeated};
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
Outcome<CompletedPart> S3Client::upload_part(const Call& call, const Upload& upload, const UploadPart& part) {
  Operation operation = small("UploadPart", Method::kPut, upload.key);
  operation.limits = for_bytes(options_.limits);
  ask(operation, "partNumber", std::to_string(part.number));
  ask(operation, "uploadId", upload.id);
  operation.body = part.bytes;
  operation.payload = part.checksum;
  const bool declared = options_.quirks.checksum_headers == Has::kYes;
  if (declared) add(operation, kChecksumHeader, base64_encode(part.checksum.bytes()));
  const auto reply = client_.call(call, operation);
  if (!reply) return std::unexpected(reply.error());
  const std::string_view etag = reply->response.header("etag");
  if (etag.empty()) return unreadable(*reply, operation.name);
  return CompletedPart{.number = part.number,
                       .etag = std::string(etag),
                       .checksum = declared ? std::optional(part.checksum) : std::nullopt};
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
Outcome<void> S3Client::complete_upload(const Call& call, const Upload& upload, std::span<const CompletedPart> parts) {
  Operation operation = small("CompleteMultipartUpload", Method::kPost, upload.key);
  // The server puts the parts together before it answers, in minutes for large ones.
  operation.limits = for_bytes(options_.limits);
  operation.limits.stall = std::chrono::minutes{5};
  ask(operation, "uploadId", upload.id);
  add(operation, "content-type", "application/xml");
  operation.body = write_completion(parts);
  const auto reply = client_.call(call, operation);
  if (!reply) return std::unexpected(reply.error());
  if (!is_completed_upload(reply->response.body)) return unreadable(*reply, operation.name);
  return {};
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
Outcome<void> S3Client::abort_upload(const Call& call, const Upload& upload) {
  Operation operation = small("AbortMultipartUpload", Method::kDelete, upload.key);
  ask(operation, "uploadId", upload.id);
  auto reply = client_.call(call, operation);
  if (!reply && reply.error().code == "NoSuchUpload") return {};
  return without_reply(std::move(reply));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
Outcome<UploadPage> S3Client::list_uploads(const Call& call, std::string_view prefix,
                                           const std::optional<Upload>& from) {
  Operation operation = small("ListMultipartUploads", Method::kGet);
  ask(operation, "uploads", "");
  ask(operation, "encoding-type", "url");
  ask(operation, "prefix", std::string(prefix));
  if (from) ask(operation, "key-marker", from->key);
  if (from && !from->id.empty()) ask(operation, "upload-id-marker", from->id);
  return read_page(client_.call(call, operation), &parse_upload_page, operation.name);
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
Result<std::string> S3Client::presign_get(const Call& call, const PresignedGet& get) {
  Operation operation = small("GetObject", Method::kGet, get.key);
  if (!get.content_type.empty()) ask(operation, "response-content-type", get.content_type);
  if (!get.content_disposition.empty()) ask(operation, "response-content-disposition", get.content_disposition);
  return client_.presign(call, operation, get.lifetime);
}

}  // namespace lazaret::aws
