#include "sandbox/types/zip_listing.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "base/ascii.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kDirectoryBytes = 46;  // of an entry of the directory, without its name
constexpr std::size_t kHeaderBytes = 30;
constexpr std::string_view kDirectoryMark{"PK\x01\x02", 4};
constexpr std::string_view kHeaderMark{"PK\x03\x04", 4};
constexpr std::string_view kDescriptorMark{"PK\x07\x08", 4};
constexpr unsigned kEncryptedFlags = 0x0001U | 0x0040U | 0x2000U;  // plain, strong, and a masked directory
constexpr unsigned kDescriptorFlag = 0x0008U;                      // sizes stand behind the bytes
constexpr std::uint64_t kWide = 0xFFFFFFFFU;                       // the size has 64 bits and stands elsewhere

unsigned short_at(std::string_view bytes, std::size_t offset) {
  return little_endian(bytes.substr(offset, 2));
}

std::uint32_t long_at(std::string_view bytes, std::size_t offset) {
  return little_endian(bytes.substr(offset, 4));
}

bool leads_outside(std::string_view name) {
  const bool is_odd = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == ':' || c == '\x7F'; });
  if (name.empty() || name.front() == '/' || is_odd) return true;
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (part == "..") return true;
    name.remove_prefix(std::min(part.size() + 1, name.size()));
  }
  return false;
}

void note(std::int64_t& place, std::uint64_t offset) {
  if (place == ZipListing::kNone) place = static_cast<std::int64_t>(offset);
}

class Lister {
 public:
  Lister(ByteWindow& window, const ZipEnd& end) : window_(window), end_(end) {}
  ZipListing list();

 private:
  bool read_directory();
  bool read_entry(std::uint64_t& at);
  bool meets_its_header(ZipEntry& entry);
  bool agrees(const ZipEntry& entry, std::string_view header) const;
  void look_at_names();
  void look_between();
  bool is_accounted_for(std::uint64_t from, std::uint64_t to, const ZipEntry* before);

  ByteWindow& window_;
  const ZipEnd& end_;
  ZipListing listing_;
};

bool Lister::read_directory() {
  if (end_.entries > kMostZipEntries) {
    listing_.has_too_many = true;
    return false;
  }
  std::uint64_t at = end_.directory;
  for (std::uint32_t i = 0; i < end_.entries; ++i) {
    if (read_entry(at)) continue;
    note(listing_.broken, at);
    return false;
  }
  if (at != end_.offset) note(listing_.disagreeing, at);
  return true;
}

bool Lister::read_entry(std::uint64_t& at) {
  const std::string_view record = window_.at(at, kDirectoryBytes);
  if (record.size() < kDirectoryBytes || !record.starts_with(kDirectoryMark)) return false;
  ZipEntry entry;
  entry.flags = short_at(record, 8);
  entry.method = short_at(record, 10);
  entry.sum = long_at(record, 16);
  entry.packed = long_at(record, 20);
  entry.unpacked = long_at(record, 24);
  const std::size_t name = short_at(record, 28);
  const std::size_t rest = std::size_t{short_at(record, 30)} + short_at(record, 32);
  const std::uint64_t stated = long_at(record, 42);
  if (entry.packed == kWide || entry.unpacked == kWide || stated == kWide) return false;
  entry.header = stated + end_.shift;
  if (name + rest > end_.offset - std::min(at + kDirectoryBytes, end_.offset)) return false;
  entry.name = window_.at(at + kDirectoryBytes, name);
  if (entry.name.size() < name) return false;
  at += kDirectoryBytes + name + rest;
  listing_.entries.push_back(std::move(entry));
  return true;
}

// Where the sizes stand behind the bytes, the header has none of them, or a mark that they have 64 bits.
bool Lister::agrees(const ZipEntry& entry, std::string_view header) const {
  const unsigned flags = short_at(header, 6);
  if (short_at(header, 8) != entry.method || ((flags ^ entry.flags) & (kEncryptedFlags | kDescriptorFlag)) != 0) {
    return false;
  }
  const std::uint32_t sum = long_at(header, 14);
  const std::uint64_t packed = long_at(header, 18);
  const std::uint64_t unpacked = long_at(header, 22);
  const bool is_later = (flags & kDescriptorFlag) != 0;
  const auto is_same = [is_later](std::uint64_t here, std::uint64_t there) {
    return here == there || (is_later && (here == 0 || here == kWide));
  };
  return is_same(sum, entry.sum) && is_same(packed, entry.packed) && is_same(unpacked, entry.unpacked);
}

bool Lister::meets_its_header(ZipEntry& entry) {
  const std::string header(window_.at(entry.header, kHeaderBytes));
  if (header.size() < kHeaderBytes || !header.starts_with(kHeaderMark)) return false;
  const std::size_t name = short_at(header, 26);
  const std::size_t extra = short_at(header, 28);
  const bool is_named_alike = window_.at(entry.header + kHeaderBytes, name) == entry.name;
  if (!is_named_alike || !agrees(entry, header)) note(listing_.disagreeing, entry.header);
  entry.data = entry.header + kHeaderBytes + name + extra;
  return entry.data <= end_.directory && entry.packed <= end_.directory - entry.data;
}

void Lister::look_at_names() {
  std::set<std::string> names;
  for (const ZipEntry& entry : listing_.entries) {
    if (leads_outside(entry.name)) note(listing_.outside, entry.header);
    if (!names.insert(ascii_lowered(entry.name)).second) note(listing_.doubled, entry.header);
  }
}

// Sizes that stand behind an entry's bytes, with 32 or 64 bits and with a mark or without; or padding.
bool Lister::is_accounted_for(std::uint64_t from, std::uint64_t to, const ZipEntry* before) {
  const std::uint64_t length = to - from;
  const std::string_view bytes = window_.at(from, static_cast<std::size_t>(std::min<std::uint64_t>(length, 24)));
  if (before != nullptr && (before->flags & kDescriptorFlag) != 0 && bytes.size() == length && length >= 12) {
    const bool is_marked = bytes.starts_with(kDescriptorMark);
    const std::size_t rest = bytes.size() - (is_marked ? 4 : 0);
    if ((rest == 12 || rest == 20) && long_at(bytes, is_marked ? 4 : 0) == before->sum) return true;
  }
  class Zeros final : public ByteSink {
   public:
    bool write(const char* piece, std::size_t size) override {
      return std::all_of(piece, piece + size, [](char c) { return c == '\0'; });
    }
  };
  Zeros zeros;
  return window_.pour(from, length, zeros);
}

void Lister::look_between() {
  std::ranges::sort(listing_.entries, {}, &ZipEntry::header);
  std::uint64_t at = 0;
  const ZipEntry* before = nullptr;
  for (const ZipEntry& entry : listing_.entries) {
    if (entry.header < at) note(listing_.disagreeing, entry.header);
    if (entry.header > at && !is_accounted_for(at, entry.header, before)) note(listing_.unaccounted, at);
    at = std::max(at, entry.data + entry.packed);
    before = &entry;
  }
  if (end_.directory > at && !is_accounted_for(at, end_.directory, before)) note(listing_.unaccounted, at);
}

ZipListing Lister::list() {
  static_cast<void>(read_directory());
  look_at_names();
  std::erase_if(listing_.entries, [this](ZipEntry& entry) {
    const bool is_whole = meets_its_header(entry);
    if (!is_whole) note(listing_.broken, entry.header);
    return !is_whole;
  });
  look_between();
  return std::move(listing_);
}

}  // namespace

bool ZipEntry::is_encrypted() const {
  return (flags & kEncryptedFlags) != 0;
}

ZipListing list_zip(ByteWindow& window, const ZipEnd& end) {
  return Lister(window, end).list();
}

}  // namespace lazaret::sandbox
