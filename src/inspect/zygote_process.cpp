#include "inspect/zygote_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include "inspect/wire_channel.h"

namespace lazaret::inspect {
namespace {

// What posix_spawn is told; freed with it.
class SpawnPlan {
 public:
  explicit SpawnPlan(int control) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, control, kControlFd);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kControlFd + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);  // a terminal's Ctrl-C is the server's to act upon
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  Result<pid_t> spawn(const std::filesystem::path& program, std::vector<std::string> arguments,
                      std::vector<std::string> environment) {
    std::vector<char*> argument_list;
    std::vector<char*> environment_list;
    argument_list.reserve(arguments.size() + 1);
    environment_list.reserve(environment.size() + 1);
    for (std::string& text : arguments)
      argument_list.push_back(text.data());
    for (std::string& text : environment)
      environment_list.push_back(text.data());
    argument_list.push_back(nullptr);
    environment_list.push_back(nullptr);
    pid_t pid = -1;
    const int error_number =
        posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argument_list.data(), environment_list.data());
    if (error_number != 0) {
      Error error = system_error("start " + program.string(), error_number);
      error.code = ErrorCode::kUnavailable;
      return std::unexpected(std::move(error));
    }
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// The server's environment holds credentials, which have no business near a parser. What is passed: relocations are
// done before the first fork, so that they are not done again in every child.
std::vector<std::string> zygote_environment() {
  std::vector<std::string> environment{"LD_BIND_NOW=1"};
#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
#endif
  return environment;
}

}  // namespace

Result<ZygoteProcess> ZygoteProcess::start(const ZygoteOptions& options) {
  auto channel = make_channel();
  if (!channel) return std::unexpected(std::move(channel.error()));
  auto& [ours, theirs] = *channel;
  std::vector<std::string> arguments{options.inspector.string(), "--children=" + std::to_string(options.children),
                                     std::string("--sandbox=") + (options.sandbox ? "on" : "off")};
  for (const std::filesystem::path& file : options.rules)
    arguments.push_back("--rules=" + file.string());
  const auto pid = SpawnPlan(theirs.get()).spawn(options.inspector, std::move(arguments), zygote_environment());
  if (!pid) return std::unexpected(pid.error());
  return ZygoteProcess(*pid, std::move(ours));
}

ZygoteProcess::ZygoteProcess(ZygoteProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), control_(std::move(other.control_)) {}

ZygoteProcess::~ZygoteProcess() {
  if (pid_ < 0) return;
  control_.reset();
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<Hello> ZygoteProcess::wait_for_hello(int wake, std::chrono::milliseconds limit) {
  std::array<pollfd, 2> watched{{{control_.get(), POLLIN, 0}, {wake, POLLIN, 0}}};
  int ready = -1;
  do {
    ready = poll(watched.data(), watched.size(), static_cast<int>(limit.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return fail(ErrorCode::kUnavailable, "the inspector did not say hello in time", Retry::kSafe);
  if (watched[1].revents != 0) return fail(ErrorCode::kCancelled, "the inspector is being shut down");
  const Received received = receive_message(control_.get(), kMaxControlBytes, Descriptors::kNone, Blocking::kDoNotWait);
  if (received.kind != Received::Kind::kMessage) {
    return fail(ErrorCode::kUnavailable, "the inspector ended before its hello", Retry::kSafe);
  }
  auto hello = decode_hello(received.bytes);
  if (!hello) return fail(ErrorCode::kUnavailable, hello.error().detail, Retry::kSafe);
  if (!hello->fault.empty()) return fail(ErrorCode::kUnavailable, "inspector: " + hello->fault, Retry::kSafe);
  return hello;
}

Result<std::optional<ZygoteProcess::News>> ZygoteProcess::next_event() {
  Received received = receive_message(control_.get(), kMaxControlBytes, Descriptors::kOne, Blocking::kDoNotWait);
  if (received.kind == Received::Kind::kNothing) return std::nullopt;
  if (received.kind != Received::Kind::kMessage) return fail(ErrorCode::kUnavailable, "the inspector ended");
  const auto event = decode_event(received.bytes);
  if (!event) return std::unexpected(event.error());
  if ((event->came != 0) != received.descriptor.valid()) {
    return fail(ErrorCode::kCorrupt, "the inspector named a child without its channel");
  }
  return News{*event, std::move(received.descriptor)};
}

void ZygoteProcess::kill_worker(std::uint64_t serial) {
  // A zygote that does not read this is stuck; whoever waits for its next child finds out.
  static_cast<void>(send_message(control_.get(), encode(Kill{serial}), -1, Blocking::kDoNotWait));
}

}  // namespace lazaret::inspect
