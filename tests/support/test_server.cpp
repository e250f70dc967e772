#include "tests/support/test_server.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lazaret::testing_support {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

Result<std::unique_ptr<TestServer>> TestServer::start(const std::string& name,
                                                      const std::vector<std::string>& arguments) {
  std::unique_ptr<TestServer> server(new TestServer);
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  const std::string script = std::string(LAZARET_TEST_SERVERS) + "/" + name;
  const std::string folder = server->folder_.path() / "server";
  std::vector<char*> words{const_cast<char*>(script.c_str()), const_cast<char*>("run"),
                           const_cast<char*>(folder.c_str())};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.read.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  const int failed = ::posix_spawn(&server->script_, script.c_str(), &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::unexpected(system_error("starting " + script, failed));
  server->life_ = std::move(input.write);
  output.write.reset();
  if (auto read = server->read_values(output.read.get()); !read) return std::unexpected(std::move(read.error()));
  return server;
}

TestServer::~TestServer() {
  life_.reset();
  if (script_ > 0) ::waitpid(script_, nullptr, 0);
}

std::string TestServer::value(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string{} : found->second;
}

// The scripts close their output when all is said; one whose server did not start has said nothing.
Result<void> TestServer::read_values(int output) {
  std::string text;
  std::array<char, 1024> buffer{};
  for (;;) {
    const ssize_t got = ::read(output, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const std::string line = text.substr(0, end);
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos) values_[line.substr(0, equals)] = line.substr(equals + 1);
      text.erase(0, end + 1);
    }
  }
  if (values_.empty()) return fail(ErrorCode::kUnavailable, "the server did not start: see what its script said");
  return {};
}

}  // namespace lazaret::testing_support
