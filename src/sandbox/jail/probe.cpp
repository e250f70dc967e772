#include "sandbox/jail/probe.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lazaret::sandbox {
namespace {

// Loopback is down in a network namespace of one's own; elsewhere nobody listens on this port, or somebody does.
bool network_is_unreachable() {
  const UniqueFd client(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!client.valid()) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ENETUNREACH;
}

bool root_is_empty() {
  for (const char* path : {"/etc", "/usr", "/proc", "/dev", "/tmp"}) {
    if (access(path, F_OK) == 0 || errno != ENOENT) return false;
  }
  return open("/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
}

bool fork_fails() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
  return child < 0;
}

bool limits_take_effect(const ResourceLimits& limits) {
  if (!limit_resources(limits)) return false;
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  if (mmap(nullptr, limits.address_space_bytes, PROT_READ, kFlags, -1, 0) != MAP_FAILED) return false;
#endif
  if (fcntl(STDIN_FILENO, F_DUPFD, static_cast<int>(limits.descriptors)) >= 0) return false;
  return fork_fails();
}

bool killed_by_filter(const SeccompFilter& filter, const std::function<void()>& act) {
  const int status = run_apart([&] {
    if (!wear_seccomp(filter)) return false;
    act();
    return true;
  });
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

}  // namespace

int run_apart(const std::function<bool()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    die_with_parent();
    _exit(act() ? 0 : 1);
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return status;
}

bool holds(const std::function<bool()>& act) {
  const int status = run_apart(act);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool namespaces_hold() {
  return holds([] {
    if (!enter_namespaces()) return false;
    return holds([] { return getpid() == 1 && enter_empty_root() && root_is_empty() && network_is_unreachable(); });
  });
}

bool limits_hold(const ResourceLimits& limits) {
  return holds([&] { return limits_take_effect(limits); });
}

bool landlock_holds(int ruleset) {
  return holds([&] {
    const auto opens_root = [] { return UniqueFd(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)).valid(); };
    if (!opens_root() || !wear_landlock(ruleset)) return false;
    return !opens_root() && errno == EACCES;
  });
}

bool seccomp_holds(const SeccompFilter& filter) {
  const std::array<std::function<void()>, 6> forbidden{
      [] { static_cast<void>(socket(AF_INET, SOCK_STREAM, 0)); },
      [] { static_cast<void>(open("/", O_RDONLY | O_CLOEXEC)); },
      [] { static_cast<void>(fork()); },
      [] { static_cast<void>(execl("/", "/", nullptr)); },
      [] { static_cast<void>(kill(getppid(), 0)); },
      [] { static_cast<void>(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); },
  };
  for (const auto& act : forbidden) {
    if (!killed_by_filter(filter, act)) return false;
  }
  return true;
}

}  // namespace lazaret::sandbox
