// TlsFront: TLS on a free loopback port, in front of a server without: what comes decrypted goes there, and the answer
// back encrypted. One connection to it is one connection behind it, and an end on either side is an end on the other.
//
// It has threads of its own, one a connection; the destructor ends them all. It ends before the server behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "base/unique_fd.h"
#include "tests/support/tls_identity.h"

namespace lazaret::testing_support {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

class TlsFront {
 public:
  // As `identity`, for the server at loopback's port `behind`, in versions of TLS up to `newest`.
  TlsFront(const TlsIdentity& identity, std::uint16_t behind, int newest = TLS1_3_VERSION);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  std::string url() const;  // "https://localhost:port"
  int connection_count() const;

 private:
  void accept_connections();
  void serve(UniqueFd client);
  // While it lives, the front's end shuts the sockets down.
  class Watched;

  const std::uint16_t behind_;
  std::unique_ptr<SSL_CTX, FreeTlsContext> context_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool ending_ = false;    // guarded by `mutex_`, with the three below
  std::vector<int> open_;  // sockets that are being served
  std::vector<std::thread> serving_;
  int connections_ = 0;
  std::thread acceptor_;
};

}  // namespace lazaret::testing_support
