// LeaseKeeper: keeps the leases of uploads under way, so that the sweeper of any copy leaves them alone. One thread
// looks at them every sixth of a lease and renews each at a third of it at the latest. An upload whose lease was lost,
// or could not be renewed for two thirds of it, is told to stop while nobody can have taken its row yet. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "intake/metadata_store.h"

namespace lazaret {

class LeaseKeeper {
  struct Lease;

 public:
  LeaseKeeper(MetadataStore& metadata, const Clock& clock, std::chrono::milliseconds lease)
      : metadata_(metadata), clock_(clock), lease_(lease) {}
  ~LeaseKeeper() { stop(); }
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  void start();
  void stop();  // ends within the renewal under way
  // One look at every lease that is held. Not to be called while the thread runs.
  void look(const std::stop_token& stop);

  // One upload's lease, kept while this lives. It must end before the keeper does.
  class Hold {
   public:
    Hold(LeaseKeeper& keeper, const Call& call, const Attempt& attempt, Timestamp until);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    // The caller's call, which stops when the lease is lost, too.
    Call call() const;
    bool lost() const;

   private:
    struct Forward {
      std::stop_source stop;
      void operator()() const { stop.request_stop(); }
    };
    LeaseKeeper& keeper_;
    const Call& call_;
    std::shared_ptr<Lease> lease_;
    std::stop_callback<Forward> forward_;
  };

 private:
  std::chrono::milliseconds beat() const { return lease_ / 6; }
  void run(const std::stop_token& stop);
  std::vector<std::shared_ptr<Lease>> held();
  void renew(const std::stop_token& stop, Lease& lease);
  static void give_up(Lease& lease);

  MetadataStore& metadata_;
  const Clock& clock_;
  std::chrono::milliseconds lease_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::shared_ptr<Lease>> leases_;
  std::jthread thread_;
};

}  // namespace lazaret
