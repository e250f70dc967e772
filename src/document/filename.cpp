// File names made safe. Every rule works on code points and the whole is repeated until nothing changes, so that a safe
// name stays as it is.
#include <algorithm>
#include <array>
#include <utility>

#include <utf8proc.h>

#include "base/ascii.h"
#include "base/encoding.h"
#include "document/unicode.h"
#include "document/validation.h"

namespace lazaret {
namespace {

using unicode::CodePoint;

constexpr std::size_t kMaxExtension = 16;
constexpr int kMaxRounds = 8;  // two are enough for every name we know

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Behind the last slash of either kind and a drive's letter.
std::string_view last_part(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const bool drive = name.size() >= 2 && name[1] == ':' && is_alphanumeric(name[0]) && (name[0] < '0' || name[0] > '9');
  return drive ? name.substr(2) : name;
}

// What no reader sees, or sees as something else: controls, bidi and zero-width characters, fillers, noncharacters.
bool is_dropped(CodePoint code) {
  const utf8proc_category_t category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP || utf8proc_get_property(code)->ignorable != 0 || (code & 0xfffe) == 0xfffe ||
         (code >= 0xfdd0 && code <= 0xfdef);
}

// What Windows forbids in names, and what it or a reader may take for a slash or a colon.
bool is_replaced(CodePoint code) {
  static constexpr std::array<CodePoint, 20> kUnsafe{'/',    '\\',   ':',    '*',    '?',    '"',    '<',
                                                     '>',    '|',    0x2044, 0x2215, 0x2216, 0x2236, 0x29f5,
                                                     0x29f8, 0xfe55, 0xfe68, 0xff0f, 0xff1a, 0xff3c};
  return std::ranges::find(kUnsafe, code) != kUnsafe.end();
}

std::string clean_characters(std::string_view name) {
  std::string clean;
  for (const CodePoint code : unicode::decode(name)) {
    if (is_dropped(code)) continue;
    if (is_replaced(code)) {
      clean += '_';
    } else {
      unicode::append(clean, utf8proc_category(code) == UTF8PROC_CATEGORY_ZS ? ' ' : code);
    }
  }
  return unicode::nfc(clean);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(". ");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(". ") - first + 1);
}

// Windows opens a device for these, whatever follows the first dot.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kDevices{"con", "prn", "aux", "nul", "conin$", "conout$"};
  const std::string base = ascii_lowered(trim(name.substr(0, name.find('.'))));
  if (std::ranges::find(kDevices, base) != kDevices.end()) return true;
  if (!base.starts_with("com") && !base.starts_with("lpt")) return false;
  const std::string_view number = std::string_view(base).substr(3);
  return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\u00b9" || number == "\u00b2" ||
         number == "\u00b3";
}

// The longest start of `text` of at most `limit` bytes that ends between grapheme clusters; between characters where
// the first cluster alone is longer.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t at = 0;
  std::size_t cluster_end = 0;
  std::size_t character_end = 0;
  CodePoint before = -1;
  utf8proc_int32_t state = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  while (at < text.size() && at <= limit) {
    CodePoint code = 0;
    const utf8proc_ssize_t length =
        utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    if (length <= 0) break;
    character_end = at;
    if (before >= 0 && utf8proc_grapheme_break_stateful(before, code, &state)) cluster_end = at;
    before = code;
    at += static_cast<std::size_t>(length);
  }
  return text.substr(0, cluster_end > 0 ? cluster_end : character_end);
}

// One round over a name; empty where nothing is left but perhaps an extension.
std::string safer(std::string_view name) {
  const std::string cleaned = clean_characters(last_part(name));
  std::string suffix;
  std::string_view stem = trim(cleaned);
  // Of `.pdf` the trimming took the dot, so the extension is looked for before it.
  const std::string_view untrimmed = std::string_view(cleaned).substr(0, cleaned.find_last_not_of(". ") + 1);
  if (const std::size_t size = extension_of(untrimmed).size(); size > 0) {
    suffix = untrimmed.substr(untrimmed.size() - size - 1);
    stem = trim(untrimmed.substr(0, untrimmed.size() - suffix.size()));
    if (stem.empty()) return "document" + suffix;
  }
  std::string safe;
  if (is_reserved(stem)) safe = '_';
  safe += stem;
  safe = cut(safe, kMaxFilenameBytes - suffix.size());
  return safe + suffix;
}

}  // namespace

PatientText safe_filename(std::string_view original, std::string_view extension) {
  std::string name = is_valid_utf8(original) ? safer(original) : std::string{};
  for (int round = 1; round < kMaxRounds && !name.empty(); ++round) {
    std::string again = safer(name);
    if (again == name) return PatientText{std::move(name)};
    name = std::move(again);
  }
  const std::string wanted = "document." + ascii_lowered(extension);
  return PatientText{extension_of(wanted) == ascii_lowered(extension) && !extension.empty() ? wanted : "document"};
}

std::string extension_of(std::string_view filename) {
  const std::size_t dot = filename.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view extension = filename.substr(dot + 1);
  if (extension.empty() || extension.size() > kMaxExtension || !std::ranges::all_of(extension, is_alphanumeric)) {
    return {};
  }
  return ascii_lowered(extension);
}

}  // namespace lazaret
