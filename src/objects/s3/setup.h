// S3Setup: the bucket as the service wants it: there, closed to the public, encrypted, with versions by choice, and
// with a rule that ends uploads nobody completed. For `lazaret init` and `lazaret init --check`.
//
// Not thread-safe. What an engine does not have (s3_quirks.h) is not asked for. Settings that exist beside ours stay.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/s3/bucket.h"
#include "objects/s3/faults.h"
#include "objects/s3/store.h"

namespace lazaret {

// One thing that is not as it should be.
struct Drift {
  std::string what;  // "lifecycle"
  std::string expected;
  std::string found;
  bool operator==(const Drift&) const = default;
};

class S3Setup {
 public:
  // What `parts` refers to outlives this. No `versioning`: whatever the bucket has.
  S3Setup(const aws::Client::Parts& parts, const S3StoreOptions& options, std::optional<aws::Versioning> versioning);

  // Makes what is missing and mends what drifted; tells what that was. Idempotent.
  Result<std::vector<Drift>> init(const Call& call);
  // Changes nothing.
  Result<std::vector<Drift>> check(const Call& call);

 private:
  struct Setting {
    std::string what;
    std::string expected;
    std::function<aws::Outcome<std::string>(const Call&)> read;  // `expected` where it will do
    std::function<aws::Outcome<void>(const Call&)> mend;
  };
  Setting existence();
  Setting public_access();
  Setting encryption();
  Setting versioning(aws::Versioning wanted);
  Setting stray_uploads();
  enum class Mend : std::uint8_t { kNo, kYes };
  Result<std::vector<Drift>> walk(const Call& call, Mend mend);

  S3Place place_;
  aws::Encryption encryption_;
  aws::Client client_;
  aws::S3Client s3_;
  aws::S3Bucket bucket_;
  std::vector<Setting> settings_;
};

}  // namespace lazaret
