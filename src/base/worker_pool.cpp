#include "base/worker_pool.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <pthread.h>

namespace lazaret {

WorkerPool::WorkerPool(Options options) : options_(std::move(options)) {
  const std::size_t count = std::max<std::size_t>(options_.threads, 1);
  const std::string name = options_.name.substr(0, 15);
  threads_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

bool WorkerPool::try_submit(std::move_only_function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || queue_.size() >= options_.queue_limit + idle_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    auto task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what the task owns is freed outside the lock
    lock.lock();
  }
}

struct Beside::State {
  std::mutex mutex;
  std::condition_variable done_signal;
  std::move_only_function<void()> task;
  bool taken = false;
  bool done = false;

  // Whoever comes first, the pool's thread or wait(), runs the task.
  void run_if_free() {
    {
      const std::lock_guard lock(mutex);
      if (taken) return;
      taken = true;
    }
    task();
    const std::lock_guard lock(mutex);
    done = true;
    done_signal.notify_all();
  }
};

Beside::Beside(WorkerPool& pool, std::move_only_function<void()> task) : state_(std::make_shared<State>()) {
  state_->task = std::move(task);
  // A pool that takes no task leaves it to wait().
  static_cast<void>(pool.try_submit([state = state_] { state->run_if_free(); }));
}

void Beside::wait() {
  state_->run_if_free();
  std::unique_lock lock(state_->mutex);
  state_->done_signal.wait(lock, [this] { return state_->done; });
}

}  // namespace lazaret
