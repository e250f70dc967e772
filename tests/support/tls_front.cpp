#include "tests/support/tls_front.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lazaret::testing_support {
namespace {

constexpr std::size_t kMaxConnections = 256;

struct FreeTls {
  void operator()(SSL* tls) const noexcept { SSL_free(tls); }
};
using Tls = std::unique_ptr<SSL, FreeTls>;

void require(bool holds) {
  if (!holds) std::abort();
}

UniqueFd tcp_socket() {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool encrypt(SSL* tls, int plain) {
  std::array<char, std::size_t{16} * 1024> bytes{};
  const ssize_t count = ::recv(plain, bytes.data(), bytes.size(), 0);
  return count > 0 && SSL_write(tls, bytes.data(), static_cast<int>(count)) > 0;
}

bool decrypt(SSL* tls, int plain) {
  std::array<char, std::size_t{16} * 1024> bytes{};
  do {
    const int count = SSL_read(tls, bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0 || !send_all(plain, {bytes.data(), static_cast<std::size_t>(count)})) return false;
  } while (SSL_pending(tls) > 0);
  return true;
}

// Until one side ends. HTTP/1.1 speaks in turns, so blocking on one side keeps the other from nothing.
void relay(SSL* tls, int client, int plain) {
  for (;;) {
    std::array<pollfd, 2> watched{{{client, POLLIN, 0}, {plain, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[0].revents != 0 && !decrypt(tls, plain)) return;
    if (watched[1].revents != 0 && !encrypt(tls, plain)) break;
  }
  SSL_shutdown(tls);  // so that an end is not taken for a connection that was cut
}

// OpenSSL writes without MSG_NOSIGNAL.
void block_broken_pipes() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

class TlsFront::Watched {
 public:
  Watched(TlsFront& front, int socket) : front_(front), socket_(socket) {
    const std::lock_guard lock(front_.mutex_);
    front_.open_.push_back(socket_);
    if (front_.ending_) ::shutdown(socket_, SHUT_RDWR);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() {
    const std::lock_guard lock(front_.mutex_);
    std::erase(front_.open_, socket_);
  }

 private:
  TlsFront& front_;
  const int socket_;
};

TlsFront::TlsFront(const TlsIdentity& identity, std::uint16_t behind, int newest)
    : behind_(behind), context_(SSL_CTX_new(TLS_server_method())), listener_(tcp_socket()) {
  SSL_CTX* context = context_.get();
  require(SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
          SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1);
  SSL_CTX_set_security_level(context, 0);  // whatever the system allows: it is the client that refuses
  require(SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
          SSL_CTX_set_max_proto_version(context, newest) == 1);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_.get(), generic, size) == 0 && ::listen(listener_.get(), 128) == 0 &&
          ::getsockname(listener_.get(), generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

TlsFront::~TlsFront() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const int socket : open_)
      ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : serving_)
    thread.join();
}

std::string TlsFront::url() const {
  return "https://localhost:" + std::to_string(port_);
}

int TlsFront::connection_count() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

void TlsFront::accept_connections() {
  for (;;) {
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) return;
    const std::lock_guard lock(mutex_);
    if (serving_.size() >= kMaxConnections) return;
    ++connections_;
    serving_.emplace_back([this, owned = std::move(client)]() mutable { serve(std::move(owned)); });
  }
}

void TlsFront::serve(UniqueFd client) {
  block_broken_pipes();
  const UniqueFd plain = tcp_socket();
  const Watched client_watched(*this, client.get());
  const Watched plain_watched(*this, plain.get());
  const Tls tls(SSL_new(context_.get()));
  if (SSL_set_fd(tls.get(), client.get()) != 1 || SSL_accept(tls.get()) != 1) return;
  const sockaddr_in address = loopback(behind_);
  if (::connect(plain.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return;
  relay(tls.get(), client.get(), plain.get());
}

}  // namespace lazaret::testing_support
