// Readers: a fixed number of read-only connections, leased one caller at a time. The one given back last is leased
// first: its cache is warm. Thread-safe; leases must not outlive the pool.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

class Readers {
 public:
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : home_(std::exchange(other.home_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (home_) home_->give_back(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class Readers;
    Lease(Readers& home, std::unique_ptr<Connection> connection) : home_(&home), connection_(std::move(connection)) {}
    Readers* home_;
    std::unique_ptr<Connection> connection_;
  };

  static Result<std::unique_ptr<Readers>> open(const ConnectionOptions& options, std::size_t count,
                                               std::chrono::milliseconds longest_wait);

  // Waits for a free connection until the call's deadline: kDeadline, kCancelled or, after the longest wait,
  // kOverloaded; all Retry::kSafe.
  Result<Lease> lease(const Call& call);

 private:
  explicit Readers(std::chrono::milliseconds longest_wait) : longest_wait_(longest_wait) {}
  void give_back(std::unique_ptr<Connection> connection);

  const std::chrono::milliseconds longest_wait_;
  std::mutex mutex_;
  std::condition_variable_any returned_;
  std::vector<std::unique_ptr<Connection>> free_;
};

}  // namespace lazaret::sqlite
