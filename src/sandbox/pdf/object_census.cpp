#include "sandbox/pdf/object_census.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sandbox/pdf/names.h"
#include "sandbox/targets.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kTargetReach = 96;

constexpr auto kTelling = std::to_array<std::string_view>({
    "3D",         "3DD",          "AA",         "EF",         "EmbeddedFile", "EmbeddedFiles", "FFilter",
    "FontMatrix", "FunctionType", "GoTo3DView", "GoToE",      "GoToR",        "ImportData",    "JS",
    "JavaScript", "Launch",       "Movie",      "OpenAction", "Rendition",    "RichMedia",     "RichMediaExecute",
    "Screen",     "Sound",        "SubmitForm", "Thread",     "XFA",
});

// Whether the string behind /URI, /F or /UF leads elsewhere than a plain address or a neighbouring file does.
bool leads_astray(std::string_view name, std::string_view after) {
  while (!after.empty() && is_pdf_space(after.front()))
    after.remove_prefix(1);
  if (after.empty() || (after[0] != '(' && after[0] != '<') || after.substr(0, 2) == "<<") return false;
  if (after[0] == '<') return true;  // in hexadecimal, as no address needs to be
  after.remove_prefix(1);
  const Target target = name == "URI" ? target_of_uri(after) : target_of_path(after);
  return target == Target::kShare || target == Target::kDangerous ||
         after.substr(0, after.find(')')).find('\\') != std::string_view::npos;  // as no address needs to be
}

bool tells(std::string_view name, std::string_view after) {
  if (name == "URI" || name == "F" || name == "UF") return leads_astray(name, after.substr(0, kTargetReach));
  return std::ranges::find(kTelling, name) != kTelling.end();
}

}  // namespace

void Census::add(const SeenObject& object) {
  if (objects.size() < kMostObjects) {
    objects.push_back(object);
  } else {
    is_full = true;
  }
}

void Census::add_end_mark(std::uint64_t offset) {
  if (end_marks.size() < kMostEndMarks) end_marks.push_back(offset);
}

bool is_telling(std::string_view text, std::size_t from, std::size_t to) {
  while (from < to) {
    const void* hit = std::memchr(text.data() + from, '/', to - from);
    if (hit == nullptr) return false;
    const std::size_t start = static_cast<std::size_t>(static_cast<const char*>(hit) - text.data()) + 1;
    std::size_t end = start;
    bool is_escaped = false;
    while (end < text.size() && end - start < kLongestName && is_regular(text[end]))
      is_escaped = text[end++] == '#' || is_escaped;
    const std::string_view name = text.substr(start, end - start);
    if (is_escaped ? tells(decode_name(name), text.substr(end)) : tells(name, text.substr(end))) return true;
    from = end;
  }
  return false;
}

}  // namespace lazaret::sandbox
