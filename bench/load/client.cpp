#include "client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/unique_fd.h"
#include "response.h"

namespace lazaret::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;

constexpr std::size_t kReceive = 64 << 10;
constexpr std::size_t kDiscard = 4 << 20;  // asked of the kernel in one call

struct Connection {
  UniqueFd fd;
  Request request;
  ResponseReader response;
  TimePoint started;
  std::size_t next_piece = 0;
  bool busy = false;
  bool fresh = true;  // no answer yet on this connection
  bool watches_write = false;
};

class Client {
 public:
  Client(RequestSource& source, const RunOptions& options) : source_(source), options_(options) {}

  Result<RunResult> run() {
    epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.valid()) return std::unexpected(system_error("epoll_create1", errno));
    begin_ = SteadyClock::now() + options_.warm_up;
    end_ = options_.time.count() > 0 ? begin_ + options_.time : TimePoint::max();
    for (std::size_t i = 0; i < options_.connections; ++i)
      connections_.push_back(std::make_unique<Connection>());
    for (auto& connection : connections_)
      start(*connection);
    while (busy_ > 0) {
      if (auto turned = turn(); !turned) return std::unexpected(turned.error());
    }
    const TimePoint last = std::min(SteadyClock::now(), end_);
    result_.seconds = std::chrono::duration<double>(last - begin_).count();
    return std::move(result_);
  }

 private:
  Result<void> turn() {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 1000);
    if (count < 0 && errno != EINTR) return std::unexpected(system_error("epoll_wait", errno));
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!connection.busy) continue;
      if ((events[static_cast<std::size_t>(i)].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
      if (connection.busy && connection.watches_write) send_more(connection);
    }
    const TimePoint now = SteadyClock::now();
    if (now - last_check_ > std::chrono::seconds(1)) give_up_on_stuck(now);
    return {};
  }

  void give_up_on_stuck(TimePoint now) {
    last_check_ = now;
    for (auto& connection : connections_)
      if (connection->busy && now - connection->started > options_.patience) fail_request(*connection, "too slow");
  }

  bool wants_more(TimePoint now) const {
    return now < end_ && (options_.requests == 0 || issued_ < options_.requests) && consecutive_failures_ < 100;
  }

  void start(Connection& connection) {
    const TimePoint now = SteadyClock::now();
    if (!wants_more(now)) return;
    if (!connection.fd.valid() && !open(connection)) {
      ++consecutive_failures_;
      count_error(now, "cannot connect");
      return;
    }
    ++issued_;
    source_.next(connection.request);
    send_request(connection, now);
  }

  void send_request(Connection& connection, TimePoint now) {
    connection.started = now;
    connection.next_piece = 0;
    connection.response.reset();
    if (!connection.busy) ++busy_;
    connection.busy = true;
    send_more(connection);
  }

  bool open(Connection& connection) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return false;
    // Connected while blocking: on loopback that is immediate, and connecting is not what is measured.
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&options_.address), sizeof options_.address) != 0)
      return false;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return false;
    connection.fd = std::move(fd);
    connection.fresh = true;
    connection.watches_write = false;
    return true;
  }

  void watch_write(Connection& connection, bool wanted) {
    if (connection.watches_write == wanted) return;
    connection.watches_write = wanted;
    epoll_event event{.events = static_cast<std::uint32_t>(wanted ? EPOLLIN | EPOLLOUT : EPOLLIN),
                      .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  }

  void send_more(Connection& connection) {
    auto& pieces = connection.request.pieces;
    while (connection.next_piece < pieces.size()) {
      msghdr message{};
      message.msg_iov = pieces.data() + connection.next_piece;
      message.msg_iovlen = pieces.size() - connection.next_piece;
      const ssize_t sent = ::sendmsg(connection.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR) return watch_write(connection, true);
        // The server has stopped listening to this request; its answer may be waiting.
        connection.next_piece = pieces.size();
        watch_write(connection, false);
        return receive(connection);
      }
      consume(connection, static_cast<std::size_t>(sent));
    }
    watch_write(connection, false);
  }

  static void consume(Connection& connection, std::size_t sent) {
    while (sent > 0) {
      iovec& piece = connection.request.pieces[connection.next_piece];
      const std::size_t part = std::min(sent, piece.iov_len);
      piece.iov_base = static_cast<char*>(piece.iov_base) + part;
      piece.iov_len -= part;
      sent -= part;
      if (piece.iov_len == 0) ++connection.next_piece;
    }
  }

  void receive(Connection& connection) {
    ResponseReader& response = connection.response;
    const bool in_body = response.state() == ResponseReader::State::kBody && response.body_left() > 0;
    ssize_t got = 0;
    if (in_body) {  // MSG_TRUNC on TCP: dropped without being copied
      const std::size_t most = std::min<std::uint64_t>(response.body_left(), kDiscard);
      got = ::recv(connection.fd.get(), nullptr, most, MSG_DONTWAIT | MSG_TRUNC);
    } else {
      got = ::recv(connection.fd.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return ended(connection);
    if (in_body) {
      response.skip(static_cast<std::uint64_t>(got));
    } else {
      response.take({buffer_.data(), static_cast<std::size_t>(got)});
    }
    if (response.state() == ResponseReader::State::kDone) finish(connection);
    if (response.state() == ResponseReader::State::kBroken) fail_request(connection, "broken answer");
  }

  void ended(Connection& connection) {
    // A server may close an idle kept connection just as the next request leaves: asked again, as a browser does.
    if (!connection.response.started() && !connection.fresh) {
      connection.fd.reset();
      if (!open(connection)) return fail_request(connection, "cannot connect");
      rewind(connection);
      return send_request(connection, connection.started);
    }
    if (connection.response.close() == ResponseReader::State::kDone) return finish(connection);
    fail_request(connection, "connection lost");
  }

  // The pieces were consumed while sending; the same kind of request is made anew.
  void rewind(Connection& connection) { source_.next(connection.request); }

  void finish(Connection& connection) {
    const TimePoint now = SteadyClock::now();
    const int status = connection.response.status();
    const bool whole_request_sent = connection.next_piece == connection.request.pieces.size();
    if (status != options_.expected_status) {
      count_error(now, fmt::format("status {}", status));
    } else if (connection.started >= begin_ && now <= end_) {
      ++result_.answers;
      result_.latencies_ms.push_back(std::chrono::duration<float, std::milli>(now - connection.started).count());
    }
    consecutive_failures_ = status == options_.expected_status ? 0 : consecutive_failures_ + 1;
    if (!connection.response.keep_alive() || !whole_request_sent) connection.fd.reset();
    connection.fresh = false;
    idle(connection);
  }

  void fail_request(Connection& connection, std::string kind) {
    ++consecutive_failures_;
    count_error(SteadyClock::now(), std::move(kind));
    connection.fd.reset();
    idle(connection);
  }

  void idle(Connection& connection) {
    connection.busy = false;
    --busy_;
    start(connection);
  }

  void count_error(TimePoint now, std::string kind) {
    if (now < begin_ || now > end_) return;
    ++result_.errors;
    ++result_.error_kinds[std::move(kind)];
  }

  RequestSource& source_;
  const RunOptions& options_;
  UniqueFd epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::array<char, kReceive> buffer_{};
  RunResult result_;
  TimePoint begin_, end_;
  TimePoint last_check_ = SteadyClock::now();
  std::size_t busy_ = 0;
  std::uint64_t issued_ = 0;
  int consecutive_failures_ = 0;
};

}  // namespace

Result<RunResult> run_load(RequestSource& source, const RunOptions& options) {
  const auto client = std::make_unique<Client>(source, options);
  return client->run();
}

}  // namespace lazaret::bench
