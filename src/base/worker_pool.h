// WorkerPool: a fixed number of named threads over a bounded queue; where synchronous, blocking work runs.
// Thread-safe. Tasks must not throw; one that does ends the process. The destructor runs what is queued, then joins.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lazaret {

class WorkerPool {
 public:
  struct Options {
    std::string name;             // thread name, at most 15 bytes are kept
    std::size_t threads = 1;      // at least 1
    std::size_t queue_limit = 0;  // tasks waiting; 0 means none may wait beyond the threads
  };
  explicit WorkerPool(Options options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is closing: the task was not taken.
  [[nodiscard]] bool try_submit(std::move_only_function<void()> task);

  std::size_t queued() const;
  std::size_t threads() const { return threads_.size(); }

 private:
  void run();

  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> queue_;
  std::size_t idle_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

// Runs one task beside the caller's own work; the destructor and wait() both wait for it.
// Where the pool takes no task, it runs in wait() on the caller's thread: slower, never lost.
class Beside {
 public:
  Beside(WorkerPool& pool, std::move_only_function<void()> task);
  ~Beside() { wait(); }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  void wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lazaret
