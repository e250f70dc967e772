// Which layers of the sandbox hold on this machine, each by its effect in a throw-away child: kernels, containers and
// distributions let calls succeed that then protect nothing. For a single-threaded process.
#pragma once

#include <functional>

#include "sandbox/jail/worker.h"

namespace lazaret::sandbox {

// What `act` ended with, run in a child of its own: an exit status as from wait(); -1 where none could be made.
int run_apart(const std::function<bool()>& act);
bool holds(const std::function<bool()>& act);  // `act` was true, and its process ended in peace

// Namespaces, the empty root included; leaves this process as it is.
bool namespaces_hold();

// Each with that layer alone.
bool limits_hold(const ResourceLimits& limits);
bool landlock_holds(int ruleset);
bool seccomp_holds(const SeccompFilter& filter);

}  // namespace lazaret::sandbox
