#include "sandbox/jail/zygote.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/protocol.h"
#include "inspect/wire_channel.h"
#include "sandbox/jail/probe.h"
#include "sandbox/jail/withheld.h"

namespace lazaret::sandbox {
namespace {

using inspect::kControlFd;
using inspect::Received;

constexpr int kExitDone = 0;
constexpr int kExitCannotWork = 70;
constexpr int kMaxFaultsInARow = 8;  // children that could not seal themselves: the server starts another zygote
constexpr int kForkRetry = 100;      // milliseconds, while the machine has no process to spare
constexpr int kHeapAhead = 1 << 20;  // bytes of the heap that a worker finds mapped and untouched

class Zygote {
 public:
  Zygote(std::size_t children, const Seal& seal, Analyst& analyst)
      : children_(children), seal_(seal), analyst_(analyst) {}

  int run();

 private:
  struct Child {
    std::uint64_t serial = 0;
    pid_t pid = -1;
  };

  // Tells the server of the child that ended, if any, and of a new one, if one could be made. False: nobody listens.
  bool replace(inspect::Event event);
  UniqueFd fork_child(std::uint64_t serial);
  bool reap();
  bool obey();

  const std::size_t children_;
  const Seal& seal_;
  Analyst& analyst_;
  std::vector<Child> alive_;
  std::uint64_t last_serial_ = 0;
  int faults_in_a_row_ = 0;
};

// One thread, so nothing has to be made ready for a fork; and some of what would be lies in a library that the child
// lacks.
pid_t fork_bare() {
#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
  return fork();
#else
  return _Fork();
#endif
}

UniqueFd Zygote::fork_child(std::uint64_t serial) {
  auto channel = inspect::make_channel();
  if (!channel) return {};
  const pid_t zygote = getpid();
  const pid_t pid = fork_bare();
  if (pid == 0) run_worker(channel->second.get(), zygote, seal_, analyst_);
  if (pid < 0) return {};
  alive_.push_back({serial, pid});
  return std::move(channel->first);
}

bool Zygote::replace(inspect::Event event) {
  UniqueFd channel;
  if (alive_.size() < children_) {
    channel = fork_child(last_serial_ + 1);
    if (channel.valid()) event.came = ++last_serial_;
  }
  if (event.came == 0 && event.ended == 0) return true;
  return inspect::send_message(kControlFd, encode(event), channel.get()) == inspect::Sent::kDone;
}

bool Zygote::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return true;
    const bool fault = WIFEXITED(status) && WEXITSTATUS(status) == inspect::kExitFault;
    faults_in_a_row_ = fault ? faults_in_a_row_ + 1 : 0;
    if (faults_in_a_row_ >= kMaxFaultsInARow) return false;
    for (std::size_t i = 0; i < alive_.size(); ++i) {
      if (alive_[i].pid != pid) continue;
      const std::uint64_t serial = alive_[i].serial;
      alive_[i] = alive_.back();
      alive_.pop_back();
      if (!replace({.came = 0, .ended = serial, .status = status})) return false;
      break;
    }
  }
}

bool Zygote::obey() {
  const Received received = inspect::receive_message(kControlFd, inspect::kMaxControlBytes, inspect::Descriptors::kNone,
                                                     inspect::Blocking::kDoNotWait);
  if (received.kind == Received::Kind::kNothing) return true;
  if (received.kind != Received::Kind::kMessage) return false;
  const auto order = inspect::decode_kill(received.bytes);
  if (!order) return false;
  for (const Child& child : alive_) {
    if (child.serial == order->serial) kill(child.pid, SIGKILL);  // ours, and not reaped: no other can have its number
  }
  return true;
}

int Zygote::run() {
  sigset_t child_signal;
  sigemptyset(&child_signal);
  sigaddset(&child_signal, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_signal, nullptr);
  const UniqueFd signals(signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) return kExitCannotWork;
  std::array<pollfd, 2> watched{{{kControlFd, POLLIN, 0}, {signals.get(), POLLIN, 0}}};
  for (;;) {
    for (std::size_t missing = children_ - alive_.size(); missing > 0; --missing) {
      if (!replace({})) return kExitDone;
    }
    const bool short_of_children = alive_.size() < children_;
    if (poll(watched.data(), watched.size(), short_of_children ? kForkRetry : -1) < 0 && errno != EINTR) {
      return kExitCannotWork;
    }
    signalfd_siginfo ignored{};
    while (read(signals.get(), &ignored, sizeof ignored) > 0) {
    }
    if (!reap()) return kExitCannotWork;
    if (watched[0].revents != 0 && !obey()) return kExitDone;
  }
}

struct Sealed {
  Seal seal;
  std::uint8_t layers = 0;
};

// Closes what can be closed while workers can still be forked, and finds out which layers they can wear.
Result<Sealed> close_up(bool sandbox, bool in_namespaces) {
  Sealed sealed;
  if (!sandbox) return sealed;
  if (in_namespaces) {
    if (auto done = enter_empty_root(); !done) return std::unexpected(std::move(done.error()));
    sealed.layers |= inspect::kLayerNamespaces;
  }
  if (auto done = drop_identity(); !done) return std::unexpected(std::move(done.error()));
  if (auto done = harden_process(); !done) return std::unexpected(std::move(done.error()));
  die_with_parent();  // again: a change of identity clears it
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) sealed.layers |= inspect::kLayerNoNewPrivileges;

  sealed.seal.limits = limits_hold(sealed.seal.resources);
  if (sealed.seal.limits) sealed.layers |= inspect::kLayerLimits;
  if (auto ruleset = make_landlock_ruleset(); ruleset && landlock_holds(ruleset->get())) {
    sealed.seal.landlock = std::move(*ruleset);
    sealed.layers |= inspect::kLayerLandlock;
  }
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)
  auto filter = compile_seccomp_filter();
  if (!filter) return std::unexpected(std::move(filter.error()));
  if (seccomp_holds(*filter)) {
    sealed.seal.seccomp = std::move(*filter);
    sealed.layers |= inspect::kLayerSeccomp;
  }
#endif
  return sealed;
}

int give_up(const Error& error) {
  static_cast<void>(
      inspect::send_message(kControlFd, encode(inspect::Hello{.layers = 0, .versions = {}, .fault = error.detail})));
  return kExitCannotWork;
}

// One arena that grows in large steps and gives nothing back: a worker's life is too short to tidy up.
void set_up_heap() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, kHeapAhead);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

int run_zygote(const InspectorOptions& options, bool in_namespaces,
               const std::function<Result<std::unique_ptr<Analyst>>()>& load) {
  die_with_parent();
  set_up_heap();
  tzset();  // libmagic asks for local time now and then; the file that says what it is must be open by then
  auto analyst = load();
  if (!analyst) return give_up(analyst.error());
  auto sealed = close_up(options.sandbox, in_namespaces);
  if (!sealed) return give_up(sealed.error());
  const inspect::Hello hello{.layers = sealed->layers, .versions = (*analyst)->versions(), .fault = {}};
  if (inspect::send_message(kControlFd, encode(hello)) != inspect::Sent::kDone) return kExitDone;
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)  // sanitizers look into every library
  withhold_unused_libraries();
#endif
  // Free chunks are merged once, here, and not in every child, where each touched page is a copy.
  malloc_trim(kHeapAhead);
  return Zygote(options.children, sealed->seal, **analyst).run();
}

// The zygote's parent, in the PID namespace of the server: keeps its place until it ends.
int wait_for_zygote(pid_t zygote) {
  close(kControlFd);
  int status = 0;
  while (waitpid(zygote, &status, 0) < 0) {
    if (errno != EINTR) return kExitCannotWork;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kExitCannotWork;
}

}  // namespace

Result<InspectorOptions> parse_inspector_options(int count, const char* const* arguments) {
  constexpr std::string_view kChildren = "--children=";
  constexpr std::string_view kRules = "--rules=";
  InspectorOptions options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--sandbox=on" || argument == "--sandbox=off") {
      options.sandbox = argument.ends_with("on");
      continue;
    }
    if (argument.starts_with(kRules)) {
      options.rules.emplace_back(argument.substr(kRules.size()));
      continue;
    }
    const std::string_view number = argument.starts_with(kChildren) ? argument.substr(kChildren.size()) : "";
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.children);
    if (number.empty() || error != std::errc{} || end != number.data() + number.size() || options.children < 1 ||
        options.children > 1024) {
      return fail(ErrorCode::kInvalidParameter, "usage: lazaret-inspector --children=1..1024 --sandbox=on|off");
    }
  }
  return options;
}

int run_inspector(const InspectorOptions& options, const std::function<Result<std::unique_ptr<Analyst>>()>& load) {
  die_with_parent();
  const bool in_namespaces = options.sandbox && namespaces_hold();
  if (in_namespaces) {
    if (auto done = enter_namespaces(); !done) return give_up(done.error());
    die_with_parent();
  }
  const pid_t zygote = fork();
  if (zygote < 0) return give_up(system_error("fork the zygote", errno));
  if (zygote == 0) _exit(run_zygote(options, in_namespaces, load));
  return wait_for_zygote(zygote);
}

}  // namespace lazaret::sandbox
