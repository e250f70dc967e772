// TiffFile: the header and the directories of a TIFF 6.0, of either byte order, or of its twin with 64-bit offsets,
// BigTIFF. It reads numbers where they lie and knows nothing of what tags mean. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sandbox/types/byte_window.h"

namespace lazaret::sandbox {

struct TiffEntry {
  unsigned tag = 0;
  unsigned type = 0;
  std::uint64_t count = 0;   // values
  std::uint64_t offset = 0;  // of the first of them, in the directory itself where they are short
  std::uint64_t bytes = 0;   // of all; 0 where the type is none that is known
  bool is_inline = false;
  bool is_in_file = false;
};

struct TiffDirectory {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;   // behind the link to the next
  std::uint64_t next = 0;  // 0: this is the last
  std::vector<TiffEntry> entries;

  // nullptr: there is none, or its values lie outside the file.
  const TiffEntry* find(unsigned tag) const;
};

class TiffFile {
 public:
  static constexpr std::size_t kMostEntries = 4096;  // of a directory; those of microscopes have about fifty

  explicit TiffFile(ByteWindow& window) : window_(window) {}

  static bool begins_like(std::string_view head);
  // Where the first directory lies; nothing where the header is cut or contradicts itself.
  std::optional<std::uint64_t> read_header();
  std::uint64_t header_bytes() const { return is_big_ ? 16 : 8; }
  // Nothing where it does not lie in the file whole, or has more entries than are followed.
  std::optional<TiffDirectory> read_directory(std::uint64_t offset);
  // The first `most` values of an entry of whole numbers.
  std::vector<std::uint64_t> numbers(const TiffEntry& entry, std::size_t most);
  std::uint64_t number(const TiffEntry* entry, std::uint64_t otherwise);

 private:
  TiffEntry read_entry(std::uint64_t at);
  std::uint64_t number_at(std::uint64_t offset, std::size_t bytes);

  ByteWindow& window_;
  bool is_big_endian_ = false;
  bool is_big_ = false;  // BigTIFF
};

}  // namespace lazaret::sandbox
