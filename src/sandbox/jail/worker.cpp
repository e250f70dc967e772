#include "sandbox/jail/worker.h"

#include <csignal>
#include <cstdlib>
#include <new>
#include <string_view>

#include <sys/syscall.h>
#include <unistd.h>

#include "inspect/copy_wire.h"
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

std::string judged(int document, const inspect::Task& task, Analyst& analyst) {
  std::string answer = out_of_memory_report();  // made while there is memory to make it
  try {
    answer = analyst.judge(document, task);
  } catch (const std::bad_alloc&) {
    static_cast<void>(answer);  // it holds what to say
  }
  return answer;
}

// Pieces of a copy over the channel, which holds only so much: the worker waits until the server has read.
class PieceSender final : public ByteSink {
 public:
  bool write(const char* bytes, std::size_t length) override {
    std::string_view left(bytes, length);
    while (!left.empty()) {
      const std::string_view piece = left.substr(0, inspect::kMaxPieceBytes);
      left.remove_prefix(piece.size());
      sent_ += piece.size();
      if (inspect::send_message(inspect::kControlFd, inspect::encode_piece(piece)) != inspect::Sent::kDone)
        return false;
    }
    return true;
  }
  std::uint64_t sent() const { return sent_; }

 private:
  std::uint64_t sent_ = 0;
};

std::string cleaned(int document, const inspect::Task& task, Analyst& analyst) {
  PieceSender copy;
  inspect::CopyEnding ending;
  try {
    ending.end = analyst.clean(document, task, copy);
  } catch (const std::bad_alloc&) {
    ending.end = inspect::CopyEnd::kUnreadable;
  }
  ending.size = copy.sent();
  return encode(ending);
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

  const int document = received.descriptor.get();
  const std::string answer =
      task->purpose == inspect::Purpose::kClean ? cleaned(document, *task, analyst) : judged(document, *task, analyst);
  const auto sent = inspect::send_message(inspect::kControlFd, answer);
  _exit(sent == inspect::Sent::kDone ? inspect::kExitUnused : inspect::kExitFault);
}

}  // namespace lazaret::sandbox
