// S3Upload: an object sent in parts, a few at a time. Either it completes, or it is aborted and nothing is left of it;
// what a crash leaves is ended by end_uploads() when the key is removed, and by the bucket's lifecycle rule.
//
// Thread-safe. It owns a pool of threads that all uploads share, which is the cap on parts in flight beyond the first
// of each upload.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "aws/s3/client.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "intake/spool.h"

namespace lazaret {

struct S3UploadOptions {
  std::uint64_t least_part = std::uint64_t{16} << 20U;
  std::size_t parts_in_flight = 4;                  // of one upload
  std::size_t threads = 8;                          // of all, beside the callers' own
  std::chrono::milliseconds abort_timeout{10'000};  // begins when the upload has failed, its own deadline over or not
};

// All parts but the last are equal, as some engines demand.
struct PartPlan {
  std::uint64_t part_size = 0;
  int count = 0;
};
PartPlan plan_parts(std::uint64_t size, std::uint64_t least_part);

class S3Upload {
 public:
  // Both outlive this.
  S3Upload(aws::S3Client& s3, const Clock& clock, S3UploadOptions options);

  // Retry::kAmbiguous only where the object may be there whole.
  aws::Outcome<void> upload(const Call& call, std::string_view key, const SealedBlob& blob);

  // Aborts every upload of that key. A server that cannot list them is taken to have none.
  aws::Outcome<void> end_uploads(const Call& call, std::string_view key);

  // Whether the object under the key is the blob: how an ambiguous answer is settled.
  bool holds(const Call& call, std::string_view key, const SealedBlob& blob);

 private:
  aws::Outcome<std::vector<aws::CompletedPart>> send_parts(const Call& call, const aws::Upload& upload,
                                                           const SealedBlob& blob);
  void give_up(const Call& call, const aws::CreatedUpload& created);
  void end_strays(const Call& cleaning, std::string_view key);
  Call cleaning_call(const Call& call) const;

  aws::S3Client& s3_;
  const Clock& clock_;
  S3UploadOptions options_;
  WorkerPool pool_;
};

}  // namespace lazaret
