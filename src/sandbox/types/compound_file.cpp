#include "sandbox/types/compound_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/types/byte_window.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kSlot = 64;    // the smallest thing of a compound file that has a place
constexpr std::size_t kEntry = 128;  // of its directory
constexpr std::size_t kLongestPath = 260;

// The name of a directory's entry; nothing where none stands here. Names are UTF-16 and end in a zero; ours are ASCII.
std::string stream_name(std::string_view entry) {
  const std::size_t bytes = little_endian(entry.substr(64, 2));
  if (bytes < 4 || bytes > 64 || bytes % 2 != 0) return {};
  std::string name;
  for (std::size_t i = 0; i + 2 < bytes; i += 2) {
    if (entry[i] == '\0' || entry[i + 1] != '\0') return {};
    name.push_back(entry[i]);
  }
  return entry[bytes - 2] == '\0' && entry[bytes - 1] == '\0' ? name : std::string();
}

bool is_macros(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kNames{"_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA"};
  return std::ranges::find(kNames, name) != kNames.end();
}

// Takes a text that ends in a zero from the front; nothing where it is none.
std::string_view take_text(std::string_view& bytes) {
  const std::size_t end = bytes.substr(0, kLongestPath).find('\0');
  const bool is_text = end != std::string_view::npos && std::ranges::none_of(bytes.substr(0, end), [](char c) {
                         return static_cast<unsigned char>(c) < 0x20;
                       });
  const std::string_view text = is_text ? bytes.substr(0, end) : std::string_view{};
  bytes.remove_prefix(is_text ? end + 1 : bytes.size());
  return text;
}

// What a package (the stream \1Ole10Native) holds: its size, two bytes, a label, a path, eight bytes, the length of a
// path and that path, the size of the file, and the file.
FileKind packaged_kind(std::string_view bytes) {
  if (bytes.size() < 16 || bytes[4] != '\2' || bytes[5] != '\0') return FileKind::kOrdinary;
  bytes.remove_prefix(6);
  const std::string_view label = take_text(bytes);
  const std::string_view path = take_text(bytes);
  if (label.empty() || path.empty() || bytes.size() < 8) return FileKind::kOrdinary;
  bytes.remove_prefix(8);
  const std::string_view copied_from = take_text(bytes);
  const FileKind by_name = std::max({kind_of_name(label), kind_of_name(path), kind_of_name(copied_from)});
  return std::max(by_name, bytes.size() > 4 ? kind_of_bytes(bytes.substr(4)) : FileKind::kOrdinary);
}

}  // namespace

bool begins_like_compound(std::string_view head) {
  return head.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
}

CompoundTraits look_into_compound(const FileReader& file) {
  ByteWindow window(file);
  CompoundTraits traits;
  for (std::uint64_t at = 0; at < file.size(); at += kSlot) {
    const std::string_view slot = window.at(at, kEntry);
    if (slot.size() == kEntry) {
      const std::string name = stream_name(slot);
      traits.is_locked = traits.is_locked || name == "EncryptedPackage";
      traits.has_macros = traits.has_macros || is_macros(name);
    }
    if (slot.size() > 6 && slot[4] == '\2' && slot[5] == '\0')
      traits.packaged = std::max(traits.packaged, packaged_kind(window.at(at, 4 * kLongestPath)));
  }
  return traits;
}

}  // namespace lazaret::sandbox
