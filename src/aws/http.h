// HTTP as the AWS clients speak it: a request in wire form, an answer, and the transport between. Plain values; the
// wire form (path and query already encoded) is built by the signer alone, so that what is signed is what is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/call.h"
#include "base/error.h"

namespace lazaret::aws {

enum class Method : std::uint8_t { kGet, kHead, kPut, kPost, kDelete };
std::string_view to_string(Method method);

struct Header {
  std::string name;  // lower case
  std::string value;
  bool operator==(const Header&) const = default;
};

struct Parameter {
  std::string name;  // not encoded
  std::string value;
};

// A part of a local file. The descriptor is borrowed: it outlives the call.
struct FilePart {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Can be sent again from its start: a retry, or a connection that died before it was used.
using Body = std::variant<std::monostate, std::string, FilePart>;

struct Endpoint {
  std::string scheme;      // "http" or "https"
  std::string host;        // as in the Host header, without the port
  std::uint16_t port = 0;  // 0: the scheme's own
  std::string base_path;   // "" or "/something" without a trailing slash, of an endpoint URL that has a path
  // host, and ":port" where it is not the scheme's own: what is sent and signed as `host`.
  std::string authority() const;
  bool operator==(const Endpoint&) const = default;
};

// "https://host[:port][/path]"; nullopt for anything else (user info, query, fragment, other schemes).
std::optional<Endpoint> parse_endpoint(std::string_view url);

struct HttpRequest {
  Method method = Method::kGet;
  Endpoint endpoint;
  std::string path;   // encoded, begins with "/"
  std::string query;  // encoded, without "?"
  std::vector<Header> headers;
  Body body;
};

struct HttpResponse {
  int status = 0;
  std::vector<Header> headers;  // names in lower case
  std::string body;
  bool resent = false;  // the transport sent the request twice: a kept connection had died
  // The first header of that name, or empty.
  std::string_view header(std::string_view name) const;
};

// What went wrong below HTTP. `sent` says whether the request may have reached the server.
enum class Sent : std::uint8_t { kNo, kPerhaps };
// kLasting: the same request meets the same end until an operator acts (a certificate that is not trusted).
enum class Outlook : std::uint8_t { kMayPass, kLasting };
struct TransportFault {
  // kUnavailable, kDeadline, kCancelled, kOverloaded (the transport is), kTooLarge (the answer), kCorrupt, kInternal
  ErrorCode code = ErrorCode::kUnavailable;
  Sent sent = Sent::kPerhaps;
  std::string detail;  // for the log
  Outlook outlook = Outlook::kMayPass;
};
template <class T>
using Transported = std::expected<T, TransportFault>;

struct TransportLimits {
  std::chrono::milliseconds connect{1000};
  // For one try of the exchange where the body is small, and until the head is there where the answer is pulled; zero:
  // no limit but the stall timer and the call's deadline.
  std::chrono::milliseconds total{10'000};
  std::chrono::milliseconds stall{30'000};  // no byte in either direction for this long; zero: no limit
  std::size_t answer_bytes = 4UL << 20U;    // a larger body is kTooLarge
};

// An answer whose body is pulled. One reader. The destructor gives the connection up where the body was not read whole.
class PulledResponse {
 public:
  PulledResponse() = default;
  PulledResponse(const PulledResponse&) = delete;
  PulledResponse& operator=(const PulledResponse&) = delete;
  virtual ~PulledResponse() = default;
  virtual const HttpResponse& head() const = 0;  // status and headers; `body` is empty
  // Fills the start of `buffer`; 0 at the end. A body shorter than its Content-Length is kCorrupt.
  virtual Transported<std::size_t> read(const Call& call, std::span<std::byte> buffer) = 0;
};

// Sends one request, once. Thread-safe. Follows no redirects, decodes nothing.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;
  virtual Transported<HttpResponse> send(const Call& call, const HttpRequest& request,
                                         const TransportLimits& limits) = 0;
  // Returns when the head has arrived.
  virtual Transported<std::unique_ptr<PulledResponse>> open(const Call& call, const HttpRequest& request,
                                                            const TransportLimits& limits) = 0;
};

}  // namespace lazaret::aws
