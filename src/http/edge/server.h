// Server: the listening socket, its I/O threads and every connection on them. HTTP/1.0 and 1.1 for an Application that
// knows no socket. Sockets are coroutines, one thread per core; whatever blocks runs on the two pools.
//
// The pools and the application outlive the server. Public methods may be called from any thread that is not one of its
// own; the destructor is finish(0).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/worker_pool.h"
#include "http/application.h"
#include "http/edge/head.h"

namespace lazaret::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 0;             // 0: any free one
  std::size_t threads = 1;
  int backlog = 1024;
  std::size_t max_connections = 4096;
  HeadLimits head;
  std::chrono::milliseconds header_timeout{10'000};   // from a head's first byte (or the connection) to its last
  std::chrono::milliseconds idle_timeout{75'000};     // between two requests
  std::chrono::milliseconds handler_timeout{60'000};  // Call::deadline; the edge itself never abandons a handler
  std::uint64_t min_body_rate = 1024;                 // bytes a second, both directions
  std::chrono::milliseconds body_rate_window{10'000};
  std::chrono::milliseconds linger_timeout{10'000};  // how long an unread body is drained after an early answer
  std::uint64_t linger_bytes = 64ULL << 20U;
  // How long a small body is waited for before its beginning is looked at, which may be all that is needed to refuse
  // it.
  std::chrono::milliseconds small_body_patience{20};
  std::chrono::milliseconds pool_wait{5'000};  // how long a body waits for a pool that takes no task
};

class Server {
 public:
  // Binds and listens; kUnavailable with the system's reason when it cannot.
  // HandleWhole runs on `disk`, BodySink::on_data on `disk`, BodySink::finish and ByteStream reads on `work`.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Application& application, WorkerPool& disk,
                                               WorkerPool& work);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::size_t connections() const;

  // From now on every answer says `Connection: close`; the listener stays open.
  void begin_drain();
  // begin_drain(), and no connection is accepted any more; idle ones are closed. Returns when that is so.
  void close_listener();
  // close_listener(), waits until no request runs or `timeout` is over, cancels the rest (handlers see their stop
  // token, sinks are given up) and ends the threads. True when nothing had to be cancelled. Idempotent.
  bool finish(std::chrono::milliseconds timeout);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lazaret::http
