// S3Client: the calls that store, fetch, list and remove objects of one bucket, each method one operation of S3. What
// is signed, sent and tried again is Client's; what the calls mean together is S3Store's. Thread-safe, holds no state.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "aws/s3/address.h"
#include "aws/s3/messages.h"
#include "aws/s3/quirks.h"
#include "base/digest.h"

namespace lazaret::aws {

struct S3ClientOptions {
  S3Address address;
  S3Quirks quirks;
  Encryption encryption;
  // Of calls that move no object; those that do have no total beside the call's deadline.
  TransportLimits limits;
};

enum class IfTaken : std::uint8_t { kReplace, kRefuse };

struct PutObject {
  std::string key;
  Body bytes;
  Digest checksum;  // of the bytes
  // kRefuse sends If-None-Match, which not every server heeds: 412 where the key is taken.
  IfTaken if_taken = IfTaken::kReplace;
};

struct ByteSpan {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // at least 1
};

struct ObjectHead {
  std::uint64_t size = 0;
  // As it was declared with the object; none where someone else put it there.
  std::optional<Digest> checksum;
  // A lock that lets no one delete this version: "COMPLIANCE until 2031-01-01T00:00:00Z", "legal hold"; empty: none.
  std::string lock;
};

struct Deleted {
  bool keeps_versions = false;  // the bucket has versions: what was there lies under a marker now
};

struct CreatedUpload {
  Upload upload;
  bool repeated = false;  // an earlier try may have made another one, whose id nobody knows
};

struct UploadPart {
  int number = 1;  // 1-10000
  FilePart bytes;
  Digest checksum;
};

struct PresignedGet {
  std::string key;
  std::chrono::seconds lifetime{60};
  std::string content_type;         // of the answer; empty: as stored
  std::string content_disposition;  // likewise
};

class S3Client {
 public:
  // The client outlives this.
  S3Client(Client& client, S3ClientOptions options) : client_(client), options_(std::move(options)) {}

  Outcome<void> put_object(const Call& call, const PutObject& put);
  // Exactly that part: a shorter answer is kCorrupt.
  Outcome<std::unique_ptr<PulledResponse>> get_object(const Call& call, std::string_view key, ByteSpan part);
  Outcome<ObjectHead> head_object(const Call& call, std::string_view key);
  Outcome<ObjectHead> head_version(const Call& call, const ObjectVersion& version);
  Outcome<Deleted> delete_object(const Call& call, std::string_view key);
  Outcome<void> delete_version(const Call& call, const ObjectVersion& version);

  struct ListObjects {
    std::string prefix;
    std::string after;
    std::size_t limit = 1000;  // at most 1000
    std::string continuation;  // ObjectPage::next
  };
  Outcome<ObjectPage> list_objects(const Call& call, const ListObjects& list);
  Outcome<VersionPage> list_versions(const Call& call, std::string_view prefix,
                                     const std::optional<ObjectVersion>& from);

  Outcome<CreatedUpload> create_upload(const Call& call, std::string_view key, const Digest& checksum);
  Outcome<CompletedPart> upload_part(const Call& call, const Upload& upload, const UploadPart& part);
  Outcome<void> complete_upload(const Call& call, const Upload& upload, std::span<const CompletedPart> parts);
  // An upload that is not there is success.
  Outcome<void> abort_upload(const Call& call, const Upload& upload);
  Outcome<UploadPage> list_uploads(const Call& call, std::string_view prefix, const std::optional<Upload>& from);

  Result<std::string> presign_get(const Call& call, const PresignedGet& get);

  const S3ClientOptions& options() const { return options_; }

 private:
  Operation small(std::string_view name, Method method, std::string_view key = {}) const;
  void add_encryption(Operation& operation) const;
  Outcome<ObjectHead> head(const Call& call, const Operation& operation);

  Client& client_;
  S3ClientOptions options_;
};

}  // namespace lazaret::aws
