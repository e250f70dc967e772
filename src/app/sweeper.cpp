#include "app/sweeper.h"

#include <utility>

#include <pthread.h>

namespace lazaret {
namespace {

constexpr std::size_t kBatch = 100;
constexpr std::chrono::seconds kCallTime{30};
// An object that a lock protects is tried again this much later; where the store fails, in the next pass.
constexpr std::chrono::milliseconds kPostponement{10 * 60'000};

// Another copy, or the document's owner, was there first.
bool is_not_ours(const Error& error) {
  return error.code == ErrorCode::kConflict || error.code == ErrorCode::kNotFound;
}

}  // namespace

void Sweeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  pthread_setname_np(thread_.native_handle(), "sweeper");
}

void Sweeper::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Sweeper::run(const std::stop_token& stop) {
  if (pause(stop, options_.first_pause)) return;
  do {
    const SweepCount count = sweep(stop);
    if (count == SweepCount{}) continue;
    parts_.log.write(count.failed == 0 ? LogLevel::kInfo : LogLevel::kWarning, "sweep",
                     {{"pending", count.pending},
                      {"removing", count.removing},
                      {"purged", count.purged},
                      {"forgotten", count.forgotten},
                      {"failed", count.failed}});
  } while (!pause(stop, options_.interval));
}

SweepCount Sweeper::sweep(const std::stop_token& stop) {
  SweepCount count;
  finish_open_work(stop, count);
  purge_deleted(stop, count);
  if (auto forgotten = parts_.metadata.forget_expired_answers(call(stop), parts_.clock.now(), 10 * kBatch)) {
    count.forgotten = *forgotten;
  }
  parts_.metrics.swept("pending", count.pending);
  parts_.metrics.swept("removing", count.removing);
  parts_.metrics.swept("purged", count.purged);
  return count;
}

// A row that fails is postponed or left, so a pass ends: each batch must shorten the list to be followed by another.
void Sweeper::finish_open_work(const std::stop_token& stop, SweepCount& count) {
  for (;;) {
    auto batch = parts_.metadata.open_work(call(stop), parts_.clock.now(), kBatch);
    if (!batch) {
      ++count.failed;
      parts_.log.write(LogLevel::kWarning, "sweep_failed",
                       {{"code", to_string(batch.error().code)}, {"detail", batch.error().detail}});
      return;
    }
    std::size_t done = 0;
    for (const OpenWork& work : *batch) {
      if (!finish(call(stop), work)) {
        ++count.failed;
      } else {
        ++done;
        ++(work.kind == WorkKind::kPending ? count.pending : count.removing);
      }
      if (pause(stop, options_.pause)) return;
    }
    if (batch->size() < kBatch || done == 0) return;
  }
}

bool Sweeper::finish(const Call& call, const OpenWork& work) {
  if (work.kind == WorkKind::kRemoving) return go_on(call, work);
  const Timestamp now = parts_.clock.now();
  // Whoever had the lease began no PUT after its end, which is past.
  auto begun = removal_.begin(call, work.attempt.id, {std::nullopt, work.attempt.attempt, now}, now);
  // Renewed, committed or removed meanwhile: not ours to remove.
  return begun ? go_on(call, *begun) : is_not_ours(begun.error());
}

bool Sweeper::go_on(const Call& call, const OpenWork& work) {
  auto gone = removal_.go_on(call, work);
  if (gone) return true;
  parts_.log.write(LogLevel::kWarning, "removal_postponed",
                   {{"document", work.attempt.id.to_string()},
                    {"code", to_string(gone.error().code)},
                    {"detail", gone.error().detail}});
  // One that is not due is tried again when it is.
  const Timestamp now = parts_.clock.now();
  const bool is_locked = gone.error().code == ErrorCode::kConflict;
  if (work.due <= now) {
    const Timestamp later = now + (is_locked ? kPostponement : options_.interval);
    static_cast<void>(parts_.metadata.postpone_removal(call, work.attempt.id, later));
  }
  return false;
}

void Sweeper::purge_deleted(const std::stop_token& stop, SweepCount& count) {
  const Timestamp before = parts_.clock.now() - options_.retention;
  auto ids = parts_.metadata.deleted_before(call(stop), before, kBatch);
  if (!ids) {
    ++count.failed;
    return;
  }
  for (const DocumentId& id : *ids) {
    auto document = parts_.metadata.get(call(stop), id);
    // Restored since the list was read: the version pins what was decided on.
    if (!document || document->state != State::kDeleted || !document->deleted_at || *document->deleted_at > before) {
      continue;
    }
    const RemovalCondition unchanged{document->version, std::nullopt, std::nullopt};
    auto begun = removal_.begin(call(stop), id, unchanged, document->upload_date);
    if (begun && go_on(call(stop), *begun)) {
      ++count.purged;
    } else if (begun || !is_not_ours(begun.error())) {
      ++count.failed;
    }
    if (pause(stop, options_.pause)) return;
  }
}

// Each call to a store has time of its own: a long pass is no reason to fail.
Call Sweeper::call(const std::stop_token& stop) const {
  return Call{parts_.clock.steady_now() + kCallTime, stop, "sweeper"};
}

// True when the sweeper is to stop.
bool Sweeper::pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [] { return false; });
  return stop.stop_requested();
}

}  // namespace lazaret
