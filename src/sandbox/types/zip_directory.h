// The central directory of a ZIP archive, found from the end of the file as readers find it.
#pragma once

#include <cstdint>
#include <optional>

#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

inline constexpr std::uint64_t kZipEndBytes = 22;  // of the end record, without its comment

struct ZipEnd {
  std::uint64_t offset = 0;     // of the end record
  std::uint64_t directory = 0;  // offset of the first entry
  std::uint64_t length = 0;     // bytes of the directory
  std::uint32_t entries = 0;
  std::uint64_t shift = 0;  // bytes that stand before the archive: its offsets are less by so much
};

// Nothing where no end record with a directory before it stands in the tail.
std::optional<ZipEnd> find_zip_end(const FileReader& file);

}  // namespace lazaret::sandbox
