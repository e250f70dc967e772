#include "inspect/clamd_exchange.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/unique_fd.h"
#include "inspect/clamd_reply.h"

namespace lazaret::inspect {
namespace {

using std::chrono::milliseconds;
using RealTime = std::chrono::steady_clock;  // the kernel waits in real time, whatever the clock that is injected

constexpr std::size_t kChunk = std::size_t{128} * 1024;
constexpr std::size_t kLengthBytes = 4;  // big-endian, before each chunk; 0 ends the stream

std::unexpected<Error> unavailable(std::string_view what) {
  return fail(ErrorCode::kUnavailable, "clamd " + std::string(what), Retry::kSafe);
}

std::unexpected<Error> failed(std::string_view what, int error_number) {
  return unavailable(std::string(what) + ": " + std::generic_category().message(error_number));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::optional<SocketAddress> unix_address(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::ranges::copy(path, address.sun_path);
  SocketAddress made{.size = sizeof address};
  std::memcpy(&made.storage, &address, sizeof address);
  return made;
}

std::optional<SocketAddress> internet_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  SocketAddress made;
  sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    made.size = sizeof four;
    std::memcpy(&made.storage, &four, sizeof four);
  } else if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    made.size = sizeof six;
    std::memcpy(&made.storage, &six, sizeof six);
  } else {
    return std::nullopt;
  }
  return made;
}

// The kernel's own limit of a blocking connect(), which holds for both kinds of sockets; later waits are ours.
Result<UniqueFd> connect_to(const ClamdPeer& peer, milliseconds limit) {
  const auto address = peer.address.starts_with('/') ? unix_address(peer.address) : internet_address(peer.address);
  if (!address) return unavailable("has no address that can be used");
  UniqueFd socket(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return std::unexpected(system_error("make a socket", errno));
  const timeval time{.tv_sec = limit.count() / 1000, .tv_usec = limit.count() % 1000 * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  if (::connect(socket.get(), address->get(), address->size) != 0) {
    // EAGAIN and EINPROGRESS are how the limit shows, and EAGAIN a full queue.
    const bool is_slow = errno == EAGAIN || errno == EINPROGRESS;
    return is_slow ? unavailable("takes no connection") : failed("cannot be reached", errno);
  }
  return socket;
}

class Connection {
 public:
  Connection(UniqueFd socket, const Call& call, RealTime::time_point until, ErrorCode when_late)
      : socket_(std::move(socket)),
        call_(call),
        until_(until),
        when_late_(when_late),
        on_stop_(call.stop, [fd = socket_.get()] { ::shutdown(fd, SHUT_RDWR); }) {}

  Result<void> send(std::span<const std::byte> bytes);
  Result<std::string> read_to_end();

 private:
  Result<void> wait_for(short events);

  UniqueFd socket_;
  const Call& call_;
  const RealTime::time_point until_;
  const ErrorCode when_late_;  // kDeadline where the call ends first, else kUnavailable
  std::stop_callback<std::function<void()>> on_stop_;
};

Result<void> Connection::wait_for(short events) {
  pollfd watched{socket_.get(), events, 0};
  int ready = -1;
  do {
    const auto left = std::chrono::ceil<milliseconds>(until_ - RealTime::now());
    ready = ::poll(&watched, 1, std::max(static_cast<int>(left.count()), 0));
  } while (ready < 0 && errno == EINTR);
  if (call_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off while clamd scanned", Retry::kSafe);
  if (ready == 0) return fail(when_late_, "clamd did not answer in time", Retry::kSafe);
  if (ready < 0) return failed("cannot be waited for", errno);
  return {};
}

Result<void> Connection::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto waited = wait_for(POLLOUT); !waited) return waited;
    } else if (errno != EINTR) {
      if (call_.stop.stop_requested()) return wait_for(POLLOUT);
      return failed("broke off", errno);
    }
  }
  return {};
}

Result<std::string> Connection::read_to_end() {
  std::string answer;
  std::array<char, 1024> piece{};
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      if (auto waited = wait_for(POLLIN); !waited) return std::unexpected(std::move(waited.error()));
      continue;
    }
    if (call_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off while clamd scanned", Retry::kSafe);
    if (got < 0) return failed("broke off after answering " + printable_reply(answer), errno);
    if (got == 0) return answer;
    answer.append(piece.data(), static_cast<std::size_t>(got));
    if (answer.size() > kMaxClamdReplyBytes) return unavailable("answered too much");
  }
}

void put_length(std::span<std::byte> room, std::size_t length) {
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    room[i] = static_cast<std::byte>(length >> (8 * (kLengthBytes - 1 - i)));
}

Result<void> send_chunks(Connection& connection, const PullBytes& body) {
  std::vector<std::byte> buffer(kLengthBytes + kChunk);
  for (;;) {
    const auto got = body(std::span(buffer).subspan(kLengthBytes));
    if (!got) return std::unexpected(got.error());
    put_length(buffer, *got);
    if (auto sent = connection.send(std::span(buffer).first(kLengthBytes + *got)); !sent) return sent;
    if (*got == 0) return {};
  }
}

// What clamd said before it broke off tells why it did.
Error explain(Error error, Connection& connection) {
  if (error.code != ErrorCode::kUnavailable) return error;
  const auto answer = connection.read_to_end();
  error.detail += "; clamd answered " + (answer ? printable_reply(*answer) : answer.error().detail);
  return error;
}

}  // namespace

Result<std::string> clamd_exchange(const ClamdPeer& peer, const Call& call, const Clock& clock,
                                   const ClamdCommand& command) {
  const auto left = std::chrono::ceil<milliseconds>(call.deadline - clock.steady_now());
  if (left <= milliseconds::zero()) return fail(ErrorCode::kDeadline, "no time left to ask clamd", Retry::kSafe);
  const milliseconds limit = std::min(left, command.limit);
  const auto until = RealTime::now() + limit;
  auto socket = connect_to(peer, std::min(limit, peer.connect_limit));
  if (!socket) return std::unexpected(std::move(socket.error()));
  Connection connection(std::move(*socket), call, until,
                        left <= command.limit ? ErrorCode::kDeadline : ErrorCode::kUnavailable);
  const std::string line = "z" + std::string(command.name) + '\0';
  auto sent = connection.send(std::as_bytes(std::span(line)));
  if (sent && command.body) sent = send_chunks(connection, command.body);
  if (!sent) return std::unexpected(explain(std::move(sent.error()), connection));
  return connection.read_to_end();
}

}  // namespace lazaret::inspect
