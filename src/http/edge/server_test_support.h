// A raw HTTP client and an application of the tests' own: the edge is tested over real sockets, byte by byte.
// Every wait has a deadline; a test that meets it fails instead of hanging.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/unique_fd.h"
#include "http/edge/server.h"

namespace lazaret::http::testing {

using namespace std::chrono_literals;
constexpr auto kPatience = 20s;  // of a test for what must happen

struct Answer {
  int status = 0;
  std::string head;  // with the status line, without the empty line
  std::string body;
  bool complete = false;  // the body has its stated length
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  bool connected() const { return connected_; }
  int fd() const { return fd_.get(); }

  // False when the peer is gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  // One answer, read no further than its end. `head_only`: it answers HEAD.
  Answer read_answer(bool head_only = false) {
    while (!buffer_.contains("\r\n\r\n")) {
      if (!read_more()) return {};
    }
    Answer answer;
    const std::size_t end = buffer_.find("\r\n\r\n");
    answer.head = buffer_.substr(0, end);
    buffer_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    std::size_t length = 0;
    if (const std::size_t at = answer.head.find("Content-Length: "); at != std::string::npos && !head_only)
      length = std::stoull(answer.head.substr(at + 16));
    if (answer.status == 304 || answer.status < 200) length = 0;
    while (buffer_.size() < length && read_more()) {
    }
    answer.body = buffer_.substr(0, length);
    answer.complete = answer.body.size() == length;
    buffer_.erase(0, answer.body.size());
    return answer;
  }
  Answer request(std::string_view text) {
    send(text);
    return read_answer();
  }

  enum class End { kClosed, kReset, kStillOpen };
  // Reads and drops until the server ends the connection.
  End wait_for_end() {
    while (read_more()) {
    }
    return end_;
  }
  const std::string& unread() const { return buffer_; }

  bool read_more() {
    if (end_ != End::kStillOpen) return false;
    pollfd state{fd_.get(), POLLIN, 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience).count();
    if (::poll(&state, 1, static_cast<int>(patience)) <= 0) return false;
    char bytes[64 * 1024];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) {
      end_ = count == 0 ? End::kClosed : End::kReset;
      return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

 private:
  UniqueFd fd_;
  std::string buffer_;
  End end_ = End::kStillOpen;
  bool connected_ = false;
};

// A gate that a handler waits at until the test opens it.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    signal_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return signal_.wait_for(lock, kPatience, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable signal_;
  bool open_ = false;
};

// Answers by path. Routes are set before the server starts.
class TestApplication final : public Application {
 public:
  using Route = std::function<Plan(const RequestHead&)>;
  std::map<std::string, Route> routes;

  struct Finished {
    std::string method;
    std::string path;
    RequestRecord record;
    std::string request_id;
  };

  Plan plan(const RequestHead& head) override {
    const auto route = routes.find(head.path);
    if (route == routes.end()) return AnswerNow{text(404, "no route")};
    return route->second(head);
  }
  Response fault_answer(EdgeFault fault, const RequestHead*) override {
    static constexpr int kStatus[] = {400, 400, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505};
    Response response = text(kStatus[static_cast<std::size_t>(fault)], "fault");
    if (fault == EdgeFault::kOverloaded) response.headers.add("Retry-After", "1");
    return response;
  }
  void decorate(const RequestHead*, Response& response) override { response.headers.add("X-Decorated", "yes"); }
  void finished(const RequestHead& head, const Response&, const RequestRecord& record) override {
    const std::lock_guard lock(mutex_);
    finished_.push_back({head.method, head.path, record, head.request_id});
    signal_.notify_all();
  }

  // The records, once there are this many.
  std::vector<Finished> wait_for_finished(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(signal_.wait_for(lock, kPatience, [&] { return finished_.size() >= count; }));
    return finished_;
  }

  static Response text(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain");
    response.body = std::move(body);
    return response;
  }
  static Plan whole(std::uint64_t limit, std::function<Response(const Call&, std::string)> handle) {
    return HandleWhole{limit, std::move(handle)};
  }

 private:
  std::mutex mutex_;
  std::condition_variable signal_;
  std::vector<Finished> finished_;
};

// What became of one sink.
struct SinkLog {
  std::mutex mutex;
  std::condition_variable signal;
  std::string bytes;
  int pieces = 0;
  int touching = 0;
  bool touched_by_two = false;
  bool finished = false;
  bool destroyed = false;

  bool wait_until(const std::function<bool()>& reached) {
    std::unique_lock lock(mutex);
    return signal.wait_for(lock, kPatience, reached);
  }
  bool wait_for_destruction() {
    return wait_until([this] { return destroyed; });
  }
};

class RecordingSink final : public BodySink {
 public:
  // `on_bytes` sees everything that has come so far; an answer from it ends the upload.
  using OnBytes = std::function<std::optional<Response>(const std::string&)>;
  explicit RecordingSink(std::shared_ptr<SinkLog> log, OnBytes on_bytes = {},
                         std::function<Response(const Call&, const std::string&)> on_finish = {})
      : log_(std::move(log)), on_bytes_(std::move(on_bytes)), on_finish_(std::move(on_finish)) {}
  ~RecordingSink() override {
    const std::lock_guard lock(log_->mutex);
    log_->destroyed = true;
    log_->signal.notify_all();
  }
  std::optional<Response> on_data(std::span<const std::byte> data) override {
    enter();
    bytes_.append(reinterpret_cast<const char*>(data.data()), data.size());
    ++pieces_;
    auto answer = on_bytes_ ? on_bytes_(bytes_) : std::nullopt;
    leave();
    return answer;
  }
  Response finish(const Call& call) override {
    enter();
    auto answer = on_finish_ ? on_finish_(call, bytes_) : TestApplication::text(201, std::to_string(bytes_.size()));
    {
      const std::lock_guard lock(log_->mutex);
      log_->finished = true;
    }
    leave();
    return answer;
  }

 private:
  void enter() {
    const std::lock_guard lock(log_->mutex);
    if (++log_->touching > 1) log_->touched_by_two = true;
  }
  void leave() {
    const std::lock_guard lock(log_->mutex);
    --log_->touching;
    log_->bytes = bytes_;
    log_->pieces = pieces_;
    log_->signal.notify_all();
  }
  std::shared_ptr<SinkLog> log_;
  OnBytes on_bytes_;
  std::function<Response(const Call&, const std::string&)> on_finish_;
  std::string bytes_;
  int pieces_ = 0;
};

// A server on a free port with short timeouts; the test sets routes, then starts it.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options.threads = 2;
    options.linger_timeout = 2s;
    app.routes["/hello"] = [](const RequestHead&) {
      return TestApplication::whole(0, [](const Call&, std::string) { return TestApplication::text(200, "hello"); });
    };
    app.routes["/echo"] = [](const RequestHead&) {
      return TestApplication::whole(
          1000, [](const Call&, std::string body) { return TestApplication::text(200, std::move(body)); });
    };
    app.routes["/upload"] = [this](const RequestHead&) -> Plan {
      return HandleStream{100ULL << 20U, std::make_unique<RecordingSink>(sink)};
    };
  }
  void start() {
    auto started = Server::start(options, app, disk, work);
    ASSERT_TRUE(started) << started.error().detail;
    server = *std::move(started);
  }
  Client connect() const { return Client(server->port()); }
  Answer ask(std::string_view text) const { return connect().request(text); }

  static std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n"; }
  static std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
  }

  // Leaves the pool no room until the gate opens.
  static void fill(WorkerPool& pool, Gate& gate) {
    std::atomic<std::size_t> running = 0;
    std::atomic<std::size_t> submitted = 0;
    while (running < pool.threads()) {
      if (submitted < pool.threads() && pool.try_submit([&] {
            ++running;
            gate.wait();
          }))
        ++submitted;
      std::this_thread::yield();
    }
    while (pool.try_submit([&gate] { gate.wait(); })) {
    }
  }

  // Members, not locals of a test: handlers touch them until the server and the pools have ended.
  Gate entered;
  Gate leave;
  Gate stopped;
  ServerOptions options;
  TestApplication app;
  std::shared_ptr<SinkLog> sink = std::make_shared<SinkLog>();
  WorkerPool disk{{.name = "disk", .threads = 2, .queue_limit = 64}};
  WorkerPool work{{.name = "work", .threads = 2, .queue_limit = 64}};
  std::unique_ptr<Server> server;
};

}  // namespace lazaret::http::testing
