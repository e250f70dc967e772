#include "sandbox/types/script_matcher.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace lazaret::sandbox {
namespace {

constexpr auto kMarks = std::to_array<std::string_view>({
    "<script",
    "<iframe",
    "<?php",
    "<%@",
    "<hta:",
});
constexpr std::size_t kLongest = 7;
static_assert(std::ranges::max(kMarks, {}, &std::string_view::size).size() == kLongest);

}  // namespace

bool ScriptMatcher::feed(std::string_view text) {
  std::string window = std::move(tail_);
  window.append(ascii_lowered(text));
  const bool found =
      std::ranges::any_of(kMarks, [&window](std::string_view mark) { return window.find(mark) != std::string::npos; });
  tail_ = window.size() < kLongest ? std::move(window) : window.substr(window.size() - kLongest + 1);
  return found;
}

}  // namespace lazaret::sandbox
