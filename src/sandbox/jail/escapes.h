// Ways out of a sandbox, for tests: each tries one thing that a worker must not be able to do.
#pragma once

#include <span>
#include <string_view>

namespace lazaret::sandbox {

struct Escape {
  std::string_view name;
  bool (*act)();  // true: it worked
};

std::span<const Escape> escapes();

}  // namespace lazaret::sandbox
