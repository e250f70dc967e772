// ASCII letters without regard to the locale, for protocols and formats that know no other. Plain C++17, so that the
// room of libqpdf can use it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace lazaret {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string ascii_lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return ascii_lower(c); });
  return out;
}

}  // namespace lazaret
