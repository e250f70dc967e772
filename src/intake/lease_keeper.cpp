#include "intake/lease_keeper.h"

#include <algorithm>
#include <atomic>

#include <pthread.h>

namespace lazaret {

struct LeaseKeeper::Lease {
  Attempt attempt;
  Timestamp until;  // of the keeper's thread alone
  std::stop_source stop;
  std::atomic<bool> lost = false;
};

LeaseKeeper::Hold::Hold(LeaseKeeper& keeper, const Call& call, const Attempt& attempt, Timestamp until)
    : keeper_(keeper),
      call_(call),
      lease_(std::make_shared<Lease>(attempt, until, std::stop_source{}, false)),
      forward_(call.stop, Forward{lease_->stop}) {
  const std::lock_guard lock(keeper_.mutex_);
  keeper_.leases_.push_back(lease_);
}

LeaseKeeper::Hold::~Hold() {
  const std::lock_guard lock(keeper_.mutex_);
  std::erase(keeper_.leases_, lease_);
}

Call LeaseKeeper::Hold::call() const {
  return {call_.deadline, lease_->stop.get_token(), call_.request_id};
}

bool LeaseKeeper::Hold::lost() const {
  return lease_->lost;
}

void LeaseKeeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  pthread_setname_np(thread_.native_handle(), "leases");
}

void LeaseKeeper::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

// It beats on its own instead of being woken by every upload: most are over long before their first renewal.
void LeaseKeeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look(stop);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, beat(), [] { return false; });
  }
}

void LeaseKeeper::look(const std::stop_token& stop) {
  auto leases = held();
  for (const auto& lease : leases) {
    if (lease->until - clock_.now() < 2 * beat()) give_up(*lease);
  }
  // Those that end first come first, and a store that hangs must not keep the others from being looked at in time.
  std::ranges::sort(leases, {}, &Lease::until);
  const Timestamp began = clock_.now();
  for (const auto& lease : leases) {
    if (stop.stop_requested() || clock_.now() - began > beat()) return;
    if (!lease->lost && lease->until - began < 5 * beat()) renew(stop, *lease);
  }
}

std::vector<std::shared_ptr<LeaseKeeper::Lease>> LeaseKeeper::held() {
  const std::lock_guard lock(mutex_);
  return leases_;
}

void LeaseKeeper::renew(const std::stop_token& stop, Lease& lease) {
  const Call call{clock_.steady_now() + beat() / 2, stop, "leases"};
  const Timestamp until = clock_.now() + lease_;
  auto renewed = metadata_.renew(call, lease.attempt, until);
  if (renewed) {
    lease.until = until;
  } else if (renewed.error().code == ErrorCode::kConflict) {
    give_up(lease);
  }
  // Any other failure: the next look tries again while there is time.
}

void LeaseKeeper::give_up(Lease& lease) {
  lease.lost = true;
  lease.stop.request_stop();
}

}  // namespace lazaret
