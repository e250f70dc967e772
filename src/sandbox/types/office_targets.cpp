#include "sandbox/types/office_targets.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/ascii.h"
#include "sandbox/targets.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kMostWords = 256;  // of an instruction

template <std::size_t N>
bool is_any(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// The last part of http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink.
std::string kind_of(std::string_view type) {
  const std::size_t slash = type.rfind('/');
  return ascii_lowered(type.substr(slash == std::string_view::npos ? 0 : slash + 1).substr(0, 64));
}

bool is_local_file(std::string_view target) {
  const std::string text = plain_text(target);
  return text.starts_with("file:") || (text.size() > 1 && text[1] == ':');
}

void judge_click(std::string_view target, FindingSink& findings, const Spot& spot) {
  switch (target_of_uri(target)) {
    case Target::kLocal:
      return;
    case Target::kNetwork:
      return findings.add(FindingCode::kUri, spot);
    case Target::kDangerous:
      return findings.add(FindingCode::kDangerousUri, spot);
    case Target::kShare:
      return findings.add(FindingCode::kUncPath, spot);
  }
}

// The words of an instruction: blanks part them, straight or curly quotes hold them together. Backslashes are doubled.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size() && words.size() < kMostWords; ++i) {
    const std::string_view curly = text.substr(i, 3);
    const bool is_curly = curly == "\xE2\x80\x9C" || curly == "\xE2\x80\x9D";
    if (text[i] == '"' || is_curly) {
      is_quoted = !is_quoted;
      i += is_curly ? 2 : 0;
    } else if (!is_quoted && static_cast<unsigned char>(text[i]) <= 0x20) {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back().push_back(text[i]);
      if (text.substr(i, 2) == "\\\\") ++i;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool is_switch(std::string_view word) {
  return word.size() == 2 && word[0] == '\\';
}

// A formula without what stands in quotes, which is text or a sheet's name.
std::string without_quoted(std::string_view formula) {
  std::string out;
  char quote = '\0';
  for (const char c : formula) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
      out.push_back(' ');
    } else {
      out.push_back(ascii_lower(c));
    }
  }
  return out;
}

bool calls(std::string_view formula, std::string_view function) {
  for (std::size_t at = formula.find(function); at != std::string_view::npos; at = formula.find(function, at + 1)) {
    const char before = at == 0 ? ' ' : formula[at - 1];
    const bool is_name = (before >= 'a' && before <= 'z') || (before >= '0' && before <= '9') || before == '_';
    if (!is_name) return true;
  }
  return false;
}

}  // namespace

bool brings_code(std::string_view type) {
  static constexpr auto kKinds =
      std::to_array<std::string_view>({"vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet", "control",
                                       "activexcontrolbinary", "keymapcustomizations", "attachedtoolbars"});
  return is_any(kKinds, kind_of(type));
}

void judge_source(std::string_view target, Asking asking, FindingSink& findings, const Spot& spot) {
  const bool is_asked = asking == Asking::kFirst;
  switch (target_of_path(target)) {
    case Target::kLocal:
      return findings.add(FindingCode::kGoToRemote, spot);
    case Target::kNetwork:
      return findings.add(is_asked ? FindingCode::kGoToRemote : FindingCode::kAutoRunUri, spot);
    case Target::kDangerous:
      return findings.add(is_local_file(target) ? FindingCode::kGoToRemote : FindingCode::kDangerousUri, spot);
    case Target::kShare:
      return findings.add(is_asked ? FindingCode::kUncPath : FindingCode::kAutoRunUnc, spot);
  }
}

void judge_relationship(std::string_view type, std::string_view target, FindingSink& findings, const Spot& spot) {
  static constexpr auto kClicked = std::to_array<std::string_view>({"hyperlink", "video", "audio", "media"});
  static constexpr auto kAsked =
      std::to_array<std::string_view>({"externallinkpath", "externallink", "xlpathmissing", "xlstartup",
                                       "xlalternatestartup", "xllibrary", "externallinklongpath"});
  const std::string kind = kind_of(type);
  if (is_any(kClicked, kind)) return judge_click(target, findings, spot);
  judge_source(target, is_any(kAsked, kind) ? Asking::kFirst : Asking::kByItself, findings, spot);
}

void judge_field(std::string_view instruction, FindingSink& findings, const Spot& spot) {
  static constexpr auto kFetching =
      std::to_array<std::string_view>({"includepicture", "includetext", "include", "import", "rd", "link", "database"});
  const std::vector<std::string> words = words_of(instruction);
  if (words.empty()) return;
  const std::string verb = ascii_lowered(words.front());
  if (verb == "dde" || verb == "ddeauto") return findings.add(FindingCode::kDde, spot);
  const bool is_link = verb == "hyperlink";
  if (!is_link && !is_any(kFetching, verb)) return;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_switch(words[i])) continue;
    if (is_link) {
      // What follows a switch is a place in the document or the text that is shown.
      if (!is_switch(words[i - 1])) judge_click(words[i], findings, spot);
    } else if (target_of_path(words[i]) != Target::kLocal) {
      judge_source(words[i], Asking::kByItself, findings, spot);
    }
  }
}

std::string quoted_numbers(std::string_view instruction) {
  const std::vector<std::string> words = words_of(instruction);
  std::string text;
  if (words.empty() || ascii_lowered(words.front()) != "quote") return text;
  for (std::size_t i = 1; i < words.size(); ++i) {
    unsigned code = 0;
    const char* end = words[i].data() + words[i].size();
    const auto [rest, error] = std::from_chars(words[i].data(), end, code);
    if (error == std::errc() && rest == end && code < 0x80) text.push_back(static_cast<char>(code));
  }
  return text;
}

void judge_formula(std::string_view formula, FindingSink& findings, const Spot& spot) {
  static constexpr auto kFetching = std::to_array<std::string_view>({"webservice(", "image("});
  static constexpr auto kCode = std::to_array<std::string_view>({"call(", "register(", "register.id(", "exec("});
  const std::string text = without_quoted(formula);
  const auto is_called = [&text](std::string_view function) { return calls(text, function); };
  // program|topic!item; no other formula has the bar.
  if (text.contains('|') || calls(text, "rtd(")) findings.add(FindingCode::kDde, spot);
  if (std::ranges::any_of(kFetching, is_called)) findings.add(FindingCode::kAutoRunUri, spot);
  if (std::ranges::any_of(kCode, is_called)) findings.add(FindingCode::kMacros, spot);
}

bool runs_by_itself(std::string_view defined_name) {
  const std::string name = ascii_lowered(defined_name.substr(0, 64));
  return name.contains("auto_open") || name.contains("auto_close") || name.contains("auto_activate") ||
         name.contains("auto_deactivate");
}

}  // namespace lazaret::sandbox
