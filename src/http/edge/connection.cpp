#include "http/edge/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace lazaret::http {

namespace asio = boost::asio;

namespace {

// Fixed, not grown by the kernel to megabytes: what is in flight then stays in the processor's cache (a download of 50
// MB over loopback is six times as fast), and connections cannot hold gigabytes of kernel memory. The kernel doubles
// it; half a megabyte in flight is 80 Mbit/s at 50 ms, and clients farther away come through a proxy that is near.
constexpr int kSendBuffer = 256 * 1024;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ignored;  // a socket that is already dead says so at its first use
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(kSendBuffer), ignored);
}

asio::awaitable<IoStatus> Connection::wait(asio::socket_base::wait_type type) {
  if (cancelled_) co_return IoStatus::kCancelled;
  const SteadyTime began = std::chrono::steady_clock::now();
  timed_out_ = false;
  woken_ = false;
  waiting_since_ = began;
  const auto [error] = co_await socket_.async_wait(type, asio::as_tuple(asio::use_awaitable));
  waiting_since_.reset();
  wake_at_ = SteadyTime::max();
  if (rate_) {
    count_acknowledged();
    rate_->waited(std::chrono::steady_clock::now() - began);
  }
  if (cancelled_) co_return IoStatus::kCancelled;
  if (timed_out_) co_return IoStatus::kTimeout;
  if (woken_) co_return IoStatus::kWoken;
  co_return error ? IoStatus::kClosed : IoStatus::kOk;
}

Connection::Received Connection::receive(std::span<char> buffer) {
  const ssize_t count = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    bytes_in_ += bytes;
    moved(bytes);
    return {bytes, IoStatus::kOk};
  }
  if (count < 0 && would_block(errno)) return {};
  return {0, IoStatus::kClosed};
}

asio::awaitable<IoStatus> Connection::send(std::string_view first, std::string_view second, More more) {
  const int flags = MSG_NOSIGNAL | (more == More::kYes ? MSG_MORE : 0);
  while (!first.empty() || !second.empty()) {
    // sendmsg does not write through iov_base.
    std::array<iovec, 2> parts{
        {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = ::sendmsg(socket_.native_handle(), &message, flags);
    if (count < 0 && !would_block(errno)) co_return IoStatus::kClosed;
    if (count < 0) {
      if (const IoStatus status = co_await wait_writable(); status != IoStatus::kOk) co_return status;
      continue;
    }
    const auto sent = static_cast<std::size_t>(count);
    bytes_out_ += sent;
    const std::size_t of_first = std::min(sent, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(sent - of_first);
  }
  co_return IoStatus::kOk;
}

Connection::SentSome Connection::send_some(std::string_view bytes, More more) {
  const int flags = MSG_NOSIGNAL | (more == More::kYes ? MSG_MORE : 0);
  const ssize_t count = ::send(socket_.native_handle(), bytes.data(), bytes.size(), flags);
  if (count < 0) return {0, would_block(errno) ? IoStatus::kOk : IoStatus::kClosed};
  bytes_out_ += static_cast<std::uint64_t>(count);
  return {static_cast<std::size_t>(count), IoStatus::kOk};
}

Connection::SentFile Connection::send_file(int fd, std::uint64_t offset, std::size_t size) {
  auto position = static_cast<off_t>(offset);
  const ssize_t count = ::sendfile(socket_.native_handle(), fd, &position, size);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    bytes_out_ += bytes;
    return {bytes, IoStatus::kOk, false};
  }
  if (count < 0 && would_block(errno)) return {};
  return {0, IoStatus::kClosed, count == 0};
}

void Connection::moved(std::uint64_t bytes) {
  if (rate_) rate_->moved(bytes);
}

// What counts of what was sent is what the peer has acknowledged. The kernel's own buffer takes megabytes at once and
// asks for more when a third of it is free, which is far longer than a rate's window for who reads slowly but steadily.
void Connection::count_acknowledged() {
  int queued = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &queued) != 0 || queued < 0) return;
  const std::uint64_t acknowledged = bytes_out_ - std::min(bytes_out_, static_cast<std::uint64_t>(queued));
  if (acknowledged <= acknowledged_) return;
  moved(acknowledged - acknowledged_);
  acknowledged_ = acknowledged;
}

bool Connection::late(SteadyTime now) {
  if (!waiting_since_) return false;
  if (rate_) count_acknowledged();
  return now >= deadline_ || (rate_ && rate_->too_slow(now - *waiting_since_));
}

void Connection::on_tick(SteadyTime now) {
  if (late(now)) {
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
  if (now >= wake_at_) wake();
  const bool watched = stop_ != nullptr && peer_watch_ == PeerWatch::kWatch && !stop_->stop_requested();
  if (watched && peer_is_gone()) stop_->request_stop();
}

bool Connection::peer_is_gone() const {
  // A peer that only ends its own sending looks the same as one that closed.
  pollfd state{const_cast<asio::ip::tcp::socket&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::wake() {
  if (!waiting_since_) return;
  woken_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::cancel() {
  cancelled_ = true;
  if (stop_ != nullptr) stop_->request_stop();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::end_sending() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void Connection::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::string Connection::peer_address() const {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (error) return {};
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

}  // namespace lazaret::http
