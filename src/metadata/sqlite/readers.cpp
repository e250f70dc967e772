#include "metadata/sqlite/readers.h"

#include <algorithm>
#include <chrono>

namespace lazaret::sqlite {

Result<std::unique_ptr<Readers>> Readers::open(const ConnectionOptions& options, std::size_t count,
                                               std::chrono::milliseconds longest_wait) {
  std::unique_ptr<Readers> readers(new Readers(longest_wait));
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    auto connection = Connection::open(options);
    if (!connection) return std::unexpected(connection.error());
    readers->free_.push_back(std::move(*connection));
  }
  return readers;
}

Result<Readers::Lease> Readers::lease(const Call& call) {
  std::unique_lock lock(mutex_);
  if (free_.empty()) {
    const auto until = std::min(call.deadline, std::chrono::steady_clock::now() + longest_wait_);
    if (!returned_.wait_until(lock, call.stop, until, [&] { return !free_.empty(); })) {
      if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled while waiting", Retry::kSafe);
      const ErrorCode code = until == call.deadline ? ErrorCode::kDeadline : ErrorCode::kOverloaded;
      return fail(code, "no reader of the metadata store came free", Retry::kSafe);
    }
  }
  std::unique_ptr<Connection> connection = std::move(free_.back());
  free_.pop_back();
  return Lease(*this, std::move(connection));
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace lazaret::sqlite
