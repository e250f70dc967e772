#include "aws/curl/transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "aws/curl/slots.h"
#include "aws/curl/transfer.h"

namespace lazaret::aws {
namespace {

using std::chrono::steady_clock;

steady_clock::time_point end_of(const Call& call, const TransportLimits& limits) {
  if (limits.total <= std::chrono::milliseconds::zero()) return call.deadline;
  return std::min(call.deadline, steady_clock::now() + limits.total);
}

class CurlPulled final : public PulledResponse {
 public:
  CurlPulled(CurlSlots::Lease lease, const HttpRequest& request, const TransportLimits& limits)
      : transfer_(std::move(lease), request, limits) {}

  Transported<void> receive_head(const Call& call, steady_clock::time_point until) {
    auto received = transfer_.receive_head(call, until);
    transfer_.let_go_of_request();
    return received;
  }
  const HttpResponse& head() const override { return transfer_.response(); }
  Transported<std::size_t> read(const Call& call, std::span<std::byte> buffer) override {
    return transfer_.read(call, call.deadline, buffer);
  }

 private:
  CurlTransfer transfer_;
};

Transported<void> read_whole(CurlTransfer& transfer, const Call& call, steady_clock::time_point until,
                             std::size_t limit) {
  std::array<std::byte, std::size_t{16} * 1024> chunk{};
  std::string& body = transfer.response().body;
  for (;;) {
    const auto got = transfer.read(call, until, chunk);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return {};
    if (*got > limit - body.size()) {
      return std::unexpected(TransportFault{ErrorCode::kTooLarge, Sent::kPerhaps, "the answer is too large"});
    }
    body.append(reinterpret_cast<const char*>(chunk.data()), *got);
  }
}

}  // namespace

CurlTransport::CurlTransport(std::unique_ptr<CurlSlots> slots) : slots_(std::move(slots)) {}
CurlTransport::~CurlTransport() = default;

Result<std::unique_ptr<CurlTransport>> CurlTransport::make(CurlOptions options) {
  if (!options.ca_bundle.empty() && ::access(options.ca_bundle.c_str(), R_OK) != 0) {
    return std::unexpected(system_error("the trusted authorities in " + options.ca_bundle, errno));
  }
  auto slots = CurlSlots::make(std::move(options));
  if (!slots) return std::unexpected(std::move(slots).error());
  return std::unique_ptr<CurlTransport>(new CurlTransport(*std::move(slots)));
}

Transported<HttpResponse> CurlTransport::send(const Call& call, const HttpRequest& request,
                                              const TransportLimits& limits) {
  const auto until = end_of(call, limits);
  auto lease = slots_->lease(call, until);
  if (!lease) return std::unexpected(std::move(lease).error());
  CurlTransfer transfer(*std::move(lease), request, limits);
  if (auto head = transfer.receive_head(call, until); !head) return std::unexpected(std::move(head).error());
  if (auto body = read_whole(transfer, call, until, limits.answer_bytes); !body) {
    return std::unexpected(std::move(body).error());
  }
  return std::move(transfer.response());
}

Transported<std::unique_ptr<PulledResponse>> CurlTransport::open(const Call& call, const HttpRequest& request,
                                                                 const TransportLimits& limits) {
  const auto until = end_of(call, limits);
  auto lease = slots_->lease(call, until);
  if (!lease) return std::unexpected(std::move(lease).error());
  auto pulled = std::make_unique<CurlPulled>(*std::move(lease), request, limits);
  if (auto head = pulled->receive_head(call, until); !head) return std::unexpected(std::move(head).error());
  return pulled;
}

std::size_t CurlTransport::idle() const {
  return slots_->idle();
}

}  // namespace lazaret::aws
