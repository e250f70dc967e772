// Sweeper: finishes what crashes and failures left. At start and on a timer it takes pending rows whose lease is over
// and rows being removed (object, then row), purges documents past their retention, and forgets old idempotency
// records. Owns one thread. It deletes slowly: some file systems make creation dearer for minutes after mass deletes.
// Any number of copies may sweep the same stores: each step is taken under a condition or can be taken twice.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"
#include "intake/removal.h"
#include "obs/log.h"
#include "obs/metrics.h"

namespace lazaret {

struct SweepCount {
  std::size_t pending = 0;    // uploads that were never committed, removed
  std::size_t removing = 0;   // removals finished
  std::size_t purged = 0;     // soft-deleted documents past their retention
  std::size_t forgotten = 0;  // idempotency records
  std::size_t failed = 0;     // left for the next pass
  bool operator==(const SweepCount&) const = default;
};

class Sweeper {
 public:
  struct Options {
    std::chrono::milliseconds interval{30'000};
    std::chrono::milliseconds retention{30LL * 24 * 3'600'000};
    std::chrono::milliseconds zombie_window{0};  // see removal.h
    std::chrono::milliseconds first_pause{0};    // before the first pass: many copies do not work in step
    std::chrono::milliseconds pause{5};          // between deletions
  };
  struct Parts {
    MetadataStore& metadata;
    ObjectStore& objects;
    const Clock& clock;
    const Log& log;
    Metrics& metrics;
  };
  Sweeper(Parts parts, Options options)
      : parts_(parts),
        options_(options),
        removal_({parts.metadata, parts.objects, parts.clock}, options.zombie_window) {}
  ~Sweeper() { stop(); }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  // One pass over everything that is due now. Not to be called while the thread runs.
  SweepCount sweep(const std::stop_token& stop);

  void start();
  void stop();  // ends within the call under way

 private:
  void run(const std::stop_token& stop);
  void finish_open_work(const std::stop_token& stop, SweepCount& count);
  bool finish(const Call& call, const OpenWork& work);
  bool go_on(const Call& call, const OpenWork& work);
  Call call(const std::stop_token& stop) const;
  void purge_deleted(const std::stop_token& stop, SweepCount& count);
  bool pause(const std::stop_token& stop, std::chrono::milliseconds time);

  Parts parts_;
  Options options_;
  Removal removal_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace lazaret
