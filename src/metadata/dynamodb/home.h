// Home: the two tables of a DynamoDbStore and what every operation on them needs: the client, the clock, threads for
// calls made side by side, the number of shards, and the directory of months. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/dynamodb/client.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "document/document.h"
#include "metadata/dynamodb/gathered_reads.h"
#include "metadata/dynamodb/rows.h"

namespace lazaret::dynamo {

// A failure of the service as our callers know errors. A table that is missing is no missing document: refusals are a
// store that does not work.
Error to_error(aws::Failure failure);
std::unexpected<Error> fail_as(aws::Failure failure);
template <class T>
Result<T> to_result(aws::Outcome<T> outcome) {
  if (!outcome) return fail_as(std::move(outcome.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*outcome);
  }
}

// For steps that need not succeed: what they leave undone does no harm and is met again.
inline void leave_undone_if_failed(const Result<void>&) {}

// Runs `task` for 0 to count - 1, the first on this thread. Waits for all; the first error by number.
Result<void> run_side_by_side(WorkerPool& pool, std::size_t count,
                              const std::function<Result<void>(std::size_t)>& task);

// A row as it lies in the table, and what it says.
struct StoredRow {
  aws::Item item;
  Row row;
};

class Home {
 public:
  struct Parts {
    aws::DynamoDbClient& db;
    const Clock& clock;
    WorkerPool& beside;
  };
  Home(Parts parts, std::string table, std::chrono::milliseconds months_kept);

  aws::DynamoDbClient& db() { return parts_.db; }
  const Clock& clock() const { return parts_.clock; }
  WorkerPool& beside() { return parts_.beside; }
  const std::string& documents() const { return documents_; }
  const std::string& index() const { return index_; }

  // Written once by init_tables(); kUnavailable where it is not there.
  Result<unsigned> shards(const Call& call);
  // The row of this id, whatever it is; nullopt where there is none. Sees every write that was acknowledged.
  Result<std::optional<StoredRow>> read(const Call& call, const DocumentId& id);

  // Durable when it returns: lists look into no month that is not noted.
  Result<void> note_month(const Call& call, State state, const std::string& month);
  // In order. Those noted through another store over the same tables may be as late as `months_kept`.
  Result<std::vector<std::string>> months(const Call& call, State state);

 private:
  struct Known {
    std::set<std::string> months;
    std::chrono::steady_clock::time_point read_at = std::chrono::steady_clock::time_point::min();
  };
  Parts parts_;
  const std::string documents_;
  const std::string index_;
  const std::chrono::milliseconds months_kept_;
  GatheredReads reads_;
  std::atomic<unsigned> shards_ = 0;
  std::mutex mutex_;
  std::map<State, Known> known_;
};

std::string index_table_of(const std::string& table);
aws::Item index_key(std::string_view partition, std::string_view sort);

}  // namespace lazaret::dynamo
