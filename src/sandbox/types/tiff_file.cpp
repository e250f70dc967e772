#include "sandbox/types/tiff_file.h"

#include <algorithm>
#include <array>

namespace lazaret::sandbox {
namespace {

using namespace std::string_view_literals;

constexpr unsigned kPlainVersion = 42;
constexpr unsigned kBigVersion = 43;

// Bytes of one value, by the type's number; 0: there is no such type.
constexpr std::array<std::uint8_t, 19> kValueBytes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

std::uint64_t value_bytes(unsigned type) {
  return type < kValueBytes.size() ? kValueBytes.at(type) : 0;
}

bool is_whole_number(unsigned type) {
  static constexpr std::array<unsigned, 6> kTypes{1, 3, 4, 13, 16, 18};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

}  // namespace

const TiffEntry* TiffDirectory::find(unsigned tag) const {
  const auto entry = std::ranges::find(entries, tag, &TiffEntry::tag);
  return entry == entries.end() || !entry->is_in_file || entry->count == 0 ? nullptr : &*entry;
}

bool TiffFile::begins_like(std::string_view head) {
  return head.starts_with("II*\0"sv) || head.starts_with("MM\0*"sv) || head.starts_with("II+\0\x08\0\0\0"sv) ||
         head.starts_with("MM\0+\0\x08\0\0"sv);
}

std::uint64_t TiffFile::number_at(std::uint64_t offset, std::size_t bytes) {
  const std::string_view text = window_.at(offset, bytes);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    value = value << 8U | static_cast<unsigned char>(text[is_big_endian_ ? i : text.size() - 1 - i]);
  return value;
}

std::optional<std::uint64_t> TiffFile::read_header() {
  const std::string_view head = window_.at(0, 16);
  if (head.size() < 8) return std::nullopt;
  is_big_endian_ = head.starts_with("MM");
  const std::uint64_t version = number_at(2, 2);
  is_big_ = version == kBigVersion;
  if (version != kPlainVersion && !is_big_) return std::nullopt;
  if (!window_.holds(0, header_bytes())) return std::nullopt;
  return is_big_ ? number_at(8, 8) : number_at(4, 4);
}

std::optional<TiffDirectory> TiffFile::read_directory(std::uint64_t offset) {
  const std::size_t counter = is_big_ ? 8 : 2;
  const std::size_t link = is_big_ ? 8 : 4;
  const std::size_t entry = is_big_ ? 20 : 12;
  if (offset < header_bytes() || !window_.holds(offset, counter)) return std::nullopt;
  const std::uint64_t count = number_at(offset, counter);
  if (count == 0 || count > kMostEntries || !window_.holds(offset, counter + count * entry + link)) return std::nullopt;
  TiffDirectory directory;
  directory.offset = offset;
  for (std::uint64_t i = 0; i < count; ++i)
    directory.entries.push_back(read_entry(offset + counter + i * entry));
  directory.next = number_at(offset + counter + count * entry, link);
  directory.end = offset + counter + count * entry + link;
  return directory;
}

TiffEntry TiffFile::read_entry(std::uint64_t at) {
  const std::size_t word = is_big_ ? 8 : 4;
  TiffEntry entry;
  entry.tag = static_cast<unsigned>(number_at(at, 2));
  entry.type = static_cast<unsigned>(number_at(at + 2, 2));
  entry.count = number_at(at + 4, word);
  const std::uint64_t each = value_bytes(entry.type);
  if (each == 0) return entry;
  const bool is_beyond = entry.count > window_.size() / each;
  entry.bytes = is_beyond ? window_.size() : entry.count * each;
  entry.is_inline = entry.bytes <= word && !is_beyond;
  entry.offset = entry.is_inline ? at + 4 + word : number_at(at + 4 + word, word);
  entry.is_in_file = !is_beyond && window_.holds(entry.offset, entry.bytes);
  return entry;
}

std::vector<std::uint64_t> TiffFile::numbers(const TiffEntry& entry, std::size_t most) {
  std::vector<std::uint64_t> values;
  if (!entry.is_in_file || !is_whole_number(entry.type)) return values;
  const std::size_t each = value_bytes(entry.type);
  for (std::uint64_t i = 0; i < entry.count && values.size() < most; ++i)
    values.push_back(number_at(entry.offset + i * each, each));
  return values;
}

std::uint64_t TiffFile::number(const TiffEntry* entry, std::uint64_t otherwise) {
  if (entry == nullptr) return otherwise;
  const std::vector<std::uint64_t> values = numbers(*entry, 1);
  return values.empty() ? otherwise : values.front();
}

}  // namespace lazaret::sandbox
