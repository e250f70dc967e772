// Zygote: the process from which workers are forked, ahead of need. Lean and single-threaded: what an analyst needs is
// loaded once, and each child shares it. It parses nothing of a document's; it hears from the server only which child
// to kill, and ends with its control channel.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/jail/worker.h"

namespace lazaret::sandbox {

struct InspectorOptions {
  std::size_t children = 4;  // alive at a time
  bool sandbox = true;
  std::vector<std::string> rules;  // files of YARA rules
};

// "--children=N" (1 to 1024), "--sandbox=on|off" and, as often as wanted, "--rules=FILE".
Result<InspectorOptions> parse_inspector_options(int count, const char* const* arguments);

// The whole of the inspector's life; returns the exit status. `load` runs in the zygote, while files can be read.
// The process that calls this only waits: the zygote is its child, so that it can be the first in its PID namespace.
int run_inspector(const InspectorOptions& options, const std::function<Result<std::unique_ptr<Analyst>>()>& load);

}  // namespace lazaret::sandbox
