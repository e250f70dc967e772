#include "http/edge/lane.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pthread.h>

#include "base/encoding.h"
#include "base/ids.h"
#include "http/edge/session.h"

namespace lazaret::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kLongestTick{250};
constexpr std::chrono::milliseconds kShortestTick{5};

// Often enough that no timeout is late by more than a quarter of itself.
std::chrono::milliseconds tick_interval(const ServerOptions& options) {
  const auto shortest =
      std::min({options.header_timeout, options.idle_timeout, options.body_rate_window, options.linger_timeout});
  return std::clamp(shortest / 4, kShortestTick, kLongestTick);
}

std::string make_prefix() {
  SystemRandom random;
  std::array<std::uint8_t, 8> bytes{};
  random.fill(bytes);
  return hex_encode(bytes) + "-";
}

}  // namespace

Lane::Lane(Surroundings& surroundings)
    : surroundings_(surroundings),
      guard_(asio::make_work_guard(context_)),
      timer_(context_),
      date_(format_http_date(surroundings.clock.now())),
      id_prefix_(make_prefix()) {}

Lane::~Lane() {
  join();
}

void Lane::start() {
  asio::co_spawn(context_, tick(), asio::detached);
  thread_ = std::thread([this] {
    // sendfile to a peer that left raises SIGPIPE, which has no flag to turn it off.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    context_.run();
  });
  pthread_setname_np(thread_.native_handle(), "http");
}

void Lane::join() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    guard_.reset();
    timer_.cancel();
    context_.stop();
  });
  thread_.join();
}

asio::awaitable<void> Lane::tick() {
  const auto interval = tick_interval(surroundings_.options);
  for (;;) {
    timer_.expires_after(interval);
    const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    const Timestamp now = surroundings_.clock.now();
    if (const auto second = std::chrono::floor<std::chrono::seconds>(now); second != date_second_) {
      date_second_ = second;
      date_ = format_http_date(now);
    }
    const SteadyTime steady = std::chrono::steady_clock::now();
    for (Session* session : sessions_)
      session->on_tick(steady);
  }
}

void Lane::adopt(asio::ip::tcp::socket socket, Admission admission) {
  auto session = std::make_unique<Session>(std::move(socket), *this);
  const auto place = sessions_.insert(sessions_.end(), session.get());
  Session& running = *session;
  auto& counter = admission == Admission::kServe ? surroundings_.connections : surroundings_.turned_away;
  asio::co_spawn(context_, admission == Admission::kServe ? running.run() : running.turn_away(),
                 [this, place, &counter, owned = std::move(session)](const std::exception_ptr&) mutable {
                   // An exception here is memory that ran out: it costs this connection and no other.
                   sessions_.erase(place);
                   owned.reset();
                   --counter;
                 });
}

void Lane::close_idle() {
  for (Session* session : sessions_)
    session->close_if_idle();
}

std::size_t Lane::cancel_all() {
  std::size_t serving = 0;
  for (Session* session : sessions_) {
    if (!session->idle()) ++serving;
    session->cancel();
  }
  return serving;
}

std::string Lane::next_request_id() {
  std::string id = id_prefix_;
  id += std::to_string(++id_counter_);
  return id;
}

}  // namespace lazaret::http
