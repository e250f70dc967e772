// Connection: one accepted socket with its deadlines. System calls are tried first and waited for only where the socket
// is not ready, so a fast peer costs no trip through the reactor. Everything runs on the thread of its io_context; the
// deadlines are watched by that thread's tick.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/edge/rate_watch.h"

namespace lazaret::http {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class IoStatus : std::uint8_t {
  kOk,
  kClosed,     // the peer is gone
  kTimeout,    // a deadline passed, or the peer is too slow
  kCancelled,  // the server ends
  kWoken,      // wake() was called
};

class Connection {
 public:
  explicit Connection(boost::asio::ip::tcp::socket socket);

  // At most one wait at a time. `deadline` and the rate watch end it.
  boost::asio::awaitable<IoStatus> wait_readable() { return wait(boost::asio::socket_base::wait_read); }
  boost::asio::awaitable<IoStatus> wait_writable() { return wait(boost::asio::socket_base::wait_write); }

  struct Received {
    std::size_t bytes = 0;  // 0 with kOk: nothing there now
    IoStatus status = IoStatus::kOk;
  };
  Received receive(std::span<char> buffer);

  enum class More : bool { kNo, kYes };
  // All of both, or an error; kYes: more follows at once, so no small packet goes out.
  boost::asio::awaitable<IoStatus> send(std::string_view first, std::string_view second, More more);
  // One call; 0 bytes with kOk: the socket takes none now. Another thread may make it while the connection's own waits
  // for that thread and for nothing else.
  struct SentSome {
    std::size_t bytes = 0;
    IoStatus status = IoStatus::kOk;
  };
  SentSome send_some(std::string_view bytes, More more);
  // One sendfile call; 0 bytes with kOk: the socket takes none now, kClosed with `file_ended`: the file is too short.
  struct SentFile {
    std::size_t bytes = 0;
    IoStatus status = IoStatus::kOk;
    bool file_ended = false;
  };
  SentFile send_file(int fd, std::uint64_t offset, std::size_t size);

  void set_deadline(SteadyTime deadline) { deadline_ = deadline; }
  void clear_deadline() { deadline_ = SteadyTime::max(); }
  void watch_rate(RateWatch watch) { rate_ = watch; }
  void stop_watching_rate() { rate_.reset(); }

  // cancel() stops the source, and with kWatch the tick does when it finds the peer gone: a handler has no other way to
  // learn it, while who sends meets it at once (and serves a peer that only ended its own sending).
  enum class PeerWatch : bool { kNo, kWatch };
  void stop_with(std::stop_source& source, PeerWatch watch) {
    stop_ = &source;
    peer_watch_ = watch;
  }
  void stop_nothing() { stop_ = nullptr; }

  void on_tick(SteadyTime now);
  void wake();                                        // ends a running wait with kWoken; without one, nothing happens
  void wake_by(SteadyTime when) { wake_at_ = when; }  // the same for the next wait, at the first tick after `when`
  void cancel();                                      // ends this wait and every later one with kCancelled
  bool cancelled() const { return cancelled_; }

  void end_sending();  // FIN
  void reset();        // RST: what was sent is void
  void close();

  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }
  std::string peer_address() const;
  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

 private:
  boost::asio::awaitable<IoStatus> wait(boost::asio::socket_base::wait_type type);
  bool late(SteadyTime now);
  bool peer_is_gone() const;
  void moved(std::uint64_t bytes);
  void count_acknowledged();

  boost::asio::ip::tcp::socket socket_;
  SteadyTime deadline_ = SteadyTime::max();
  std::optional<RateWatch> rate_;
  std::optional<SteadyTime> waiting_since_;
  SteadyTime wake_at_ = SteadyTime::max();
  std::stop_source* stop_ = nullptr;
  PeerWatch peer_watch_ = PeerWatch::kNo;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t acknowledged_ = 0;  // of bytes_out_
  bool timed_out_ = false;
  bool woken_ = false;
  bool cancelled_ = false;
};

}  // namespace lazaret::http
