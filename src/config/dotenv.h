// `.env` files: NAME=value lines, `export NAME=value`, quotes, ` # comments`. Pure; the file is input like any other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace lazaret::config {

struct DotenvEntry {
  std::string name;
  std::string value;
  int line = 0;
};

// What could be read, and what could not: one bad line hides no fault elsewhere.
struct Dotenv {
  std::vector<DotenvEntry> entries;
  std::vector<Fault> faults;
};

inline constexpr std::size_t kMaxDotenvBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxDotenvEntries = 500;
inline constexpr std::size_t kMaxDotenvFaults = 32;

// Within double quotes \n \t \" \\ and \$ are escapes; within single quotes nothing is. A value without quotes ends at
// ` #`. Faults name the line and never quote a value: a bad name, an open quote, text after a quote, a name given
// twice, NUL, over a limit.
Dotenv parse_dotenv(std::string_view text);

}  // namespace lazaret::config
