// Worker: a child of the zygote. Seals itself, waits for its one document, judges it or makes a clean copy of it,
// answers, ends. Never returns and never sees a second document.
#pragma once

#include <memory>
#include <string>

#include "inspect/copy_end.h"
#include "inspect/report.h"
#include "sandbox/file_reader.h"
#include "sandbox/jail/layers.h"

namespace lazaret::sandbox {

// What is done with a document. Made once, in the zygote; used in each child on its own copy.
class Analyst {
 public:
  Analyst() = default;
  Analyst(const Analyst&) = delete;
  Analyst& operator=(const Analyst&) = delete;
  virtual ~Analyst() = default;
  // Names and versions of the libraries: "qpdf 11.3.0 libmagic 5.44".
  virtual std::string versions() const = 0;
  // The message for the server, an encoded report. std::bad_alloc becomes the finding kMemoryLimit; any other
  // exception ends the process, and the server calls that by its name.
  virtual std::string judge(int document, const inspect::Task& task) = 0;
  // A copy of the document without what acts, handed to `copy` piece by piece. std::bad_alloc becomes kUnreadable.
  virtual inspect::CopyEnd clean(int document, const inspect::Task& task, ByteSink& copy) = 0;
};

// What a child puts on. Those that do not hold on this machine, as probed, are not there.
struct Seal {
  bool limits = false;
  ResourceLimits resources;
  UniqueFd landlock;      // invalid: none
  SeccompFilter seccomp;  // empty: none
};

// Wears the layers, in their order. Everything the child needs must be open.
Result<void> wear(const Seal& seal);

// `channel` is the child's end. The server's end and all else that is open is closed here.
[[noreturn]] void run_worker(int channel, pid_t zygote, const Seal& seal, Analyst& analyst);

}  // namespace lazaret::sandbox
