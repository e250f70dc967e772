// GatheredReads: single documents that are asked for while other reads are under way wait for one of those to end and
// then go together, in one BatchGetItem. A request costs the table's server and us more than the item in it; the units
// that DynamoDB counts are the same. Who comes alone is not delayed: up to kUnderWay reads have a request each. A
// request is made after its documents were asked for, so it sees every write acknowledged before. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "aws/dynamodb/attribute_value.h"
#include "base/call.h"
#include "base/error.h"
#include "base/ids.h"

namespace lazaret::dynamo {

class GatheredReads {
 public:
  static constexpr std::size_t kUnderWay = 4;
  static constexpr std::size_t kMostTogether = 100;  // BatchGetItem takes no more

  using Found = std::optional<aws::Item>;  // nullopt: there is none
  // What reads, from any thread. `together` is given each id once and leaves out those it did not find.
  struct Reads {
    std::function<Result<Found>(const Call&, const DocumentId&)> alone;
    std::function<Result<std::map<DocumentId, aws::Item>>(const Call&, const std::vector<DocumentId>&)> together;
  };
  explicit GatheredReads(Reads reads) : reads_(std::move(reads)) {}

  // A table that cannot be read is the answer to all who went together. What is about one of them (a damaged item, the
  // end of the call that made the request) is not: the others are read again, each alone.
  Result<Found> read(const Call& call, const DocumentId& id);

  // Readers who wait for a request of somebody else's to end.
  std::size_t waiting() const;

 private:
  enum class Stage : std::uint8_t { kWaits, kLeads, kTaken, kAnswered, kLeftAlone };
  struct Reader {
    DocumentId id;
    Stage stage = Stage::kWaits;
    Result<Found> answer = Found{};
    std::condition_variable_any woken;
  };
  using Readers = std::vector<std::shared_ptr<Reader>>;

  // A place, with those who were waiting when its request was made. At its end, whichever way, who was not answered is
  // left alone, and the place goes to who waits longest or is free again.
  struct Leading {
    explicit Leading(GatheredReads& reads);
    ~Leading();
    Leading(const Leading&) = delete;
    Leading& operator=(const Leading&) = delete;

    Readers others;

   private:
    GatheredReads& reads_;
  };

  Result<Found> wait(const Call& call, const std::shared_ptr<Reader>& reader);
  Result<Found> lead(const Call& call, const DocumentId& id);
  void answer(const Readers& readers, const std::map<DocumentId, aws::Item>& found);
  void refuse(const Readers& readers, const Error& error);
  static void settle(Reader& reader, Stage stage);  // under the lock

  const Reads reads_;
  mutable std::mutex mutex_;
  std::size_t under_way_ = 0;  // guarded by `mutex_`, as all below and what readers hold
  std::deque<std::shared_ptr<Reader>> queue_;
};

}  // namespace lazaret::dynamo
