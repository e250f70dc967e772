// Lane: one I/O thread with its io_context, and what its connections share. A connection lives on one lane all its
// life, so nothing of it is locked. The tick watches every deadline of the lane, which is cheaper than a timer a
// connection.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "http/edge/server.h"

namespace lazaret::http {

class Session;

// Outlives every lane.
struct Surroundings {
  ServerOptions options;
  Application& application;
  WorkerPool& disk;
  WorkerPool& work;
  const Clock& clock;
  std::atomic<bool> draining = false;        // every answer says `Connection: close`
  std::atomic<bool> closing = false;         // idle connections are closed
  std::atomic<std::size_t> connections = 0;  // served ones
  std::atomic<std::size_t> turned_away = 0;  // ones that only read their 503
};

class Lane {
 public:
  explicit Lane(Surroundings& surroundings);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start();
  // Ends the thread; every session is over by then.
  void join();

  boost::asio::io_context& context() { return context_; }
  Surroundings& surroundings() { return surroundings_; }

  enum class Admission : std::uint8_t { kServe, kTurnAway };
  // On the lane's thread, as all that follow.
  void adopt(boost::asio::ip::tcp::socket socket, Admission admission);
  void close_idle();
  std::size_t cancel_all();  // says how many were serving
  std::string_view date() const { return date_; }
  std::string next_request_id();
  // Room for one receive; whoever uses it is done with it before anything else runs.
  std::span<char> scratch() { return scratch_; }

 private:
  boost::asio::awaitable<void> tick();

  Surroundings& surroundings_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer timer_;
  std::list<Session*> sessions_;
  std::string date_;
  Timestamp date_second_{};
  std::string id_prefix_;
  std::uint64_t id_counter_ = 0;
  std::array<char, 16 * 1024> scratch_{};
  std::thread thread_;
};

}  // namespace lazaret::http
