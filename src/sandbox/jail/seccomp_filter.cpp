// The allow-list of system calls. A worker reads its document by pread, allocates, answers and exits: the list is what
// that takes, by argument where a call could do more.
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/jail/layers.h"

namespace lazaret::sandbox {
namespace {

constexpr unsigned kMaxInstructions = 4096;  // the kernel's own bound

class Context {
 public:
  Context() : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {}
  ~Context() { seccomp_release(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void allow(int call) { note(seccomp_rule_add_exact(context_, SCMP_ACT_ALLOW, call, 0)); }
  // Only where every bit of `mask` in the argument is as in `value`.
  void allow_if(int call, unsigned argument, std::uint64_t mask, std::uint64_t value) {
    note(seccomp_rule_add_exact(context_, SCMP_ACT_ALLOW, call, 1, bits(argument, mask, value)));
  }
  // Fails with EPERM, and the process lives on.
  void refuse_if(int call, unsigned argument, std::uint64_t mask, std::uint64_t value) {
    note(seccomp_rule_add_exact(context_, SCMP_ACT_ERRNO(EPERM), call, 1, bits(argument, mask, value)));
  }
  void allow_if_both(int call, scmp_arg_cmp first, scmp_arg_cmp second) {
    note(seccomp_rule_add_exact(context_, SCMP_ACT_ALLOW, call, 2, first, second));
  }
  static scmp_arg_cmp bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
  }
  void note(int result) { sound_ = sound_ && result == 0; }

  bool sound() const { return sound_ && context_ != nullptr; }
  scmp_filter_ctx get() const { return context_; }

 private:
  scmp_filter_ctx context_;
  bool sound_ = true;
};

void add_rules(Context& context) {
  // Memory: anonymous, and never executable.
  context.allow_if_both(SCMP_SYS(mmap), Context::bits(2, PROT_EXEC, 0),
                        Context::bits(3, MAP_ANONYMOUS | MAP_SHARED, MAP_ANONYMOUS));
  context.allow_if(SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)})
    context.allow(call);
  // The document and the channel: both are open already, and nothing here can open another.
  for (const int call : {SCMP_SYS(pread64), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close)})
    context.allow(call);
  context.allow(SCMP_SYS(lseek));
  // Words of a library that nobody reads: standard output and error are /dev/null.
  for (const int call : {SCMP_SYS(write), SCMP_SYS(writev)}) {
    for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO})
      context.allow_if(call, 0, ~std::uint32_t{0}, static_cast<std::uint64_t>(descriptor));
  }
  context.refuse_if(SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);  // how stdio asks what it writes to
  // What the C and C++ libraries ask for by themselves; the clocks where they are no vDSO's.
  for (const int call :
       {SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(futex),
        SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid)})
    context.allow(call);
  context.allow(SCMP_SYS(gettimeofday));
#ifdef __x86_64__
  context.allow(SCMP_SYS(time));
#endif
}

// libseccomp 2.5 exports to a descriptor only.
Result<SeccompFilter> export_filter(const Context& context) {
  const UniqueFd file(memfd_create("seccomp", MFD_CLOEXEC));
  if (!file.valid() || seccomp_export_bpf(context.get(), file.get()) != 0) {
    return fail(ErrorCode::kInternal, "cannot export the seccomp filter");
  }
  const off_t size = lseek(file.get(), 0, SEEK_END);
  const auto count = static_cast<std::size_t>(size) / sizeof(sock_filter);
  if (size <= 0 || count > kMaxInstructions) return fail(ErrorCode::kInternal, "seccomp filter of a bad size");
  SeccompFilter filter(count);
  if (pread(file.get(), filter.data(), count * sizeof(sock_filter), 0) != size) {
    return std::unexpected(system_error("read the seccomp filter", errno));
  }
  return filter;
}

}  // namespace

Result<SeccompFilter> compile_seccomp_filter() {
  Context context;
  if (!context.sound()) return fail(ErrorCode::kInternal, "cannot make a seccomp filter");
  context.note(seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  context.note(seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));  // a tree, not a chain, of comparisons
  add_rules(context);
  if (!context.sound()) return fail(ErrorCode::kInternal, "a rule of the seccomp filter was refused");
  return export_filter(context);
}

Result<void> wear_seccomp(const SeccompFilter& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    return std::unexpected(system_error("wear the seccomp filter", errno));
  }
  return {};
}

}  // namespace lazaret::sandbox
