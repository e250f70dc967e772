// Base64Look: a file that stands in text as base64, decoded as it comes and judged as a file of its own. White space is
// skipped; what is no base64 is no file, and is not judged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

class Base64Look {
 public:
  Base64Look(ContentSearch& search, NestedJudge& nested) : search_(search), nested_(nested) {}
  Base64Look(const Base64Look&) = delete;
  Base64Look& operator=(const Base64Look&) = delete;

  void begin(const Spot& spot);
  void feed(std::string_view text);
  void end();
  std::uint64_t files() const { return files_; }

 private:
  void take(std::string_view bytes);

  ContentSearch& search_;
  NestedJudge& nested_;
  Spot spot_;
  std::string bytes_;
  std::uint32_t bits_ = 0;
  int held_ = 0;  // bits
  bool is_sound_ = true;
  bool is_padded_ = false;
  bool is_whole_ = true;
  std::uint64_t files_ = 0;
};

}  // namespace lazaret::sandbox
