#include "http/edge/upload_pump.h"

#include <algorithm>
#include <span>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace lazaret::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kBufferSize = std::size_t{256} * 1024;
// Less than this is worth waiting a little longer for, except at the beginning and the end of a body.
constexpr std::size_t kWorthAHop = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds kPoolRetry{10};

}  // namespace

UploadPump::UploadPump(Lane& lane, Connection& connection, BodyReader& reader, std::unique_ptr<BodySink> sink)
    : lane_(lane),
      connection_(connection),
      reader_(reader),
      sink_(std::move(sink)),
      comes_whole_(reader.rest_fits(kBufferSize)) {}

UploadPump::~UploadPump() {
  if (sink_) dispose_on(lane_.surroundings().disk, lane_.surroundings().work, std::move(sink_));
}

asio::awaitable<UploadPump::Outcome> UploadPump::run() {
  Outcome outcome;
  for (std::size_t turn = 0; !reader_.done() && !over(); turn ^= 1U) {
    auto& buffer = buffers_[turn];
    if (!buffer) buffer = std::make_unique_for_overwrite<char[]>(kBufferSize);
    const Filled filled = co_await fill(std::span(buffer.get(), kBufferSize));
    co_await join();
    if (over()) break;
    outcome.status = filled.status;
    outcome.fault = filled.fault;
    if (filled.status != IoStatus::kOk || filled.fault) co_return outcome;
    const std::span<const char> bytes(buffer.get(), filled.bytes);
    if (reader_.done()) last_ = bytes;
    if (bytes.empty() || reader_.done()) continue;
    // The other buffer is made here, where running out of memory leaves no task of the sink behind.
    auto& next = buffers_[turn ^ 1U];
    if (!next) next = std::make_unique_for_overwrite<char[]>(kBufferSize);
    if (!co_await submit(lane_.surroundings().disk, [this, bytes] { on_data(bytes); })) {
      outcome.fault = EdgeFault::kOverloaded;
      co_return outcome;
    }
    handed_over_ = true;
  }
  co_await join();
  if (threw_) outcome.fault = EdgeFault::kInternal;
  outcome.early = std::exchange(early_, std::nullopt);
  co_return outcome;
}

asio::awaitable<UploadPump::Filled> UploadPump::fill(std::span<char> buffer) {
  Filled filled;
  while (filled.bytes < buffer.size() && !reader_.done()) {
    const auto taken = reader_.take(buffer.subspan(filled.bytes));
    filled.bytes += taken.bytes;
    filled.status = taken.status;
    filled.fault = taken.fault;
    if (taken.status != IoStatus::kOk || taken.fault) co_return filled;
    if (taken.bytes > 0 || reader_.done()) continue;
    if (over()) co_return filled;
    if (idle() && worth_a_hop(filled.bytes)) co_return filled;
    if (comes_whole_) {
      connection_.wake_by(std::chrono::steady_clock::now() + lane_.surroundings().options.small_body_patience);
    }
    const IoStatus status = co_await connection_.wait_readable();
    if (status == IoStatus::kWoken) comes_whole_ = false;
    if (status != IoStatus::kOk && status != IoStatus::kWoken) {
      filled.status = status;
      co_return filled;
    }
  }
  co_return filled;
}

bool UploadPump::worth_a_hop(std::size_t bytes) const {
  if (comes_whole_) return false;
  return bytes >= kWorthAHop || (bytes > 0 && !handed_over_);
}

void UploadPump::on_data(std::span<const char> bytes) {
  try {
    early_ = sink_->on_data(std::as_bytes(bytes));
  } catch (...) {
    threw_ = true;
  }
}

void UploadPump::end(const Call& call) {
  try {
    early_ = sink_->finish(call);
  } catch (...) {
    threw_ = true;
  }
}

asio::awaitable<bool> UploadPump::submit(WorkerPool& pool, std::function<void()> work) {
  const SteadyTime until = std::chrono::steady_clock::now() + lane_.surroundings().options.pool_wait;
  done_.reset();
  for (;;) {
    const bool taken = pool.try_submit([this, work, executor = connection_.executor()] {
      work();
      // The wake comes first: what fire() resumes may be the end of this object.
      asio::post(executor, [this] {
        connection_.wake();
        done_.fire();
      });
    });
    if (taken) break;
    if (std::chrono::steady_clock::now() >= until || connection_.cancelled()) co_return false;
    asio::steady_timer pause(connection_.executor(), kPoolRetry);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  in_flight_ = true;
  co_return true;
}

asio::awaitable<void> UploadPump::join() {
  if (!in_flight_) co_return;
  co_await done_.wait();
  in_flight_ = false;
}

asio::awaitable<UploadPump::Outcome> UploadPump::finish(Call call, std::stop_source& stop) {
  Outcome outcome;
  const auto work = [this, &call] {
    if (!last_.empty()) on_data(last_);
    buffers_ = {};  // accept() may take long; the buffers are not needed for it
    if (!early_ && !threw_) end(call);
    sink_.reset();  // here, where it may block
  };
  if (!co_await submit(lane_.surroundings().work, work)) {
    outcome.fault = EdgeFault::kOverloaded;
    co_return outcome;
  }
  connection_.stop_with(stop, Connection::PeerWatch::kWatch);
  co_await join();
  connection_.stop_nothing();
  if (threw_) outcome.fault = EdgeFault::kInternal;
  outcome.early = std::exchange(early_, std::nullopt);
  co_return outcome;
}

}  // namespace lazaret::http
