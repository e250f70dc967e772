#include "inspect/crew.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <sys/wait.h>

namespace lazaret::inspect {
namespace {

// A worker that has answered exits by itself; one that has not after this long was taken over.
constexpr std::chrono::seconds kTimeToExit{1};

}  // namespace

void Crew::begin(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  generation_ = generation;
  deaths_ = 0;
  reason_.clear();
}

void Crew::end(std::uint64_t generation, std::string reason) {
  const std::lock_guard lock(mutex_);
  generation_ = 0;
  reason_ = std::move(reason);
  idle_.clear();
  std::erase_if(busy_, [&](const auto& entry) { return entry.first.generation == generation && !entry.second.taken; });
  changed_.notify_all();
}

void Crew::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void Crew::came(Worker worker) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(worker));
  changed_.notify_all();
}

void Crew::ended(WorkerId id, int status) {
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_, [&](const Worker& worker) { return worker.id == id; });
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) ++deaths_;
  const auto entry = busy_.find(id);
  if (entry == busy_.end()) return;
  if (!entry->second.taken) {
    busy_.erase(entry);
    return;
  }
  entry->second.status = status;
  changed_.notify_all();
}

bool Crew::wants_new_zygote() const {
  const std::lock_guard lock(mutex_);
  return deaths_ >= kDeathsBeforeRenewal &&
         std::ranges::none_of(busy_, [](const auto& one) { return one.second.taken; });
}

std::vector<std::uint64_t> Crew::to_kill(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> serials;
  for (auto& [id, busy] : busy_) {
    if (busy.kill_at > now || id.generation != generation_) continue;
    busy.kill_at = SteadyTime::max();
    serials.push_back(id.serial);
  }
  return serials;
}

Result<Worker> Crew::take(const Call& call, SteadyTime now, std::chrono::milliseconds limit) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(call.deadline - now);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, call.stop, std::min(limit, left), [this] { return closed_ || !idle_.empty(); });
  if (closed_) return fail(ErrorCode::kCancelled, "the inspector is being shut down", Retry::kSafe);
  if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off before inspection", Retry::kSafe);
  if (idle_.empty() && left <= limit) {
    return fail(ErrorCode::kDeadline, "no worker before the deadline", Retry::kSafe);
  }
  if (idle_.empty()) {
    return fail(ErrorCode::kUnavailable, reason_.empty() ? "the inspector sends no workers" : reason_, Retry::kSafe);
  }
  Worker worker = std::move(idle_.front());
  idle_.pop_front();
  busy_.emplace(worker.id, Busy{});
  return worker;
}

void Crew::give_up(WorkerId id, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  busy_.at(id).kill_at = now;
}

void Crew::dismiss(WorkerId id, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto entry = busy_.find(id);
  if (entry == busy_.end()) return;
  if (entry->second.status || id.generation != generation_) {
    busy_.erase(entry);
    return;
  }
  entry->second.taken = false;
  entry->second.kill_at = std::min(entry->second.kill_at, now + kTimeToExit);
}

Result<WaitStatus> Crew::wait_for_end(WorkerId id, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const auto known = [&] { return closed_ || generation_ != id.generation || busy_.at(id).status.has_value(); };
  if (!changed_.wait_for(lock, limit, known)) {
    return fail(ErrorCode::kUnavailable, "the inspector does not say how a worker ended", Retry::kSafe);
  }
  return busy_.at(id).status;
}

bool Crew::is_up() const {
  const std::lock_guard lock(mutex_);
  return generation_ != 0;
}

std::uint64_t Crew::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

std::string Crew::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

}  // namespace lazaret::inspect
