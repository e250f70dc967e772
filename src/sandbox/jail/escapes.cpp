#include "sandbox/jail/escapes.h"

#include <array>
#include <csignal>
#include <cstdint>

#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lazaret::sandbox {
namespace {

// By number: what the C library would do first or instead is not what is tested.
template <class... Arguments>
long call(long number, Arguments... arguments) {
  return syscall(number, arguments...);
}

bool executable_mapping() {
  return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

bool made_executable() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

bool executed() {
  const char* arguments[] = {"/bin/true", nullptr};
  return call(SYS_execve, "/bin/true", arguments, nullptr) == 0;
}

bool forked() {
  const long child = call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  return child > 0;
}

bool wrote_file() {
  return call(SYS_openat, AT_FDCWD, "/tmp/escaped", O_WRONLY | O_CREAT, 0600) >= 0;
}

bool set_limits_back() {
  const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  return call(SYS_prlimit64, 0, RLIMIT_NPROC, &limit, nullptr) == 0;
}

constexpr std::array kEscapes{
    Escape{"socket_inet", [] { return call(SYS_socket, AF_INET, SOCK_STREAM, 0) >= 0; }},
    Escape{"socket_unix", [] { return call(SYS_socket, AF_UNIX, SOCK_STREAM, 0) >= 0; }},
    Escape{"socketpair",
           [] {
             std::array<int, 2> ends{};
             return call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0;
           }},
    Escape{"open_root", [] { return call(SYS_openat, AT_FDCWD, "/", O_RDONLY) >= 0; }},
    Escape{"open_passwd", [] { return call(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0; }},
    Escape{"open_write", wrote_file},
    Escape{"write_document", [] { return call(SYS_pwrite64, 4, "x", 1, 0) == 1; }},
    Escape{"write_channel", [] { return call(SYS_write, 3, "x", 1) == 1; }},
    Escape{"stat",
           [] {
             struct stat facts{};
             return call(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &facts, 0) == 0;
           }},
    Escape{"execve", executed},
    Escape{"ptrace", [] { return call(SYS_ptrace, PTRACE_TRACEME, 0, nullptr, nullptr) == 0; }},
    Escape{"fork", forked},
    Escape{"clone3", [] { return call(SYS_clone3, nullptr, 0) == 0; }},
    Escape{"kill_parent", [] { return call(SYS_kill, getppid(), SIGTERM) == 0; }},
    Escape{"kill_all", [] { return call(SYS_kill, -1, 0) == 0; }},
    Escape{"tgkill", [] { return call(SYS_tgkill, 1, 1, 0) == 0; }},
    Escape{"mmap_exec", executable_mapping},
    Escape{"mprotect_exec", made_executable},
    Escape{"mmap_file", [] { return mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, 4, 0) != MAP_FAILED; }},
    Escape{"mount", [] { return call(SYS_mount, "none", "/", "tmpfs", 0, nullptr) == 0; }},
    Escape{"unshare", [] { return call(SYS_unshare, CLONE_NEWUSER) == 0; }},
    Escape{"prlimit", set_limits_back},
    Escape{"prctl", [] { return call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }},
    Escape{"setuid", [] { return call(SYS_setuid, 0) == 0; }},
    Escape{"chmod_document", [] { return call(SYS_fchmod, 4, 0666) == 0; }},
    Escape{"shmget", [] { return call(SYS_shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600) >= 0; }},
    Escape{"process_vm_readv", [] { return call(SYS_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0) == 0; }},
    Escape{"io_uring",
           [] {
             io_uring_params parameters{};
             return call(SYS_io_uring_setup, 1, &parameters) >= 0;
           }},
    Escape{"bpf", [] { return call(SYS_bpf, 0, nullptr, 0) == 0; }},
    Escape{"memfd", [] { return call(SYS_memfd_create, "escaped", 0) >= 0; }},
    Escape{"userfaultfd", [] { return call(SYS_userfaultfd, 0) >= 0; }},
    Escape{"perf", [] { return call(SYS_perf_event_open, nullptr, 0, -1, -1, 0) >= 0; }},
};

}  // namespace

std::span<const Escape> escapes() {
  return kEscapes;
}

}  // namespace lazaret::sandbox
