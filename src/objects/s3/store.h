// S3Store: documents' bytes as objects of one bucket, under the keys that their documents name; the home of the bytes
// where one machine is outgrown.
//
// Thread-safe. Every object carries its SHA-256 twice: in the signature, which the store checks before it keeps a byte,
// and as metadata (x-amz-meta-sha256), by which an answer that was lost is settled. Up to 64 MiB it is one PUT, above
// that parts, aborted on every failure. A taken key is refused where learn() found that the store can, and never for an
// object in parts: keys are not reused, nothing rests on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "aws/s3/address.h"
#include "aws/s3/client.h"
#include "aws/s3/quirks.h"
#include "intake/object_store.h"
#include "objects/s3/faults.h"
#include "objects/s3/upload.h"

namespace lazaret {

struct S3StoreOptions {
  aws::ClientOptions client;
  std::string bucket;
  aws::Addressing addressing = aws::Addressing::kAuto;
  std::optional<aws::Provider> provider;  // none: by the endpoint
  aws::Encryption encryption;             // asked for with every object; kNone: the bucket's own
  aws::TransportLimits limits;            // of calls that move no object
  // Where those who follow a presigned URL reach the store, if that is another name than the service's.
  std::optional<aws::Endpoint> public_endpoint;
  std::uint64_t single_put_limit = std::uint64_t{64} << 20U;
  S3UploadOptions upload;
};

// For the parts of the service that speak to the same bucket.
aws::S3ClientOptions s3_client_options(const S3StoreOptions& options);
S3Place s3_place(const S3StoreOptions& options);

class S3Store final : public ObjectStore {
 public:
  // What `parts` refers to outlives the store. Contacts nobody.
  S3Store(const aws::Client::Parts& parts, const S3StoreOptions& options);

  // Finds out, by small objects under ".probe/" that it removes, whether the bucket can be written, refuses taken keys
  // and keeps versions. At start; without it the store works and assumes the least. The error's detail says what to
  // mend.
  Result<void> learn(const Call& call);

  Result<void> prepare(const Call& call, const SealedBlob& blob) override;
  Result<void> put(const Call& call, const ObjectKey& key, const SealedBlob& blob) override;
  Result<ObjectBody> open(const Call& call, const ObjectKey& key, ByteRange range) override;
  Result<ObjectStat> stat(const Call& call, const ObjectKey& key) override;
  // Every version and marker, and uploads that were never completed.
  Result<void> remove(const Call& call, const ObjectKey& key) override;
  Result<std::optional<std::string>> presign(const Call& call, const ObjectKey& key,
                                             const PresignRequest& request) override;
  Result<std::vector<ObjectKey>> list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                      std::size_t limit) override;
  // The error's detail says what to mend.
  Result<void> probe(const Call& call) override;

 private:
  enum class Known : std::uint8_t { kNotYet, kNo, kYes };

  Result<void> learn_versions(const Call& call);
  Result<void> learn_taken_keys(const Call& call);
  Result<void> remove_versions(const Call& call, const std::string& key);
  Error explain_locked(const Call& call, const aws::ObjectVersion& version, const aws::Failure& failure);
  std::unexpected<Error> explained(const aws::Failure& failure, std::string_view what, std::string_view key) const;

  S3Place place_;
  Random& random_;
  std::uint64_t single_put_limit_;
  aws::Client client_;
  aws::S3Client s3_;
  aws::Client public_client_;
  aws::S3Client public_s3_;
  S3Upload upload_;
  std::atomic<Known> refuses_taken_keys_ = Known::kNotYet;
  std::atomic<Known> keeps_versions_ = Known::kNotYet;
};

}  // namespace lazaret
