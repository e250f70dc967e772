#include "aws/credentials/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/credentials/exchange.h"
#include "base/unique_fd.h"
#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Of this service, and no business of the command's. All else is passed on: what a command needs (HOME, a proxy, the
// address of a vault) cannot be foreseen.
constexpr std::array<std::string_view, 1> kWithheld{"SECRET_KEY"};

std::vector<char*> environment_of_command() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (std::ranges::find(kWithheld, text.substr(0, text.find('='))) == kWithheld.end()) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

// A group of its own, and signals as a shell would give them: a server blocks some and ignores broken pipes, and both
// would be inherited.
void set_manners(posix_spawnattr_t& attributes) {
  sigset_t none;
  sigemptyset(&none);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

// A child in a group of its own; the destructor ends the group and collects the child.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) static_cast<void>(end());
  }
  // The exit status of a child that has closed its output: it may take until `until`, then it is killed.
  int end_by(steady_clock::time_point until) {
    // glibc 2.36 declares pidfd_open for C alone.
    const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    pollfd watched{handle.get(), POLLIN, 0};
    if (handle.valid() && left > milliseconds::zero()) ::poll(&watched, 1, static_cast<int>(left.count()));
    return end();
  }

 private:
  // The group goes before its leader is collected: until then its number is no one else's.
  int end() {
    ::kill(-pid_, SIGKILL);
    int status = -1;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
  pid_t pid_;
};

struct Spawned {
  pid_t pid = -1;
  UniqueFd output;
};

class ProcessSource final : public CredentialsSource {
 public:
  ProcessSource(ExternalProcess plan, std::string name) : plan_(std::move(plan)), name_(std::move(name)) {}

  Result<Credentials> fetch(const Call& call) override {
    const auto until = std::min(call.deadline, steady_clock::now() + kProcessTime);
    auto spawned = spawn();
    if (!spawned) return std::unexpected(std::move(spawned).error());
    Child child(spawned->pid);
    const auto output = read_output(call, spawned->output.get(), until);
    if (!output) return std::unexpected(output.error());
    const int status = child.end_by(until);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return refuse("the command failed");
    return read(*output);
  }

 private:
  Result<Spawned> spawn() const {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(system_error(name_ + ": pipe", errno));
    Spawned spawned{.output = UniqueFd(ends[0])};
    const UniqueFd input(ends[1]);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, input.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    set_manners(attributes);
    std::vector<std::string> words = plan_.command;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int failed = ::posix_spawnp(&spawned.pid, arguments.front(), &files, &attributes, arguments.data(),
                                      environment_of_command().data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) return refuse("the command cannot be started: " + system_error("", failed).detail);
    return spawned;
  }

  Result<std::string> read_output(const Call& call, int output, steady_clock::time_point until) const {
    const UniqueFd woken(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback wake(call.stop, [fd = woken.get()] { static_cast<void>(::eventfd_write(fd, 1)); });
    std::string text;
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
      if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, name_ + ": called off", Retry::kSafe);
      if (left <= milliseconds::zero()) return refuse("the command took too long");
      std::array<pollfd, 2> watched{{{output, POLLIN, 0}, {woken.get(), POLLIN, 0}}};
      if (::poll(watched.data(), watched.size(), static_cast<int>(left.count())) <= 0) continue;
      if (watched[0].revents == 0) continue;
      std::array<char, 4096> chunk{};
      const ssize_t got = ::read(output, chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(system_error(name_ + ": read", errno));
      if (got == 0) return text;
      text.append(chunk.data(), static_cast<std::size_t>(got));
      if (text.size() > kMaxCredentialsBytes) return refuse("the command prints too much");
    }
  }

  Result<Credentials> read(const std::string& output) const {
    const auto root = json::parse(output, "", {.bytes = kMaxCredentialsBytes, .depth = 8});
    const json::Node* version = root ? root->find("Version") : nullptr;
    if (version == nullptr || version->text != "1") return refuse("the command prints no JSON of Version 1");
    return read_credentials_json(output, name_);
  }

  std::unexpected<Error> refuse(const std::string& why) const {
    return fail(ErrorCode::kUnavailable, name_ + ": " + why, Retry::kSafe);
  }

  const ExternalProcess plan_;
  const std::string name_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_external_process(const ExternalProcess& plan, std::string name) {
  return std::make_unique<ProcessSource>(plan, std::move(name));
}

}  // namespace lazaret::aws
