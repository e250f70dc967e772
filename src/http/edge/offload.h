// The one hop between a coroutine and a worker pool. Everything here but the submitted work itself runs on the
// coroutine's own thread (one io_context, one thread), so nothing needs a lock.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/worker_pool.h"

namespace lazaret::http {

// Something one coroutine waits for. Not thread-safe; reset() before it is used again.
class Event {
 public:
  void fire() {
    fired_ = true;
    if (waiter_) std::exchange(waiter_, nullptr)();
  }
  bool fired() const { return fired_; }
  void reset() { fired_ = false; }
  boost::asio::awaitable<void> wait() {
    if (fired_) co_return;
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        [this](auto handler) { waiter_ = std::move(handler); }, boost::asio::use_awaitable);
  }

 private:
  bool fired_ = false;
  std::move_only_function<void()> waiter_;
};

enum class Taken : bool { kNo, kYes };

// Runs `work` on the pool and then fires `done` on the executor. Whoever starts it waits for `done` before anything
// that `work` touches goes away. `work` must not throw. kNo: the pool takes no task, nothing will happen.
template <class Work>
[[nodiscard]] Taken start_on(WorkerPool& pool, const boost::asio::any_io_executor& executor, Event& done, Work work) {
  const bool taken = pool.try_submit([executor, &done, work = std::move(work)]() mutable {
    work();
    boost::asio::post(executor, [&done] { done.fire(); });
  });
  return taken ? Taken::kYes : Taken::kNo;
}

// Lets something whose destructor may block end on a pool; here only where neither pool takes it.
template <class Owned>
void dispose_on(WorkerPool& pool, WorkerPool& other, Owned owned) {
  auto holder = std::make_unique<Owned>(std::move(owned));
  const auto end = [raw = holder.get()] { delete raw; };
  if (pool.try_submit(end) || other.try_submit(end)) static_cast<void>(holder.release());
}

}  // namespace lazaret::http
