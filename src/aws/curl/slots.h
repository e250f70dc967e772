// The slots of a CurlTransport: made once, leased one by one, the last returned first, for its connection is the
// warmest. Inside this folder only. Thread-safe; a Lease is one thread's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "aws/curl/transport.h"
#include "aws/http.h"
#include "base/call.h"

namespace lazaret::aws {

struct CloseMulti {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
struct CloseEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};

struct CurlSlot {
  std::unique_ptr<CURLM, CloseMulti> multi;
  std::unique_ptr<CURL, CloseEasy> easy;  // closed first: it may still sit in the multi handle
};

class CurlSlots {
 public:
  // Returns its slot when it goes; what is left of a transfer must be out of the multi handle by then.
  class Lease {
   public:
    Lease(CurlSlots& owner, CurlSlot* slot) : owner_(&owner), slot_(slot) {}
    Lease(Lease&& other) noexcept : owner_(other.owner_), slot_(std::exchange(other.slot_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (slot_ != nullptr) owner_->give_back(slot_);
    }
    CURLM* multi() const { return slot_->multi.get(); }
    CURL* easy() const { return slot_->easy.get(); }
    const CurlOptions& options() const { return owner_->options_; }

   private:
    CurlSlots* owner_;
    CurlSlot* slot_;
  };

  static Result<std::unique_ptr<CurlSlots>> make(CurlOptions options);
  ~CurlSlots();
  CurlSlots(const CurlSlots&) = delete;
  CurlSlots& operator=(const CurlSlots&) = delete;

  // Waits until `until` at most. kOverloaded where too many wait already.
  Transported<Lease> lease(const Call& call, std::chrono::steady_clock::time_point until);
  std::size_t idle() const;

 private:
  explicit CurlSlots(CurlOptions options) : options_(std::move(options)) {}
  Result<void> add_slot();
  void give_back(CurlSlot* slot);

  const CurlOptions options_;
  std::vector<std::unique_ptr<CurlSlot>> slots_;
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<CurlSlot*> free_;
  std::size_t waiting_ = 0;
};

}  // namespace lazaret::aws
