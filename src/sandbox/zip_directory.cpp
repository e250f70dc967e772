#include "sandbox/zip_directory.h"

#include <cstring>
#include <string>

#include "sandbox/byte_window.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kTailBytes = kEndBytes + 65'535;  // with the longest comment
constexpr std::string_view kEndMark{"PK\x05\x06", 4};
constexpr std::string_view kEntryMark{"PK\x01\x02", 4};

// The last end mark that begins before `before`.
std::size_t end_mark_before(std::string_view bytes, std::size_t before) {
  while (const void* hit = ::memrchr(bytes.data(), kEndMark[0], before)) {
    before = static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data());
    if (bytes.substr(before).starts_with(kEndMark)) return before;
  }
  return std::string_view::npos;
}

std::uint32_t short_at(std::string_view bytes, std::size_t offset) {
  return little_endian(bytes.substr(offset, 2));
}

}  // namespace

std::optional<ZipEnd> find_zip_end(const FileReader& file) {
  const std::uint64_t start = file.size() > kTailBytes ? file.size() - kTailBytes : 0;
  const std::string tail = file.read_at(start, kTailBytes);
  for (std::size_t at = end_mark_before(tail, tail.size()); at != std::string::npos; at = end_mark_before(tail, at)) {
    const std::string_view record = std::string_view(tail).substr(at);
    if (record.size() < kEndBytes) continue;
    ZipEnd end;
    end.offset = start + at;
    end.entries = short_at(record, 10);
    end.length = little_endian(record.substr(12, 4));
    const std::uint64_t stated = little_endian(record.substr(16, 4));
    if (end.length > end.offset || stated > end.offset - end.length) continue;
    end.directory = end.offset - end.length;
    end.shift = end.directory - stated;
    const bool is_empty = end.entries == 0 && end.length == 0;
    if (is_empty || file.read_at(end.directory, kEntryMark.size()) == kEntryMark) return end;
  }
  return std::nullopt;
}

}  // namespace lazaret::sandbox
