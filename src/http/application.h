// Application: what the edge (sockets, framing, limits, timeouts) asks of the API behind it. The edge knows no route
// and the API knows no socket; both are tested without the other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "base/call.h"
#include "http/message.h"

namespace lazaret::http {

// Takes a body while it arrives (an upload). Calls come one after the other, on the `disk` pool, finish() on `work`.
// Destroyed without finish() when the client goes away or a limit cuts it: whatever it holds is given up.
class BodySink {
 public:
  BodySink() = default;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  virtual ~BodySink() = default;
  // A Response ends the request at once: it is sent before the rest of the body is read.
  virtual std::optional<Response> on_data(std::span<const std::byte> bytes) = 0;
  virtual Response finish(const Call& call) = 0;
};

// The answer needs no body: sent before one is read.
struct AnswerNow {
  Response response;
};
// Runs on the `work` or `disk` pool with the whole body, which may hold at most `body_limit` bytes (0: none; a request
// without a body gives an empty string).
struct HandleWhole {
  std::uint64_t body_limit = 0;
  std::move_only_function<Response(const Call&, std::string body)> handle;
};
// The body goes to the sink, at most `body_limit` bytes of it (over it the edge answers `body_too_large`).
struct HandleStream {
  std::uint64_t body_limit = 0;
  std::unique_ptr<BodySink> sink;
};
using Plan = std::variant<AnswerNow, HandleWhole, HandleStream>;

// What a fault at the edge is; the application makes the problem answer so that all look alike.
enum class EdgeFault : std::uint8_t {
  kMalformedRequest,      // 400 malformed_request; also every ambiguous framing
  kInvalidHeader,         // 400 invalid_header
  kRequestTimeout,        // 408
  kLengthRequired,        // 411
  kBodyTooLarge,          // 413 body_too_large
  kUriTooLong,            // 414
  kExpectationFailed,     // 417
  kHeadersTooLarge,       // 431
  kInternal,              // 500: an exception in a handler
  kMethodNotImplemented,  // 501: a method nobody knows
  kOverloaded,            // 503: too many connections, or a pool's queue is full
  kVersionNotSupported,   // 505
};

struct RequestRecord {
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds duration{0};
  bool aborted = false;  // the client went away, or a limit cut it, before the answer was complete
};

// Thread-safe.
class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  // Called on an I/O thread when a head is complete and its framing sound: routing, caller, rate, admission. No I/O.
  virtual Plan plan(const RequestHead& head) = 0;
  // `head` is null when it could not be parsed.
  virtual Response fault_answer(EdgeFault fault, const RequestHead* head) = 0;
  // Headers every answer carries (CORS, security, X-Request-Id); called once for each, early errors included.
  virtual void decorate(const RequestHead* head, Response& response) = 0;
  // One call a request, when its answer is out: the log line and the metrics.
  virtual void finished(const RequestHead& head, const Response& response, const RequestRecord& record) = 0;
};

}  // namespace lazaret::http
