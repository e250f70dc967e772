#include "sandbox/types/image_check.h"

#include <algorithm>

#include "sandbox/types/file_kinds.h"
#include "sandbox/types/image_codes.h"
#include "sandbox/types/zip_directory.h"

namespace lazaret::sandbox {

using inspect::FactCode;
using inspect::FindingCode;

namespace {

constexpr std::size_t kLookedAt = 4096;  // of what lies behind the end

bool is_padding(ByteWindow& window, std::uint64_t from) {
  class Zeros final : public ByteSink {
   public:
    bool write(const char* bytes, std::size_t length) override {
      return std::all_of(bytes, bytes + length, [](char c) { return c == '\0'; });
    }
  };
  Zeros zeros;
  return window.pour(from, window.size() - from, zeros);
}

}  // namespace

void tell_image_size(const CheckTools& tools, const ImageSize& size) {
  tools.facts.set(FactCode::kWidth, size.width);
  tools.facts.set(FactCode::kHeight, size.height);
  tools.facts.set(FactCode::kBitDepth, size.bit_depth);
  tools.facts.set(FactCode::kChannels, size.channels);
  const double bits = static_cast<double>(size.width) * static_cast<double>(size.height) *
                      static_cast<double>(size.bit_depth) * static_cast<double>(size.channels);
  if (bits / 8 > kLargestImage) tools.findings.add(FindingCode::kHugeImage, {});
}

void look_behind(const CheckTools& tools, ByteWindow& window, std::uint64_t end) {
  if (end >= window.size() || is_padding(window, end)) return;
  const std::string_view rest = window.at(end, kLookedAt);
  const bool is_other_file = is_foreign_magic(rest) || holds_foreign_magic(rest) || holds_markup(rest) ||
                             rest.find("%PDF-") != std::string_view::npos;
  // Cameras put a second, smaller picture behind the first.
  const bool is_picture = rest.starts_with("\xFF\xD8\xFF");
  tools.findings.add(is_other_file && !is_picture ? FindingCode::kPolyglot : FindingCode::kTrailingBytes,
                     at_offset(end));
}

void look_for_archive(const CheckTools& tools) {
  if (const auto end = find_zip_end(tools.file)) tools.findings.add(FindingCode::kPolyglot, at_offset(end->offset));
}

}  // namespace lazaret::sandbox
