#include "metadata/sqlite/writer.h"

#include <algorithm>

#include <pthread.h>
#include <sqlite3.h>

namespace lazaret::sqlite {
namespace {

// Beyond this many times the wanted size the log is cut back even while writes wait.
constexpr int kOverdueFactor = 4;

// Called by SQLite on the writer's thread after each commit.
int note_log_size(void* pages, sqlite3*, const char*, int log_pages) {
  *static_cast<int*>(pages) = log_pages;
  return SQLITE_OK;
}

void fail_all(auto& batch, const Error& error) {
  for (auto& task : batch)
    task->outcome = std::unexpected(error);
}

// Prepared once and kept by the connection.
Result<void> run_statement(Connection& connection, std::string_view sql) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  return statement->run();
}

bool is_storage_failure(const Result<void>& outcome) {
  return !outcome && outcome.error().code == ErrorCode::kUnavailable;
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, Options options)
    : connection_(std::move(connection)), options_(options) {
  sqlite3_wal_autocheckpoint(connection_->raw(), 0);
  sqlite3_wal_hook(connection_->raw(), &note_log_size, &log_pages_);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "sqlite-writer");
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::size_t Writer::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

Result<void> Writer::write(const Call& call, Work work) {
  auto task = std::make_shared<Task>();
  task->work = std::move(work);
  const auto until = std::min(call.deadline, std::chrono::steady_clock::now() + options_.longest_wait);
  std::unique_lock lock(mutex_);
  if (closing_) return fail(ErrorCode::kUnavailable, "the metadata store is closing", Retry::kSafe);
  if (queue_.size() >= options_.queue_limit) {
    return fail(ErrorCode::kOverloaded, "too many writes are waiting for the metadata store", Retry::kSafe);
  }
  queue_.push_back(task);
  wake_.notify_one();
  task->done.wait_until(lock, call.stop, until, [&] { return task->stage == Stage::kDone; });
  if (task->stage == Stage::kDone) return std::move(task->outcome);
  return give_up_waiting(*task, call);
}

Result<void> Writer::give_up_waiting(Task& task, const Call& call) {
  const ErrorCode code = call.stop.stop_requested() ? ErrorCode::kCancelled : ErrorCode::kDeadline;
  if (task.stage == Stage::kRunning) {
    return fail(code, "the write was running when its caller stopped waiting", Retry::kAmbiguous);
  }
  std::erase_if(queue_, [&](const std::shared_ptr<Task>& queued) { return queued.get() == &task; });
  return fail(code, "the write was still queued when its caller stopped waiting", Retry::kSafe);
}

void Writer::run() {
  for (;;) {
    Tasks batch = next_batch();
    if (batch.empty()) return;
    commit_together(batch);
    finish(batch);
    checkpoint_if_due();
  }
}

// Empty: the writer is closing, and nothing waits any more.
Writer::Tasks Writer::next_batch() {
  std::unique_lock lock(mutex_);
  const auto wanted = [&] { return closing_ || !queue_.empty(); };
  while (!wanted()) {
    if (log_pages_ == 0) {
      wake_.wait(lock, wanted);
    } else if (!wake_.wait_for(lock, options_.idle, wanted)) {
      lock.unlock();
      checkpoint_when_idle();
      lock.lock();
    }
  }
  if (closing_) {
    for (const std::shared_ptr<Task>& task : queue_) {
      task->outcome = fail(ErrorCode::kUnavailable, "the metadata store is closing", Retry::kSafe);
      task->stage = Stage::kDone;
      task->done.notify_all();
    }
    queue_.clear();
    return {};
  }
  const std::size_t count = std::min(queue_.size(), options_.batch_limit);
  Tasks batch(std::make_move_iterator(queue_.begin()),
              std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  for (const std::shared_ptr<Task>& task : batch)
    task->stage = Stage::kRunning;
  return batch;
}

void Writer::commit_together(Tasks& batch) {
  if (auto begun = run_statement(*connection_, "BEGIN IMMEDIATE"); !begun) return fail_all(batch, begun.error());
  WriteContext context{*connection_};
  if (!run_each(context, batch)) return;
  auto committed = run_statement(*connection_, "COMMIT");
  if (!committed) {
    connection_->roll_back();
    Error error = std::move(committed.error());
    error.retry = Retry::kAmbiguous;
    // Those that were refused fail too: what they were refused for may have been a write that is now undone.
    return fail_all(batch, error);
  }
  if (context.touched_documents) generation_.fetch_add(1, std::memory_order_release);
}

// False: the transaction is gone, and every task knows.
bool Writer::run_each(WriteContext& context, Tasks& batch) {
  if (batch.size() == 1) return run_alone(context, batch);
  for (const std::shared_ptr<Task>& task : batch) {
    task->outcome = run_in_savepoint(context, *task);
    if (!is_storage_failure(task->outcome) && connection_->in_transaction()) continue;
    undo_all(batch, task->outcome);
    return false;
  }
  return true;
}

// Without a savepoint: what it did is all that there is to undo.
bool Writer::run_alone(WriteContext& context, Tasks& batch) {
  Result<void>& outcome = batch.front()->outcome;
  outcome = batch.front()->work(context);
  if (is_storage_failure(outcome) || !connection_->in_transaction()) {
    undo_all(batch, outcome);
    return false;
  }
  if (!outcome) connection_->roll_back();
  return outcome.has_value();
}

// A full disk or a failed read or write: SQLite may have rolled back all of it, so none of it is kept.
void Writer::undo_all(Tasks& batch, const Result<void>& outcome) {
  connection_->roll_back();
  Error error = is_storage_failure(outcome)
                    ? outcome.error()
                    : Error{ErrorCode::kUnavailable, Retry::kSafe, "sqlite: the transaction was lost", {}};
  error.retry = Retry::kSafe;
  fail_all(batch, error);
}

Result<void> Writer::run_in_savepoint(WriteContext& context, Task& task) {
  if (auto begun = run_statement(*connection_, "SAVEPOINT write"); !begun) return begun;
  auto outcome = task.work(context);
  if (!connection_->in_transaction()) return outcome;
  if (!outcome) {
    if (auto undone = run_statement(*connection_, "ROLLBACK TO write"); !undone) return undone;
  }
  if (auto released = run_statement(*connection_, "RELEASE write"); !released) return released;
  return outcome;
}

void Writer::finish(Tasks& batch) {
  for (const std::shared_ptr<Task>& task : batch)
    task->work = nullptr;  // what the work owns is destroyed outside the lock
  {
    const std::lock_guard lock(mutex_);
    for (const std::shared_ptr<Task>& task : batch)
      task->stage = Stage::kDone;
  }
  // Without the lock, which they would only wait for.
  for (const std::shared_ptr<Task>& task : batch)
    task->done.notify_all();
}

void Writer::checkpoint_if_due() {
  if (log_pages_ < options_.checkpoint_pages) return;
  if (log_pages_ >= kOverdueFactor * options_.checkpoint_pages) {
    checkpoint(SQLITE_CHECKPOINT_RESTART);
  } else if (queued() == 0) {
    checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  }
}

void Writer::checkpoint_when_idle() {
  checkpoint(log_pages_ > options_.checkpoint_pages ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE);
}

// A checkpoint that fails or meets a reader is made again later: the log keeps everything until then.
void Writer::checkpoint(int mode) {
  int log_pages = 0;
  int checkpointed = 0;
  connection_->set_busy_timeout(options_.checkpoint_wait);
  const int code = sqlite3_wal_checkpoint_v2(connection_->raw(), nullptr, mode, &log_pages, &checkpointed);
  connection_->set_busy_timeout(options_.busy_timeout);
  if (code == SQLITE_OK && log_pages == checkpointed) log_pages_ = 0;
}

}  // namespace lazaret::sqlite
