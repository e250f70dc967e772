#include "tests/support/clamd_imposter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lazaret::testing_support {
namespace {

std::string ended(std::string_view message) {
  return std::string(message) + '\0';
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

ClamdImposter::ClamdImposter()
    : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::ranges::copy(address(), name.sun_path);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) std::abort();
  if (::listen(listener_.get(), 64) != 0) std::abort();
  acceptor_ = std::thread([this] { accept_connections(); });
}

ClamdImposter::~ClamdImposter() {
  static_cast<void>(::eventfd_write(stop_.get(), 1));
  acceptor_.join();
  for (std::thread& thread : threads_)
    thread.join();
}

void ClamdImposter::answer_by(Handler handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

void ClamdImposter::read_no_stream(bool on) {
  const std::lock_guard lock(mutex_);
  reads_streams_ = !on;
}

std::vector<ClamdRequest> ClamdImposter::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t ClamdImposter::count(std::string_view command) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(requests_, command, &ClamdRequest::command));
}

bool ClamdImposter::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return came_.wait_for(lock, std::chrono::seconds(20), [&] { return requests_.size() >= count; });
}

ClamdAnswerOf ClamdImposter::sound_answer(const ClamdRequest& request) {
  if (request.command == "zVERSION") return {ended("ClamAV 1.4.3/27842/Fri Jan  2 01:02:03 2026"), {}};
  const std::string& body = request.body;
  if (body.starts_with("X5O!") || has(body, "58354f21") || (has(body, "ustar") && has(body, "X5O!"))) {
    return {ended("stream: Eicar-Signature FOUND"), {}};
  }
  if (body.starts_with("\x1f\x8b")) return {ended("stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND"), {}};
  if (has(body, "/Encrypt")) return {ended("stream: Heuristics.Encrypted.PDF FOUND"), {}};
  if (body.starts_with("PK")) return {ended("stream: Heuristics.Encrypted.Zip FOUND"), {}};
  return {ended("stream: OK"), {}};
}

// False: the end has come, or the peer is gone.
bool ClamdImposter::wait(int socket, short events) const {
  std::array<pollfd, 2> watched{{{socket, events, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) return false;
  }
  return watched[1].revents == 0;
}

void ClamdImposter::accept_connections() {
  while (wait(listener_.get(), POLLIN)) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid()) continue;
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, fd = std::move(socket)]() mutable { serve(std::move(fd)); });
  }
}

bool ClamdImposter::read_exactly(int socket, std::string& into, std::size_t count) const {
  while (count > 0) {
    std::array<char, 65536> piece{};
    if (!wait(socket, POLLIN)) return false;
    const ssize_t got = ::recv(socket, piece.data(), std::min(piece.size(), count), 0);
    if (got <= 0) return false;
    into.append(piece.data(), static_cast<std::size_t>(got));
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

bool ClamdImposter::read_request(int socket, ClamdRequest& request) const {
  do {
    if (!read_exactly(socket, request.command, 1)) return false;
  } while (request.command.back() != '\0');
  request.command.pop_back();
  bool reads = true;
  {
    const std::lock_guard lock(mutex_);
    reads = reads_streams_;
  }
  if (request.command != "zINSTREAM" || !reads) return true;
  for (;;) {
    std::string length;
    if (!read_exactly(socket, length, 4)) return false;
    std::size_t size = 0;
    for (const char byte : length)
      size = size << 8U | static_cast<unsigned char>(byte);
    if (size == 0) return true;
    if (!read_exactly(socket, request.body, size)) return false;
  }
}

// Until the peer has closed.
void ClamdImposter::wait_for_end(int socket) const {
  std::array<pollfd, 2> watched{{{socket, POLLRDHUP, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
}

void ClamdImposter::serve(UniqueFd socket) {
  ClamdRequest request;
  if (!read_request(socket.get(), request)) return;
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    handler = handler_;
  }
  came_.notify_all();
  ClamdAnswerOf answer = handler ? handler(request) : ClamdAnswerOf{};
  if (answer.bytes.empty() && answer.then == ClamdAnswerOf::Then::kClose) answer = sound_answer(request);
  do {
    if (::send(socket.get(), answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL) < 0) return;
  } while (answer.then == ClamdAnswerOf::Then::kGoOnForEver);
  if (answer.then == ClamdAnswerOf::Then::kStall) wait_for_end(socket.get());
}

}  // namespace lazaret::testing_support
