#include "sandbox/types/image_check.h"

#include <algorithm>

#include "sandbox/types/file_kinds.h"
#include "sandbox/types/image_codes.h"
#include "sandbox/types/script_matcher.h"
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

bool is_too_large(const ImageSize& size) {
  const double bits = static_cast<double>(size.width) * static_cast<double>(size.height) *
                      static_cast<double>(size.bit_depth) * static_cast<double>(size.channels);
  return bits / 8 > kLargestImage;
}

void tell_image_size(const CheckTools& tools, const ImageSize& size) {
  tools.facts.set(FactCode::kWidth, size.width);
  tools.facts.set(FactCode::kHeight, size.height);
  tools.facts.set(FactCode::kBitDepth, size.bit_depth);
  tools.facts.set(FactCode::kChannels, size.channels);
  if (is_too_large(size)) tools.findings.add(FindingCode::kHugeImage, {});
}

void look_for_script(const CheckTools& tools, ByteWindow& window, const ByteRange& range) {
  class Script final : public ByteSink {
   public:
    bool write(const char* bytes, std::size_t size) override {
      found_ = matcher_.feed({bytes, size});
      return !found_;
    }
    bool found() const { return found_; }

   private:
    ScriptMatcher matcher_;
    bool found_ = false;
  };
  Script script;
  window.pour(range.start, range.end - range.start, script);
  if (script.found()) tools.findings.add(FindingCode::kEmbeddedScript, at_offset(range.start));
}

bool holds_other_file(ByteWindow& window, const ByteRange& range) {
  const std::uint64_t length = std::min<std::uint64_t>(range.end - range.start, kLookedAt);
  const std::string_view head = window.at(range.start, static_cast<std::size_t>(length));
  const bool is_other = is_foreign_magic(head) || holds_foreign_magic(head) || holds_markup(head) ||
                        head.find("%PDF-") != std::string_view::npos;
  // Cameras put a second, smaller picture behind the first.
  return is_other && !head.starts_with("\xFF\xD8\xFF");
}

void look_behind(const CheckTools& tools, ByteWindow& window, std::uint64_t end) {
  if (end >= window.size() || is_padding(window, end)) return;
  const bool is_other = holds_other_file(window, {end, window.size()});
  tools.findings.add(is_other ? FindingCode::kPolyglot : FindingCode::kTrailingBytes, at_offset(end));
}

void look_for_archive(const CheckTools& tools) {
  if (const auto end = find_zip_end(tools.file)) tools.findings.add(FindingCode::kPolyglot, at_offset(end->offset));
}

}  // namespace lazaret::sandbox
