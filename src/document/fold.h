// How names are folded, once, in C++, so that both stores order and match alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lazaret {

// What file names sort by, in byte order: the case-folded NFC form. Input is valid UTF-8.
std::string filename_sort_key(std::string_view filename);

// Words for search: NFKD, marks dropped, case-folded, split at everything that is no letter or digit; each CJK
// character is a word of its own. In order of appearance, each once. Input is valid UTF-8.
std::vector<std::string> search_words(std::string_view text);

// Whether a folded word is one CJK character, which is a word by itself.
bool stands_alone(std::string_view word);

}  // namespace lazaret
