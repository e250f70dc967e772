#include "document/fold.h"

#include <algorithm>
#include <array>
#include <utility>

#include <utf8proc.h>

#include "base/ascii.h"
#include "document/unicode.h"

namespace lazaret {
namespace {

using unicode::CodePoint;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Scripts written without spaces: Han, kana, bopomofo. Hangul is not among them: it has spaces.
bool stands_alone(CodePoint code) {
  static constexpr std::array<std::pair<CodePoint, CodePoint>, 9> kRanges{{{0x2e80, 0x2fdf},
                                                                           {0x3005, 0x3007},
                                                                           {0x3021, 0x303c},
                                                                           {0x3041, 0x312f},
                                                                           {0x31a0, 0x31ff},
                                                                           {0x3400, 0x9fff},
                                                                           {0xf900, 0xfaff},
                                                                           {0x1aff0, 0x1b16f},
                                                                           {0x20000, 0x3ffff}}};
  return std::ranges::any_of(kRanges,
                             [code](const auto& range) { return range.first <= code && code <= range.second; });
}

bool is_letter_or_digit(CodePoint code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

// Empties `word`. A file name has few words, so looking through them all beats a set.
void add_once(std::vector<std::string>& words, std::string& word) {
  if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  word.clear();
}

}  // namespace

std::string filename_sort_key(std::string_view filename) {
  if (is_ascii(filename)) return ascii_lowered(filename);
  constexpr int kFold = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
  return unicode::map(filename, kFold).value_or(std::string(filename));
}

std::vector<std::string> search_words(std::string_view text) {
  constexpr int kFold = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD;
  const std::string folded = is_ascii(text) ? ascii_lowered(text) : unicode::map(text, kFold).value_or(std::string{});
  std::vector<std::string> words;
  std::string word;
  for (const CodePoint code : unicode::decode(folded)) {
    if (!is_letter_or_digit(code)) {
      add_once(words, word);
    } else if (stands_alone(code)) {
      add_once(words, word);
      unicode::append(word, code);
      add_once(words, word);
    } else {
      unicode::append(word, code);
    }
  }
  add_once(words, word);
  return words;
}

bool stands_alone(std::string_view word) {
  const auto codes = unicode::decode(word);
  return codes.size() == 1 && stands_alone(codes.front());
}

}  // namespace lazaret
