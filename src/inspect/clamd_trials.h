// Trials: files whose answer shows how a clamd is set up. Its protocol does not tell its limits, and by default it
// calls clean what it has not looked at; so each setting that matters is tried by its effect. What is asked for, and
// why, is docs/adr/0008 and docs/inspection.md. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/clamd_exchange.h"
#include "inspect/finding_code.h"

namespace lazaret::inspect {

struct ClamdTrial {
  std::string_view setting;  // what clamd.conf must say: "AlertExceedsMax yes"
  std::string_view because;  // what clamd has shown where it does not
  FindingCode expected{};    // how it must answer
  std::string bytes;
};

// The small ones, a few kilobytes altogether.
std::vector<ClamdTrial> clamd_trials();

// A file of exactly `size` bytes at whose end, inside a container, the EICAR test file lies: who finds it has taken the
// whole of it, and unpacked as much again. Made piece by piece. A `size` that is too small for that is made larger.
PullBytes largest_file_trial(std::uint64_t size);

}  // namespace lazaret::inspect
