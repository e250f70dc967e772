// CurlTransport: HTTP/1.1 over libcurl, with a fixed number of slots. A slot is one multi handle and one easy handle
// with the connections it keeps; a request leases one, and callers wait for a free one in bounded number and time.
//
// Thread-safe. It follows no redirects (a signature must not leak), decodes nothing, asks no proxy unless one is
// configured, whatever the environment says, and sends a path as it was signed. A deadline or a stop ends a transfer at
// once. All pulled responses end before the transport does.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "aws/http.h"
#include "base/error.h"

namespace lazaret::aws {

class CurlSlots;

struct CurlOptions {
  std::size_t connections = 32;
  std::size_t waiters = 256;  // callers that wait for a slot; more are kOverloaded at once
  // Idle connections older than this are not used again: S3 drops them after about 5 s, DynamoDB after about 20.
  std::chrono::seconds connection_age{4};
  std::string ca_bundle;  // a PEM file, trusted instead of the system's authorities; empty: the system's
  std::string proxy;      // "http://proxy.example:3128"; empty: none
};

class CurlTransport final : public Transport {
 public:
  // kInternal where libcurl cannot be set up or the authorities cannot be read.
  static Result<std::unique_ptr<CurlTransport>> make(CurlOptions options);
  ~CurlTransport() override;

  Transported<HttpResponse> send(const Call& call, const HttpRequest& request, const TransportLimits& limits) override;
  Transported<std::unique_ptr<PulledResponse>> open(const Call& call, const HttpRequest& request,
                                                    const TransportLimits& limits) override;

  std::size_t idle() const;  // slots that nobody has leased

 private:
  explicit CurlTransport(std::unique_ptr<CurlSlots> slots);
  std::unique_ptr<CurlSlots> slots_;
};

}  // namespace lazaret::aws
