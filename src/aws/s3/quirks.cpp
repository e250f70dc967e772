#include "aws/s3/quirks.h"

#include <algorithm>
#include <array>

namespace lazaret::aws {
namespace {

using enum Has;

// In the order of Provider. Sources:
//   ceph: 16.2, tried. It ignores x-amz-checksum-*; a block of public ACLs makes it refuse every later plain PUT.
//   minio: it has no public access block, and ends stray uploads by itself after a day.
//   garage: its source has no conditional PUT, versioning or encryption of buckets.
//   seaweedfs: its source; no public access block, no abort rule that it acts on.
//   other: what every engine above can do.
constexpr std::array kTable{
    S3Quirks{.provider = Provider::kAws,
             .name = "aws",
             .checksum_headers = kYes,
             .conditional_put = kYes,
             .public_access_block = kYes,
             .bucket_encryption = kYes,
             .versioning = kYes,
             .stray_upload_rule = kYes},
    S3Quirks{.provider = Provider::kCeph,
             .name = "ceph",
             .conditional_put = kYes,
             .versioning = kYes,
             .stray_upload_rule = kYes},
    S3Quirks{.provider = Provider::kMinio, .name = "minio", .conditional_put = kYes, .versioning = kYes},
    S3Quirks{.provider = Provider::kSeaweedFs, .name = "seaweedfs", .conditional_put = kYes, .versioning = kYes},
    S3Quirks{.provider = Provider::kGarage, .name = "garage", .stray_upload_rule = kYes},
    S3Quirks{.provider = Provider::kOther,
             .name = "other",
             .conditional_put = kYes,
             .versioning = kYes,
             .stray_upload_rule = kYes},
};

}  // namespace

const S3Quirks& s3_quirks(Provider provider) {
  return kTable.at(static_cast<std::size_t>(provider));
}

std::optional<Provider> parse_provider(std::string_view name) {
  const auto* found = std::ranges::find(kTable, name, &S3Quirks::name);
  if (found == kTable.end()) return std::nullopt;
  return found->provider;
}

Provider provider_of(const Endpoint& endpoint) {
  const std::string_view host = endpoint.host;
  const bool amazon = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
  return amazon ? Provider::kAws : Provider::kOther;
}

}  // namespace lazaret::aws
