#include "sandbox/types/zip_directory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "sandbox/types/byte_window.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kTailBytes = kZipEndBytes + 65'535;  // with the longest comment
constexpr std::size_t kPiece = std::size_t{8} * 1024;
constexpr std::string_view kEndMark{"PK\x05\x06", 4};
constexpr std::string_view kEntryMark{"PK\x01\x02", 4};

std::uint32_t short_at(std::string_view bytes, std::size_t offset) {
  return little_endian(bytes.substr(offset, 2));
}

// The record whose end mark stands at `at`, if it is one.
std::optional<ZipEnd> zip_end_at(const FileReader& file, std::uint64_t at) {
  std::array<char, kZipEndBytes> bytes{};
  if (file.read_at(at, bytes.data(), bytes.size()) < bytes.size()) return std::nullopt;
  const std::string_view record(bytes.data(), bytes.size());
  ZipEnd end;
  end.offset = at;
  end.entries = short_at(record, 10);
  end.length = little_endian(record.substr(12, 4));
  const std::uint64_t stated = little_endian(record.substr(16, 4));
  if (end.length > end.offset || stated > end.offset - end.length) return std::nullopt;
  end.directory = end.offset - end.length;
  end.shift = end.directory - stated;
  const bool is_empty = end.entries == 0 && end.length == 0;
  if (!is_empty && file.read_at(end.directory, kEntryMark.size()) != kEntryMark) return std::nullopt;
  return end;
}

}  // namespace

// From the back, for the last record counts; in pieces, for a worker's every page of memory costs.
std::optional<ZipEnd> find_zip_end(const FileReader& file) {
  const std::uint64_t start = file.size() > kTailBytes ? file.size() - kTailBytes : 0;
  std::array<char, kPiece + kEndMark.size() - 1> bytes{};  // a mark that begins in a piece may end in the next
  for (std::uint64_t stop = file.size(); stop > start;) {
    const std::uint64_t from = stop - std::min<std::uint64_t>(kPiece, stop - start);
    const std::string_view piece(bytes.data(), file.read_at(from, bytes.data(), bytes.size()));
    std::size_t before = std::min<std::size_t>(piece.size(), static_cast<std::size_t>(stop - from));
    while (const void* hit = ::memrchr(piece.data(), kEndMark[0], before)) {
      before = static_cast<std::size_t>(static_cast<const char*>(hit) - piece.data());
      if (!piece.substr(before).starts_with(kEndMark)) continue;
      if (const auto end = zip_end_at(file, from + before)) return end;
    }
    stop = from;
  }
  return std::nullopt;
}

}  // namespace lazaret::sandbox
