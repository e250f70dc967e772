#include "sandbox/jail/worker.h"

#include <csignal>
#include <cstdlib>
#include <new>

#include <sys/syscall.h>
#include <unistd.h>

#include "inspect/protocol.h"
#include "inspect/wire_channel.h"

namespace lazaret::sandbox {
namespace {

using inspect::Received;

// The channel where the server's control channel was, and no standard error: a log is no place for a parser's words.
bool put_channel_in_place(int channel) {
  if (dup2(channel, inspect::kControlFd) < 0) return false;
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)
  if (dup2(STDIN_FILENO, STDERR_FILENO) < 0) return false;
#endif
  return true;
}

std::string out_of_memory_report() {
  inspect::Report report;
  report.findings.push_back({inspect::FindingCode::kMemoryLimit, {}});
  return inspect::encode_report(report);
}

}  // namespace

Result<void> wear(const Seal& seal) {
  if (seal.landlock.valid()) {
    if (auto worn = wear_landlock(seal.landlock.get()); !worn) return worn;
  }
  // By call, not by wrapper: older kernels and sanitizers have it, and the range is every descriptor above the channel.
  if (syscall(SYS_close_range, inspect::kControlFd + 1, ~0U, 0) != 0) {
    return fail(ErrorCode::kInternal, "cannot close what is inherited");
  }
  if (seal.limits) {
    if (auto worn = limit_resources(seal.resources); !worn) return worn;
  }
  if (!seal.seccomp.empty()) return wear_seccomp(seal.seccomp);
  return {};
}

void run_worker(int channel, pid_t zygote, const Seal& seal, Analyst& analyst) {
  die_with_parent();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (getppid() != zygote || !put_channel_in_place(channel) || !wear(seal)) _exit(inspect::kExitFault);

  const Received received =
      inspect::receive_message(inspect::kControlFd, inspect::kMaxTaskBytes, inspect::Descriptors::kOne);
  if (received.kind == Received::Kind::kEnd) _exit(inspect::kExitUnused);
  const auto task = inspect::decode_task(received.bytes);
  if (received.kind != Received::Kind::kMessage || !received.descriptor.valid() || !task) _exit(inspect::kExitFault);

  std::string answer = out_of_memory_report();  // made while there is memory to make it
  try {
    answer = analyst.judge(received.descriptor.get(), *task);
  } catch (const std::bad_alloc&) {
    static_cast<void>(answer);  // it holds what to say
  }
  const auto sent = inspect::send_message(inspect::kControlFd, answer);
  _exit(sent == inspect::Sent::kDone ? inspect::kExitUnused : inspect::kExitFault);
}

}  // namespace lazaret::sandbox
