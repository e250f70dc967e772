// `lazaret quarantine`: what inspection locked away, from the command line: listed, shown, released with a reason, or
// removed. Over embedded stores only while no service runs on DATA_DIR, since one that runs would not see the change;
// over remote stores beside any number of copies. Each prints to standard output, its faults to standard error, and
// gives the exit status.
#pragma once

#include <cstdint>
#include <string>

namespace lazaret {

// One line for each, the newest first: id, date, size, outcome and the codes of what was found. No file names.
int run_quarantine_list();
// The whole document, as JSON.
int run_quarantine_show(const std::string& id);

struct ReleaseOrder {
  std::string id;
  std::string reason;
  std::string by;  // empty: whoever runs this process
};
int run_quarantine_release(const ReleaseOrder& order);

enum class Restorable : std::uint8_t { kYes, kNo };
int run_quarantine_remove(const std::string& id, Restorable restorable);

}  // namespace lazaret
