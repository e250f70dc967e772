// list_zip(): the entries of a ZIP archive as its central directory tells of them, held against what stands in the file
// itself: another reader may go by the other. Reads headers alone, never an entry's bytes; bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/types/byte_window.h"
#include "sandbox/types/zip_directory.h"

namespace lazaret::sandbox {

struct ZipEntry {
  std::string name;
  unsigned flags = 0;
  unsigned method = 0;
  std::uint32_t sum = 0;       // CRC-32 of what it unpacks to
  std::uint64_t packed = 0;    // bytes in the file
  std::uint64_t unpacked = 0;  // bytes, as stated
  std::uint64_t header = 0;    // offset of its own header
  std::uint64_t data = 0;      // offset of its bytes

  bool is_encrypted() const;
};

inline constexpr std::size_t kMostZipEntries = 10'000;

struct ZipListing {
  static constexpr std::int64_t kNone = -1;

  std::vector<ZipEntry> entries;  // in the order of their headers; those that can be read
  // Offsets, kNone where there is none of it; of several the first.
  std::int64_t broken = kNone;       // the directory or an entry is not whole, or needs 64-bit sizes
  std::int64_t disagreeing = kNone;  // what directory and entry say of each other, or of another entry
  std::int64_t outside = kNone;      // a name that leads out of the folder it is unpacked to
  std::int64_t doubled = kNone;      // a name that another entry has as well, in any case of letters
  std::int64_t unaccounted = kNone;  // bytes between entries that no entry owns
  bool has_too_many = false;
};

ZipListing list_zip(ByteWindow& window, const ZipEnd& end);

}  // namespace lazaret::sandbox
