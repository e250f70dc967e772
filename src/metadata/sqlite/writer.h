// Writer: the one thread that writes the database. It commits whatever waits in one transaction (one fsync for many
// uploads), each write in a savepoint of its own unless it came alone, and waits for nothing before it does. It alone
// checkpoints.
//
// Thread-safe. A write that returned success is durable. A failed COMMIT fails every write of its transaction with
// Retry::kAmbiguous: frames already in the log may survive a crash. The destructor fails what still waits.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

// What a write sees.
struct WriteContext {
  Connection& connection;
  bool touched_documents = false;  // set by writes that change what lists show
};

class Writer {
 public:
  struct Options {
    std::size_t queue_limit = 1024;                  // writes waiting; beyond it kOverloaded
    std::size_t batch_limit = 128;                   // writes in one transaction
    int checkpoint_pages = 1000;                     // pages in the log when a checkpoint is wanted
    std::chrono::milliseconds idle{250};             // without a write: the log is checkpointed whole and cut
    std::chrono::milliseconds longest_wait{30'000};  // of a caller without a nearer deadline
    std::chrono::milliseconds busy_timeout{5000};    // for a foreign process that holds the write lock
    std::chrono::milliseconds checkpoint_wait{50};   // for readers, by a checkpoint that needs them gone
  };
  // `work` runs on the writer's thread, perhaps after its caller stopped waiting: it owns all it touches.
  using Work = std::move_only_function<Result<void>(WriteContext&)>;

  Writer(std::unique_ptr<Connection> connection, Options options);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Returns when the write is durable or has failed. A deadline or stop that comes while it is still queued takes it
  // back (Retry::kSafe); one that comes later leaves it running (Retry::kAmbiguous).
  Result<void> write(const Call& call, Work work);

  // The same for work that gives a value.
  template <class T>
  Result<T> write_for(const Call& call, std::move_only_function<Result<T>(WriteContext&)> work) {
    auto value = std::make_shared<std::optional<T>>();
    auto written = write(call, [value, work = std::move(work)](WriteContext& context) mutable -> Result<void> {
      auto result = work(context);
      if (!result) return std::unexpected(std::move(result.error()));
      *value = std::move(*result);
      return {};
    });
    if (!written) return std::unexpected(std::move(written.error()));
    if (std::optional<T>& made = *value; made) return std::move(*made);
    return fail(ErrorCode::kInternal, "a write succeeded without its value");
  }

  // Grows with every commit that changed documents, before its writers are told.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  std::size_t queued() const;

 private:
  enum class Stage : std::uint8_t { kQueued, kRunning, kDone };
  struct Task {
    Work work;
    Stage stage = Stage::kQueued;
    Result<void> outcome;
    std::condition_variable_any done;
  };
  using Tasks = std::vector<std::shared_ptr<Task>>;

  void run();
  Tasks next_batch();
  void commit_together(Tasks& batch);
  bool run_each(WriteContext& context, Tasks& batch);
  bool run_alone(WriteContext& context, Tasks& batch);
  void undo_all(Tasks& batch, const Result<void>& outcome);
  Result<void> run_in_savepoint(WriteContext& context, Task& task);
  void finish(Tasks& batch);
  Result<void> give_up_waiting(Task& task, const Call& call);
  void checkpoint_if_due();
  void checkpoint_when_idle();
  void checkpoint(int mode);

  std::unique_ptr<Connection> connection_;
  const Options options_;
  std::atomic<std::uint64_t> generation_{0};
  int log_pages_ = 0;  // the writer's thread alone
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Task>> queue_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace lazaret::sqlite
