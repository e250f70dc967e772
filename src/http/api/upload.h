// Uploads: the form as it arrives, its file streamed into the spool, and what the line says of it. A fault is answered
// as soon as it is known: at the file part's head where the name or the declared type forbids it, at the byte beyond
// the limit, at the first unknown field.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "document/validation.h"
#include "http/api/problem.h"
#include "http/api/rate_limit.h"
#include "http/api/request.h"
#include "http/application.h"
#include "intake/intake_service.h"
#include "intake/spool.h"

namespace lazaret::http {

// 413, with the limit.
Problem too_large_problem(std::uint64_t max_file_size);

// A place among the uploads in flight; given back when it is destroyed.
class UploadTicket {
 public:
  static std::optional<UploadTicket> take(std::atomic<std::size_t>& in_flight, std::size_t most);
  UploadTicket(UploadTicket&& other) noexcept : in_flight_(std::exchange(other.in_flight_, nullptr)) {}
  UploadTicket& operator=(UploadTicket&&) = delete;
  ~UploadTicket();

 private:
  explicit UploadTicket(std::atomic<std::size_t>& in_flight) : in_flight_(&in_flight) {}
  std::atomic<std::size_t>* in_flight_;
};

// Thread-safe; its sinks are not. Outlives them.
class UploadHandlers {
 public:
  struct Parts {
    IntakeService& intake;
    const Spool& spool;
    RequestObserver& observer;
  };
  struct Options {
    Categories categories;
    std::vector<std::string> allowed_extensions;
    std::uint64_t max_file_size = 0;
  };
  UploadHandlers(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {}

  // A file of the greatest size, and room for the form around it.
  std::uint64_t body_limit() const { return options_.max_file_size + kFormRoom; }

  // The answer where Content-Length alone says that the file is too large.
  Response announced_too_large(const Request& request) const;

  // The head has passed: its sink, or the answer where Content-Type or Idempotency-Key cannot be used.
  std::expected<std::unique_ptr<BodySink>, Response> make_sink(Request request, const RateDecision& rate,
                                                               UploadTicket ticket);

  const Parts& parts() const { return parts_; }
  const Options& options() const { return options_; }

 private:
  static constexpr std::uint64_t kFormRoom = 1ULL << 20;
  Parts parts_;
  Options options_;
};

}  // namespace lazaret::http
