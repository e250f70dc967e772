// S3's XML: what is not S3's is refused, and what was read means the same when it is written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "aws/s3/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret::aws;
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  if (const auto page = parse_object_page(body)) {
    for (const auto& key : page->keys)
      if (key.empty()) std::abort();
  }
  if (const auto page = parse_version_page(body); page && page->next && page->next->key.empty()) std::abort();
  if (const auto page = parse_upload_page(body); page && page->next && page->next->key.empty()) std::abort();
  if (const auto id = parse_created_upload(body); id && id->empty()) std::abort();
  static_cast<void>(is_completed_upload(body));
  static_cast<void>(parse_public_access_block(body));
  const auto versioning = parse_versioning(body);
  if (versioning && *versioning != Versioning::kOff && parse_versioning(write_versioning(*versioning)) != versioning) {
    std::abort();
  }
  const auto encryption = parse_bucket_encryption(body);
  if (encryption && encryption->kind != Encryption::Kind::kNone &&
      !parse_bucket_encryption(write_bucket_encryption(*encryption))) {
    std::abort();
  }
  static_cast<void>(parse_ends_stray_uploads(body));
  static_cast<void>(with_stray_upload_rule(body));
  return 0;
}
