// Crew: the sealed children that wait for a document, those that have one, and what became of them; between the
// manager's thread, which hears from the zygote, and the callers of inspect(). Thread-safe. Bounded: at most as many
// entries as the zygote keeps children.
#pragma once

#include <chrono>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace lazaret::inspect {

using SteadyTime = std::chrono::steady_clock::time_point;

struct WorkerId {
  std::uint64_t generation = 0;  // of the zygote, from 1
  std::uint64_t serial = 0;
  auto operator<=>(const WorkerId&) const = default;
};

struct Worker {
  WorkerId id;
  UniqueFd channel;
};

// How a worker ended, as its zygote told; nullopt: the zygote itself is gone.
using WaitStatus = std::optional<int>;

inline constexpr int kDeathsBeforeRenewal = 8;

class Crew {
 public:
  // What the manager's thread tells.
  void begin(std::uint64_t generation);
  void end(std::uint64_t generation, std::string reason);
  void close();  // for good: every waiter gets kCancelled
  void came(Worker worker);
  void ended(WorkerId id, int status);
  // Workers share the layout of their zygote's memory, so each death by a document can teach an attacker a little of
  // it: true after kDeathsBeforeRenewal of them, while no document is at work.
  bool wants_new_zygote() const;
  // Workers given up, or done for longer than they need to exit.
  std::vector<std::uint64_t> to_kill(SteadyTime now);

  // What callers do. A worker taken must be dismissed.
  // A sealed child, waited for until `limit` has passed: kUnavailable. kDeadline and kCancelled by the call.
  Result<Worker> take(const Call& call, SteadyTime now, std::chrono::milliseconds limit);
  // To be killed now, whatever it does.
  void give_up(WorkerId id, SteadyTime now);
  // No more wanted; killed when it does not exit soon.
  void dismiss(WorkerId id, SteadyTime now);
  // Its status once it has ended; waits at most `limit` (an error then).
  Result<WaitStatus> wait_for_end(WorkerId id, std::chrono::milliseconds limit);

  bool is_up() const;
  std::string reason() const;        // why it is not
  std::uint64_t generation() const;  // 0 while no zygote is up

 private:
  struct Busy {
    bool taken = true;  // false: dismissed, its end is awaited
    std::optional<int> status;
    SteadyTime kill_at = SteadyTime::max();
  };

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t generation_ = 0;  // 0 while no zygote is up
  std::string reason_ = "the inspector has not started";
  bool closed_ = false;
  int deaths_ = 0;  // of this generation's workers, by a signal of their own
  std::deque<Worker> idle_;
  std::map<WorkerId, Busy> busy_;
};

}  // namespace lazaret::inspect
