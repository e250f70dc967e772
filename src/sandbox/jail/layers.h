// The layers around a worker, each one function, in the order in which they can be put on:
//   namespaces   entered once by the zygote's parent; shared by the zygote and its children
//   empty root   the zygote pivots into an empty, read-only file system once its libraries' data is loaded
//   identity     an unprivileged user and group when started as root; no capability in any case
//   limits, Landlock, seccomp   by each child, when all it needs is open
// docs/adr/0003-where-the-sandbox-closes.md says why here and not in each child. Every function is for a
// single-threaded process.
#pragma once

#include <cstdint>
#include <vector>

#include <linux/filter.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lazaret::sandbox {

// Dies by SIGKILL when the parent does. Cleared by a change of identity: call it after that.
void die_with_parent();

// User (where not privileged), mount, network, IPC, PID, UTS and cgroup namespaces. Children forked from now on are in
// the PID namespace, the first of them as its init: when that one ends, the kernel kills all others.
Result<void> enter_namespaces();
// Precondition: enter_namespaces(). Nothing of the machine's file system has a name afterwards.
Result<void> enter_empty_root();

// Where privileged, an unprivileged user without groups; in any case without capabilities.
Result<void> drop_identity();
// No new privileges by exec, no core, no ptrace, no /proc entries to be read by others.
Result<void> harden_process();

struct ResourceLimits {
  std::uint64_t address_space_bytes = std::uint64_t{512} << 20U;
  std::uint64_t processor_seconds = 10;
#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
  std::uint64_t descriptors = 64;  // sanitizers open pipes to look whether an address can be read
#else
  std::uint64_t descriptors = 5;  // 0 to 2, the channel, and the document
#endif
};
// Also: no core, no file writing, no locked memory, no processes.
Result<void> limit_resources(const ResourceLimits& limits);

// A ruleset that allows no path, no TCP, and no signal or abstract socket out of the process; made once, worn by each
// child. kUnavailable on kernels without Landlock.
Result<UniqueFd> make_landlock_ruleset();
Result<void> wear_landlock(int ruleset);

// The allow-list of a sealed worker, compiled once; anything else kills the process.
using SeccompFilter = std::vector<sock_filter>;
Result<SeccompFilter> compile_seccomp_filter();
Result<void> wear_seccomp(const SeccompFilter& filter);

}  // namespace lazaret::sandbox
