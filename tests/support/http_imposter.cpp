#include "tests/support/http_imposter.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

namespace lazaret::testing_support {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;
constexpr std::size_t kMaxConnections = 256;
constexpr std::size_t kMaxHeadBytes = 256UL * 1024;
constexpr std::size_t kMaxBodyBytes = 256UL << 20U;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void parse_head(std::string_view head, ImposterRequest& request) {
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  request.method = line.substr(0, line.find(' '));
  const std::string_view rest = line.substr(std::min(line.size(), request.method.size() + 1));
  request.target = rest.substr(0, rest.rfind(' '));
  head.remove_prefix(line_end == std::string_view::npos ? head.size() : line_end + 2);
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const std::string_view field = head.substr(0, end);
    const auto colon = field.find(':');
    if (colon != std::string_view::npos) {
      request.headers.emplace_back(lower(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
    }
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  }
}

std::string_view reason(int status) {
  return status / 100 == 2 ? "OK" : "No";
}

bool forbids_body(const ImposterRequest& request, int status) {
  return request.method == "HEAD" || status == 204 || status == 304 || status / 100 == 1;
}

bool has(const HeaderList& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return lower(header.first) == name; });
}

std::string head_of(const ImposterRequest& request, const ImposterAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason(answer.status)) + "\r\n";
  for (const auto& [name, value] : answer.headers)
    head += name + ": " + value + "\r\n";
  if (!has(answer.headers, "date")) head += "Date: " + format_http_date(SystemClock{}.now()) + "\r\n";
  if (answer.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!has(answer.headers, "content-length") && !(forbids_body(request, answer.status) && answer.body.empty())) {
    head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

std::string chunk_of(std::string_view body) {
  std::array<char, 20> hex{};
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), body.size(), 16).ptr;
  return std::string(hex.data(), end) + "\r\n" + std::string(body) + "\r\n";
}

}  // namespace

std::string ImposterRequest::header(std::string_view name) const {
  const auto found =
      std::ranges::find(headers, name, [](const auto& header) { return std::string_view(header.first); });
  return found == headers.end() ? std::string() : found->second;
}

bool ImposterRequest::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& header) { return header.first == name; });
}

std::string ImposterRequest::path() const {
  return target.substr(0, target.find('?'));
}

std::string ImposterRequest::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string() : target.substr(mark + 1);
}

HttpImposter::HttpImposter(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  stop_read_ = UniqueFd(ends[0]);
  stop_write_ = UniqueFd(ends[1]);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 128) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

HttpImposter::~HttpImposter() {
  stop_write_.reset();
  acceptor_.join();
  for (std::thread& thread : threads_)
    thread.join();
}

void HttpImposter::script(ImposterAnswer answer) {
  const std::lock_guard lock(mutex_);
  script_.push_back(std::move(answer));
}

void HttpImposter::forget_script() {
  const std::lock_guard lock(mutex_);
  script_.clear();
}

std::string HttpImposter::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<ImposterRequest> HttpImposter::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t HttpImposter::request_count() const {
  const std::lock_guard lock(mutex_);
  return requests_.size();
}

int HttpImposter::connection_count() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool HttpImposter::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

// True when the socket has something; false when the imposter ends.
bool HttpImposter::wait_readable(int socket) const {
  std::array<pollfd, 2> watched{{{socket, POLLIN, 0}, {stop_read_.get(), POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
  }
  return watched[1].revents == 0;
}

void HttpImposter::accept_connections() {
  while (wait_readable(listener_.get())) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid()) continue;
    const std::lock_guard lock(mutex_);
    if (threads_.size() >= kMaxConnections) continue;
    const int number = ++connections_;
    threads_.emplace_back([this, number, owned = std::move(socket)]() mutable { serve(std::move(owned), number); });
  }
}

bool HttpImposter::read_more(int socket, std::string& buffer) {
  if (!wait_readable(socket)) return false;
  std::array<char, std::size_t{64} * 1024> bytes{};
  const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

bool HttpImposter::send(int socket, std::string_view bytes) const {
  while (!bytes.empty()) {
    std::array<pollfd, 2> watched{{{socket, POLLOUT, 0}, {stop_read_.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return false;
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool HttpImposter::read_request(int socket, std::string& buffer, ImposterRequest& request) {
  while (!buffer.contains("\r\n\r\n")) {
    if (buffer.size() > kMaxHeadBytes || !read_more(socket, buffer)) return false;
  }
  const auto end = buffer.find("\r\n\r\n");
  parse_head(std::string_view(buffer).substr(0, end + 2), request);
  buffer.erase(0, end + 4);
  if (request.header("expect") == "100-continue" && !send(socket, "HTTP/1.1 100 Continue\r\n\r\n")) return false;
  std::size_t length = 0;
  const std::string stated = request.header("content-length");
  std::from_chars(stated.data(), stated.data() + stated.size(), length);
  if (length > kMaxBodyBytes) return false;
  while (buffer.size() < length) {
    if (!read_more(socket, buffer)) return false;
  }
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return true;
}

std::optional<ImposterAnswer> HttpImposter::take_close_before_reading() {
  const std::lock_guard lock(mutex_);
  if (script_.empty() || script_.front().misdeed != Misdeed::kCloseBeforeReading) return std::nullopt;
  ImposterAnswer answer = std::move(script_.front());
  script_.pop_front();
  return answer;
}

ImposterAnswer HttpImposter::next_answer(const ImposterRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    arrived_.notify_all();
    if (!script_.empty()) {
      ImposterAnswer answer = std::move(script_.front());
      script_.pop_front();
      return answer;
    }
  }
  return handler_ ? handler_(request) : ImposterAnswer{.status = 404};
}

void HttpImposter::serve(UniqueFd socket, int number) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  std::string buffer;
  for (;;) {
    if (buffer.empty() && !wait_readable(socket.get())) return;
    if (take_close_before_reading()) return;
    ImposterRequest request;
    request.connection = number;
    if (!read_request(socket.get(), buffer, request)) return;
    const ImposterAnswer answer = next_answer(request);
    if (!perform(socket.get(), request, answer)) return;
  }
}

// False where the connection ends here.
bool HttpImposter::perform(int socket, const ImposterRequest& request, const ImposterAnswer& answer) {
  const std::string head = head_of(request, answer);
  const bool silent = forbids_body(request, answer.status);
  const std::string half = answer.body.substr(0, answer.body.size() / 2);
  const std::string whole = answer.chunked ? chunk_of(answer.body) + "0\r\n\r\n" : answer.body;
  switch (answer.misdeed) {
    case Misdeed::kNone:
      return send(socket, silent ? head : head + whole);
    case Misdeed::kAnswerAndClose:
      send(socket, silent ? head : head + whole);
      return false;
    case Misdeed::kCloseBeforeReading:
    case Misdeed::kCloseAfterReading:
      return false;
    case Misdeed::kReset: {
      const linger at_once{1, 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
      return false;
    }
    case Misdeed::kStall:
      wait_for_end(socket);
      return false;
    case Misdeed::kStallInBody:
      send(socket, head + half);
      wait_for_end(socket);
      return false;
    case Misdeed::kTruncate:
      send(socket, head + half);
      return false;
  }
  return false;
}

// Until the client gives up or the imposter ends.
void HttpImposter::wait_for_end(int socket) const {
  std::array<char, 4096> dropped{};
  while (wait_readable(socket) && ::recv(socket, dropped.data(), dropped.size(), 0) > 0) {
  }
}

}  // namespace lazaret::testing_support
