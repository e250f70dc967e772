#include "aws/curl/slots.h"

#include <algorithm>
#include <string>

namespace lazaret::aws {
namespace {

// S3 and its region's other name, or a service and its token endpoint.
constexpr long kConnectionsKept = 2;

}  // namespace

Result<std::unique_ptr<CurlSlots>> CurlSlots::make(CurlOptions options) {
  options.connections = std::max<std::size_t>(options.connections, 1);
  if (const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK) {
    return fail(ErrorCode::kInternal, std::string("curl_global_init: ") + curl_easy_strerror(code));
  }
  std::unique_ptr<CurlSlots> slots(new CurlSlots(std::move(options)));  // from here on it ends the library
  for (std::size_t i = 0; i < slots->options_.connections; ++i) {
    if (auto added = slots->add_slot(); !added) return std::unexpected(std::move(added).error());
  }
  return slots;
}

CurlSlots::~CurlSlots() {
  slots_.clear();
  curl_global_cleanup();
}

Result<void> CurlSlots::add_slot() {
  auto slot = std::make_unique<CurlSlot>();
  slot->multi.reset(curl_multi_init());
  slot->easy.reset(curl_easy_init());
  if (!slot->multi || !slot->easy) return fail(ErrorCode::kInternal, "libcurl has no memory for a handle");
  if (curl_multi_setopt(slot->multi.get(), CURLMOPT_MAXCONNECTS, kConnectionsKept) != CURLM_OK) {
    return fail(ErrorCode::kInternal, "libcurl refuses CURLMOPT_MAXCONNECTS");
  }
  free_.push_back(slot.get());
  slots_.push_back(std::move(slot));
  return {};
}

Transported<CurlSlots::Lease> CurlSlots::lease(const Call& call, std::chrono::steady_clock::time_point until) {
  const auto refuse = [](ErrorCode code, const char* why) {
    return std::unexpected(TransportFault{code, Sent::kNo, why});
  };
  std::unique_lock lock(mutex_);
  if (call.stop.stop_requested()) return refuse(ErrorCode::kCancelled, "called off before it was sent");
  if (free_.empty()) {
    if (waiting_ >= options_.waiters) return refuse(ErrorCode::kOverloaded, "too many calls wait for a connection");
    ++waiting_;
    const bool got = freed_.wait_until(lock, call.stop, until, [this] { return !free_.empty(); });
    --waiting_;
    if (!got) {
      if (call.stop.stop_requested()) return refuse(ErrorCode::kCancelled, "called off while waiting for a connection");
      const bool own = until >= call.deadline;
      return refuse(own ? ErrorCode::kDeadline : ErrorCode::kUnavailable, "no connection came free in time");
    }
  }
  CurlSlot* slot = free_.back();
  free_.pop_back();
  return Lease(*this, slot);
}

void CurlSlots::give_back(CurlSlot* slot) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
  }
  freed_.notify_one();
}

std::size_t CurlSlots::idle() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

}  // namespace lazaret::aws
