#include "objects/s3/store.h"

#include <algorithm>
#include <utility>

#include "aws/s3/bucket.h"
#include "base/encoding.h"

namespace lazaret {
namespace {

constexpr std::string_view kProbeFolder = ".probe/";
constexpr std::size_t kPageKeys = 1000;
// For lists of pages that another party ends.
constexpr int kMaxPages = 10'000;
constexpr int kMaxVersionRounds = 100;

// The same for those who follow a presigned URL.
S3StoreOptions at_public_endpoint(S3StoreOptions options) {
  if (options.public_endpoint) options.client.endpoint = *options.public_endpoint;
  return options;
}

// The object's bytes as they arrive. The transport holds the body to its length, get_object() that to the range.
class S3Stream final : public ByteStream {
 public:
  explicit S3Stream(std::unique_ptr<aws::PulledResponse> body) : body_(std::move(body)) {}
  Result<std::size_t> read(const Call& call, std::span<std::byte> buffer) override {
    auto got = body_->read(call, buffer);
    if (got) return *got;
    return fail(got.error().code, "the object's bytes: " + got.error().detail, Retry::kSafe);
  }

 private:
  std::unique_ptr<aws::PulledResponse> body_;
};

class NoBytes final : public ByteStream {
 public:
  Result<std::size_t> read(const Call& /*call*/, std::span<std::byte> /*buffer*/) override { return 0; }
};

std::unexpected<Error> too_short(const ObjectKey& key) {
  return fail(ErrorCode::kCorrupt, key.text() + " has fewer bytes than asked");
}

}  // namespace

aws::S3ClientOptions s3_client_options(const S3StoreOptions& options) {
  const aws::Endpoint& endpoint = options.client.endpoint;
  return {.address = {.bucket = options.bucket,
                      .addressing = aws::resolve_addressing(options.addressing, endpoint, options.bucket)},
          .quirks = aws::s3_quirks(options.provider.value_or(aws::provider_of(endpoint))),
          .encryption = options.encryption,
          .limits = options.limits};
}

S3Place s3_place(const S3StoreOptions& options) {
  return {.bucket = options.bucket,
          .endpoint = options.client.endpoint.scheme + "://" + options.client.endpoint.authority(),
          .region = options.client.region};
}

S3Store::S3Store(const aws::Client::Parts& parts, const S3StoreOptions& options)
    : place_(s3_place(options)),
      random_(parts.random),
      single_put_limit_(options.single_put_limit),
      client_(parts, options.client),
      s3_(client_, s3_client_options(options)),
      public_client_(parts, at_public_endpoint(options).client),
      public_s3_(public_client_, s3_client_options(at_public_endpoint(options))),
      upload_(s3_, parts.clock, options.upload) {}

std::unexpected<Error> S3Store::explained(const aws::Failure& failure, std::string_view what,
                                          std::string_view key) const {
  return std::unexpected(explain_s3(failure, place_, std::string(what).append(key.empty() ? "" : " ").append(key)));
}

Result<void> S3Store::learn(const Call& call) {
  if (auto learned = learn_versions(call); !learned) return learned;
  return learn_taken_keys(call);
}

Result<void> S3Store::learn_versions(const Call& call) {
  if (s3_.options().quirks.versioning == aws::Has::kNo) {
    keeps_versions_ = Known::kNo;
    return {};
  }
  aws::S3Bucket bucket(client_, s3_.options().address, s3_.options().limits);
  const auto versioning = bucket.versioning(call);
  if (versioning) {
    const bool ever_on = *versioning && **versioning != aws::Versioning::kOff;
    keeps_versions_ = ever_on ? Known::kYes : Known::kNo;
    return {};
  }
  // A right that may be missing: then the answers to removals have to tell.
  if (versioning.error().status == 403 && versioning.error().code == "AccessDenied") return {};
  return explained(versioning.error(), "ask for the versioning", "");
}

Result<void> S3Store::learn_taken_keys(const Call& call) {
  const ObjectKey key(std::string(kProbeFolder) + make_attempt_id(random_).to_string());
  const std::string text = "written to find out what this store can do; may be removed\n";
  aws::PutObject put{.key = key.text(), .bytes = text, .checksum = sha256(text)};
  if (const auto first = s3_.put_object(call, put); !first) return explained(first.error(), "put", put.key);
  Known refuses = Known::kNo;
  if (s3_.options().quirks.conditional_put == aws::Has::kYes) {
    put.if_taken = aws::IfTaken::kRefuse;
    const auto second = s3_.put_object(call, put);
    if (!second && second.error().status == 412) refuses = Known::kYes;
  }
  refuses_taken_keys_ = refuses;
  return remove(call, key);
}

Result<void> S3Store::prepare(const Call& /*call*/, const SealedBlob& /*blob*/) {
  return {};
}

Result<void> S3Store::put(const Call& call, const ObjectKey& key, const SealedBlob& blob) {
  if (blob.size() > single_put_limit_) {
    const auto uploaded = upload_.upload(call, key.text(), blob);
    if (!uploaded) return explained(uploaded.error(), "put", key.text());
    return {};
  }
  const auto if_taken = refuses_taken_keys_ == Known::kYes ? aws::IfTaken::kRefuse : aws::IfTaken::kReplace;
  const auto done = s3_.put_object(call, {.key = key.text(),
                                          .bytes = aws::FilePart{.fd = blob.fd(), .offset = 0, .length = blob.size()},
                                          .checksum = blob.checksum(),
                                          .if_taken = if_taken});
  if (done) return {};
  const aws::Failure& failure = done.error();
  // A try whose answer was lost may have been applied: then what is there is ours.
  const bool perhaps_done = failure.repeated || failure.error.retry == Retry::kAmbiguous;
  if (perhaps_done && upload_.holds(call, key.text(), blob)) return {};
  if (failure.status == 412) return fail(ErrorCode::kAlreadyExists, "object " + key.text() + " is there already");
  return explained(failure, "put", key.text());
}

Result<ObjectBody> S3Store::open(const Call& call, const ObjectKey& key, ByteRange range) {
  if (range.length == 0) {  // a range of no byte cannot be asked for
    const auto found = stat(call, key);
    if (!found) return std::unexpected(found.error());
    if (range.offset > found->size) return too_short(key);
    return std::make_unique<NoBytes>();
  }
  if (range.length > ~std::uint64_t{0} - range.offset) return too_short(key);
  auto body = s3_.get_object(call, key.text(), {.offset = range.offset, .length = range.length});
  if (body) return std::make_unique<S3Stream>(*std::move(body));
  if (body.error().status == 416) return too_short(key);
  return explained(body.error(), "get", key.text());
}

Result<ObjectStat> S3Store::stat(const Call& call, const ObjectKey& key) {
  const auto head = s3_.head_object(call, key.text());
  if (!head) return explained(head.error(), "head", key.text());
  return ObjectStat{.size = head->size};
}

Result<void> S3Store::remove(const Call& call, const ObjectKey& key) {
  if (const auto ended = upload_.end_uploads(call, key.text()); !ended) {
    return explained(ended.error(), "end the uploads of", key.text());
  }
  if (keeps_versions_ == Known::kNotYet) {
    if (auto learned = learn_versions(call); !learned) return learned;
  }
  if (keeps_versions_ != Known::kYes) {
    const auto deleted = s3_.delete_object(call, key.text());
    if (!deleted) {
      Error error = explain_s3(deleted.error(), place_, "delete " + key.text());
      if (error.code == ErrorCode::kNotFound) return {};
      return std::unexpected(std::move(error));
    }
    if (!deleted->keeps_versions) return {};
    keeps_versions_ = Known::kYes;
  }
  return remove_versions(call, key.text());
}

Result<void> S3Store::remove_versions(const Call& call, const std::string& key) {
  for (int round = 0; round < kMaxVersionRounds; ++round) {
    const auto page = s3_.list_versions(call, key, std::nullopt);
    if (!page) return explained(page.error(), "list the versions of", key);
    // Keys come in order, so those of this very key come before longer ones.
    if (page->versions.empty() || page->versions.front().key != key) return {};
    for (const aws::ObjectVersion& version : page->versions) {
      if (version.key != key) break;
      const auto deleted = s3_.delete_version(call, version);
      if (!deleted) {
        Error error = explain_locked(call, version, deleted.error());
        if (error.code != ErrorCode::kNotFound) return std::unexpected(std::move(error));
      }
    }
  }
  return fail(ErrorCode::kUnavailable, "versions of " + key + " are made as fast as they are deleted", Retry::kSafe);
}

// S3 says "access denied" for a lock as for a missing right.
Error S3Store::explain_locked(const Call& call, const aws::ObjectVersion& version, const aws::Failure& failure) {
  if (failure.status == 403) {
    const auto head = s3_.head_version(call, version);
    if (head && !head->lock.empty()) {
      return {.code = ErrorCode::kConflict,
              .retry = Retry::kSafe,
              .detail = "a lock protects " + version.key + ": " + head->lock,
              .faults = {}};
    }
  }
  return explain_s3(failure, place_, "delete a version of " + version.key);
}

Result<std::optional<std::string>> S3Store::presign(const Call& call, const ObjectKey& key,
                                                    const PresignRequest& request) {
  auto url = public_s3_.presign_get(call, {.key = key.text(),
                                           .lifetime = request.lifetime,
                                           .content_type = request.content_type,
                                           .content_disposition = request.content_disposition});
  if (!url) return std::unexpected(std::move(url).error());
  return *std::move(url);
}

Result<std::vector<ObjectKey>> S3Store::list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                             std::size_t limit) {
  std::vector<ObjectKey> keys;
  std::string continuation;
  for (int pages = 0; pages < kMaxPages && keys.size() < limit; ++pages) {
    const auto page = s3_.list_objects(call, {.prefix = prefix,
                                              .after = after.text(),
                                              .limit = std::min(kPageKeys, limit - keys.size()),
                                              .continuation = continuation});
    if (!page) return explained(page.error(), "list", prefix);
    for (const std::string& key : page->keys)
      keys.emplace_back(key);
    if (page->next.empty()) break;
    continuation = page->next;
  }
  return keys;
}

Result<void> S3Store::probe(const Call& call) {
  // Not HeadBucket: its answer has no body, which alone says what is wrong.
  const auto page =
      s3_.list_objects(call, {.prefix = std::string(kProbeFolder), .after = {}, .limit = 1, .continuation = {}});
  if (!page) return explained(page.error(), "list", kProbeFolder);
  return {};
}

}  // namespace lazaret
