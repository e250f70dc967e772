// `lazaret quarantine`: what inspection locked away, from the command line: listed, shown, released with a reason, or
// removed; and the sealed original of a sanitised document, taken out with a reason. Over embedded stores only while no
// service runs on DATA_DIR, since one that runs would not see the change; over remote stores beside any number of
// copies. Each prints to standard output, its faults to standard error, and gives the exit status.
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

struct OriginalOrder {
  ReleaseOrder who;
  std::string file;  // where it goes; nothing may be there yet
};
// The bytes as they were sent, to a file that only its owner can read. Who took them and why is kept with the document.
int run_quarantine_original(const OriginalOrder& order);

enum class Restorable : std::uint8_t { kYes, kNo };
int run_quarantine_remove(const std::string& id, Restorable restorable);

}  // namespace lazaret
