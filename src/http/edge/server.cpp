#include "http/edge/server.h"

#include <algorithm>
#include <cerrno>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/edge/lane.h"

namespace lazaret::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Connections that are only told to come back later; over this they are closed without a word.
constexpr std::size_t kMaxTurnedAway = 64;
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::milliseconds kPoll{5};

Result<void> listen_on(tcp::acceptor& acceptor, const ServerOptions& options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(ErrorCode::kUnavailable, "not a numeric address: " + options.address);
  const tcp::endpoint endpoint(address, options.port);
  const auto failed = [&](std::string_view what) {
    return fail(ErrorCode::kUnavailable, std::string(what) + " " + options.address + ":" +
                                             std::to_string(options.port) + ": " + error.message());
  };
  if (acceptor.open(endpoint.protocol(), error); error) return failed("open");
  if (acceptor.set_option(tcp::acceptor::reuse_address(true), error); error) return failed("reuse");
  if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (acceptor.bind(endpoint, error); error) return failed("bind");
  if (acceptor.listen(options.backlog, error); error) return failed("listen on");
  return {};
}

// Runs on the lane's thread and waits for it.
template <class Function>
auto on_lane(Lane& lane, Function function) {
  std::packaged_task<decltype(function())()> task(std::move(function));
  auto result = task.get_future();
  asio::post(lane.context(), std::move(task));
  return result.get();
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Application& application, WorkerPool& disk, WorkerPool& work)
      : surroundings_{
            .options = std::move(options), .application = application, .disk = disk, .work = work, .clock = clock_} {
    for (std::size_t i = 0; i < std::max<std::size_t>(surroundings_.options.threads, 1); ++i)
      lanes_.push_back(std::make_unique<Lane>(surroundings_));
    acceptor_.emplace(lanes_.front()->context());
  }
  ~Impl() { finish(std::chrono::milliseconds(0)); }

  Result<void> start() {
    if (auto listening = listen_on(*acceptor_, surroundings_.options); !listening) {
      finished_ = true;
      return listening;
    }
    boost::system::error_code error;
    port_ = acceptor_->local_endpoint(error).port();
    asio::co_spawn(lanes_.front()->context(), accept_all(), asio::detached);
    for (auto& lane : lanes_)
      lane->start();
    return {};
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return surroundings_.connections; }
  void begin_drain() { surroundings_.draining = true; }

  void close_listener() {
    const std::lock_guard lock(mutex_);
    close_listener_locked();
  }

  bool finish(std::chrono::milliseconds timeout) {
    const std::lock_guard lock(mutex_);
    if (finished_) return whole_;
    close_listener_locked();
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (serving() > 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(kPoll);
    // Sessions that come to be after one round (an accept that was under way) are met by the next.
    while (serving() > 0) {
      for (auto& lane : lanes_)
        whole_ = on_lane(*lane, [&] { return lane->cancel_all(); }) == 0 && whole_;
      std::this_thread::sleep_for(kPoll);
    }
    for (auto& lane : lanes_)
      lane->join();
    finished_ = true;
    return whole_;
  }

 private:
  std::size_t serving() const { return surroundings_.connections + surroundings_.turned_away; }

  void close_listener_locked() {
    if (std::exchange(listener_closed_, true) || finished_) return;
    surroundings_.draining = true;
    surroundings_.closing = true;
    on_lane(*lanes_.front(), [this] {
      boost::system::error_code ignored;
      acceptor_->close(ignored);
      pause_.reset();
    });
    for (auto& lane : lanes_)
      on_lane(*lane, [&] { lane->close_idle(); });
  }

  asio::awaitable<void> accept_all() {
    for (std::size_t turn = 0; acceptor_->is_open(); ++turn) {
      Lane& lane = *lanes_[turn % lanes_.size()];
      auto [error, socket] = co_await acceptor_->async_accept(lane.context(), asio::as_tuple(asio::use_awaitable));
      if (!acceptor_->is_open()) co_return;
      if (error) {
        co_await pause_after(error);
        continue;
      }
      admit(lane, std::move(socket));
    }
  }

  // Out of descriptors or memory: those that end make room. Anything else concerns the one connection that failed.
  asio::awaitable<void> pause_after(boost::system::error_code error) {
    const int number = error.value();
    const bool scarce = number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
    if (!scarce) co_return;
    pause_.emplace(lanes_.front()->context(), kAcceptPause);
    co_await pause_->async_wait(asio::as_tuple(asio::use_awaitable));
  }

  void admit(Lane& lane, tcp::socket socket) {
    auto admission = Lane::Admission::kServe;
    if (surroundings_.connections >= surroundings_.options.max_connections) {
      if (surroundings_.turned_away >= kMaxTurnedAway) return;
      admission = Lane::Admission::kTurnAway;
    }
    ++(admission == Lane::Admission::kServe ? surroundings_.connections : surroundings_.turned_away);
    asio::post(lane.context(), [&lane, admission, accepted = std::move(socket)]() mutable {
      lane.adopt(std::move(accepted), admission);
    });
  }

  SystemClock clock_;
  Surroundings surroundings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  // Both on the first lane's thread once it runs.
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> pause_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // one caller at a time ends the server
  bool listener_closed_ = false;
  bool finished_ = false;
  bool whole_ = true;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Application& application, WorkerPool& disk,
                                              WorkerPool& work) {
  auto impl = std::make_unique<Impl>(std::move(options), application, disk, work);
  if (auto started = impl->start(); !started) return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
std::uint16_t Server::port() const {
  return impl_->port();
}
std::size_t Server::connections() const {
  return impl_->connections();
}
void Server::begin_drain() {
  impl_->begin_drain();
}
void Server::close_listener() {
  impl_->close_listener();
}
bool Server::finish(std::chrono::milliseconds timeout) {
  return impl_->finish(timeout);
}

}  // namespace lazaret::http
