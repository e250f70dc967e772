#include "sandbox/jail/layers.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lazaret::sandbox {
namespace {

// Reserved by Debian's policy and given to nobody, so that the worker shares its user with no other service.
constexpr id_t kWorkerIdentity = 65'533;

constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWCGROUP;

std::unexpected<Error> refused(std::string_view what) {
  return std::unexpected(system_error(what, errno));
}

Result<void> write_file(const char* path, const std::string& text) {
  const UniqueFd file(open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid() || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return refused(path);
  }
  return {};
}

// 0, or the number of what went wrong.
int take_worker_identity() {
  const auto identity = static_cast<gid_t>(kWorkerIdentity);
  const bool taken = setgroups(0, nullptr) == 0 && setresgid(identity, identity, identity) == 0 &&
                     setresuid(identity, identity, identity) == 0;
  return taken ? 0 : errno;
}

// One identity inside, that of this process outside.
Result<void> map_identity(uid_t user, gid_t group) {
  const std::string inside = std::to_string(kWorkerIdentity) + " ";
  if (auto done = write_file("/proc/self/setgroups", "deny"); !done) return done;
  if (auto done = write_file("/proc/self/uid_map", inside + std::to_string(user) + " 1"); !done) return done;
  return write_file("/proc/self/gid_map", inside + std::to_string(group) + " 1");
}

Result<void> set_limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  if (setrlimit(resource, &limit) != 0) return refused("set a resource limit");
  return {};
}

// struct landlock_ruleset_attr as of ABI 6; older headers know fewer members, older kernels want a shorter size.
struct LandlockRules {
  std::uint64_t file_system = 0;
  std::uint64_t network = 0;  // since ABI 4
  std::uint64_t scoped = 0;   // since ABI 6
};

constexpr std::uint64_t low_bits(unsigned count) {
  return (std::uint64_t{1} << count) - 1;
}

// Every access right that a kernel of this ABI can deny.
std::uint64_t file_system_rights(long abi) {
  constexpr unsigned kFirst = 13;             // execute ... make_sym
  if (abi >= 5) return low_bits(kFirst + 3);  // refer, truncate, ioctl_dev
  if (abi >= 3) return low_bits(kFirst + 2);
  if (abi == 2) return low_bits(kFirst + 1);
  return low_bits(kFirst);
}

std::size_t rules_size(long abi) {
  if (abi >= 6) return 3 * sizeof(std::uint64_t);
  if (abi >= 4) return 2 * sizeof(std::uint64_t);
  return sizeof(std::uint64_t);
}

}  // namespace

void die_with_parent() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

Result<void> enter_namespaces() {
  if (unshare(kNamespaces) == 0) return {};  // privileged: no user namespace is needed to have the others
  if (geteuid() == 0) {
    // Root without the capability. A user namespace of root's would keep root's files its own; one of nobody's does
    // not.
    if (const int error_number = take_worker_identity(); error_number != 0) {
      return std::unexpected(system_error("take an unprivileged identity", error_number));
    }
    prctl(PR_SET_DUMPABLE, 1);  // lost with the identity, and needed to write one's own map
  }
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | kNamespaces) != 0) return refused("enter namespaces");
  return map_identity(user, group);
}

Result<void> enter_empty_root() {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refused("make mounts private");
  // Any folder will do as the place of the new root: nobody outside sees what is mounted here.
  const char* place = nullptr;
  for (const char* candidate : {"/tmp", "/usr", "/etc", "/proc"}) {
    if (mount("none", candidate, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=0555") == 0) {
      place = candidate;
      break;
    }
  }
  if (place == nullptr || chdir(place) != 0) return refused("mount an empty root");
  // pivot_root(".", ".") stacks the old root on the new one, whence it is detached: no folder is needed to put it in.
  if (syscall(SYS_pivot_root, ".", ".") != 0) return refused("pivot to the empty root");
  if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) return refused("leave the old root");
  constexpr unsigned long kFlags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (mount(nullptr, "/", nullptr, kFlags, nullptr) != 0) return refused("make the empty root read-only");
  return {};
}

Result<void> drop_identity() {
  if (geteuid() == 0) {
    const int error_number = take_worker_identity();
    // Where root is given no other identity (a namespace of one user, a container without the capability), losing its
    // capabilities is what is left.
    if (error_number != 0 && error_number != EINVAL && error_number != EPERM) {
      return std::unexpected(system_error("take an unprivileged identity", error_number));
    }
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) return refused("drop capabilities");
  return {};
}

Result<void> harden_process() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("set no-new-privileges");
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return refused("become non-dumpable");
  return {};
}

Result<void> limit_resources(const ResourceLimits& limits) {
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)  // sanitizers reserve terabytes of addresses
  if (auto set = set_limit(RLIMIT_AS, limits.address_space_bytes, limits.address_space_bytes); !set) return set;
#endif
  // SIGXCPU first: that is how the server knows time from memory.
  if (auto set = set_limit(RLIMIT_CPU, limits.processor_seconds, limits.processor_seconds + 1); !set) return set;
  if (auto set = set_limit(RLIMIT_NOFILE, limits.descriptors, limits.descriptors); !set) return set;
  for (const auto resource : {RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_MEMLOCK}) {
    if (auto set = set_limit(resource, 0, 0); !set) return set;
  }
  return {};
}

Result<UniqueFd> make_landlock_ruleset() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return fail(ErrorCode::kUnavailable, "no Landlock in this kernel");
  const LandlockRules rules{.file_system = file_system_rights(abi), .network = 3, .scoped = 3};
  UniqueFd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, rules_size(abi), 0)));
  if (!ruleset.valid()) return refused("make a Landlock ruleset");
  return ruleset;
}

Result<void> wear_landlock(int ruleset) {
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) return refused("wear Landlock");
  return {};
}

}  // namespace lazaret::sandbox
