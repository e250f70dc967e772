#include "sandbox/pdf/names.h"

#include <algorithm>
#include <array>

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kLongestName = 256;

constexpr auto kSensitive = std::to_array<std::string_view>({
    "A",
    "AA",
    "Action",
    "AcroForm",
    "Catalog",
    "EF",
    "EmbeddedFile",
    "EmbeddedFiles",
    "Encrypt",
    "F",
    "Filespec",
    "GoToE",
    "GoToR",
    "ImportData",
    "JS",
    "JavaScript",
    "Launch",
    "Movie",
    "Names",
    "Next",
    "ObjStm",
    "OpenAction",
    "Rendition",
    "RichMedia",
    "RichMediaExecute",
    "Root",
    "S",
    "Sound",
    "SubmitForm",
    "Thread",
    "Type",
    "UF",
    "URI",
    "Win",
    "XFA",
    "XRef",
});

}  // namespace

bool is_pdf_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

bool is_regular(char c) {
  switch (c) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '[':
    case ']':
    case '{':
    case '}':
    case '/':
    case '%':
      return false;
    default:
      return !is_pdf_space(c);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '#' && i + 2 < name.size() && hex_value(name[i + 1]) >= 0 && hex_value(name[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(name[i + 1]) * 16 + hex_value(name[i + 2])));
      i += 2;
    } else {
      out.push_back(name[i]);
    }
  }
  return out;
}

bool hides_sensitive_name(std::string_view name) {
  if (name.size() > kLongestName || name.find('#') == std::string_view::npos) return false;
  const std::string decoded = decode_name(name);
  return decoded != name && std::find(kSensitive.begin(), kSensitive.end(), decoded) != kSensitive.end();
}

std::size_t find_hidden_name(std::string_view text, std::size_t from, std::size_t to) {
  for (std::size_t hash = text.find('#', from); hash < to; hash = text.find('#', hash + 1)) {
    std::size_t slash = hash;
    while (slash > 0 && hash - slash < kLongestName && is_regular(text[slash - 1]))
      --slash;
    std::size_t end = hash;
    while (end < text.size() && end - hash < kLongestName && is_regular(text[end]))
      ++end;
    if (slash > 0 && text[slash - 1] == '/' && hides_sensitive_name(text.substr(slash, end - slash))) return slash - 1;
    hash = end - 1;
  }
  return std::string_view::npos;
}

}  // namespace lazaret::sandbox
