// FailingTransport: the real transport, with faults on command: the Nth call, or the Nth and all after it as when the
// process dies there. A call fails before it is sent, or after it was applied and its answer lost. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "aws/http.h"

namespace lazaret::testing_support {

enum class Lost : std::uint8_t { kRequest, kAnswer };
enum class Extent : std::uint8_t { kOneCall, kAllFromThen };

class FailingTransport final : public aws::Transport {
 public:
  explicit FailingTransport(aws::Transport& real) : real_(real) {}

  // Calls count from 1 again.
  void fail_at(int call, Lost lost, Extent extent) {
    lost_ = lost;
    extent_ = extent;
    at_ = call;
    calls_ = 0;
  }
  // One call in so many fails, from a seed; either way.
  void fail_one_in(unsigned calls, std::uint64_t seed) {
    one_in_ = calls;
    seed_ = seed;
  }
  void heal() {
    at_ = 0;
    one_in_ = 0;
  }
  // Whether the planned fault has struck.
  bool struck() const { return at_ > 0 && calls_ >= at_; }

  aws::Transported<aws::HttpResponse> send(const Call& call, const aws::HttpRequest& request,
                                           const aws::TransportLimits& limits) override {
    const auto fault = next_fault();
    if (fault == Lost::kRequest) {
      return std::unexpected(aws::TransportFault{ErrorCode::kUnavailable, aws::Sent::kNo, "planned"});
    }
    auto response = real_.send(call, request, limits);
    if (!fault) return response;
    return std::unexpected(
        aws::TransportFault{ErrorCode::kUnavailable, aws::Sent::kPerhaps, "planned, after it was sent"});
  }
  aws::Transported<std::unique_ptr<aws::PulledResponse>> open(const Call& call, const aws::HttpRequest& request,
                                                              const aws::TransportLimits& limits) override {
    return real_.open(call, request, limits);
  }

 private:
  std::optional<Lost> next_fault() {
    const int call = ++calls_;
    if (const unsigned one_in = one_in_; one_in > 0) {
      // SplitMix64: a number for each call, the same for the same seed.
      std::uint64_t mixed = seed_ + static_cast<std::uint64_t>(call) * 0x9e3779b97f4a7c15ULL;
      mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9ULL;
      mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebULL;
      mixed ^= mixed >> 31U;
      if (mixed % one_in == 0) return (mixed >> 32U) % 2 == 0 ? Lost::kRequest : Lost::kAnswer;
      return std::nullopt;
    }
    const int at = at_;
    if (at == 0 || call < at || (call > at && extent_ == Extent::kOneCall)) return std::nullopt;
    // What is lost with a process is one answer; of what it never sent, everything.
    return call == at ? std::optional<Lost>(lost_) : Lost::kRequest;
  }

  aws::Transport& real_;
  std::atomic<int> at_ = 0;
  std::atomic<int> calls_ = 0;
  std::atomic<Lost> lost_ = Lost::kRequest;
  std::atomic<Extent> extent_ = Extent::kOneCall;
  std::atomic<unsigned> one_in_ = 0;
  std::atomic<std::uint64_t> seed_ = 0;
};

}  // namespace lazaret::testing_support
