// Merge: the partitions of a plan as one walk over candidates, fetched in pieces, side by side. It never gives a
// candidate before everything that comes before it has been seen, and it always knows how far it has seen, so that a
// walk can stop anywhere and go on from there. For one request; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "document/query.h"
#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/plan.h"

namespace lazaret::dynamo {

struct Candidate {
  std::string key;  // as sort_key() makes it: value and id
  DocumentId id;
  std::optional<IndexRow> row;  // of the index table: may be one that its document no longer wants
};

// One partition between the plan's bounds.
class Stream {
 public:
  Stream(Home& home, const Query& query, const Plan& plan, Source source)
      : home_(home), query_(query), plan_(plan), source_(std::move(source)) {}

  // Looks at up to `limit` more items; fewer may be found, even none. Adds to bytes_read().
  Result<void> fetch(const Call& call, std::uint32_t limit);
  bool wants_fetch() const { return found_.empty() && !finished_; }
  bool has_head() const { return !found_.empty(); }
  const Candidate& head() const { return found_.front(); }
  Candidate take_head();
  // Everything up to this key has been seen; nothing yet: nullopt.
  const std::optional<std::string>& seen_to() const { return seen_to_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  aws::QueryItems request() const;
  Result<Candidate> candidate_from(const aws::Item& item) const;
  Result<std::string> key_from(const aws::Item& item) const;

  Home& home_;
  const Query& query_;
  const Plan& plan_;
  Source source_;
  std::deque<Candidate> found_;
  std::optional<aws::Item> next_;
  std::optional<std::string> seen_to_;
  bool finished_ = false;
  std::uint64_t bytes_read_ = 0;
};

class Merge {
 public:
  // Query and plan outlive the merge.
  Merge(Home& home, const Query& query, const Plan& plan);

  // The next candidates in order, each document once in a row, at most `most`. `may_fetch` is asked before every round
  // of calls but the first. Fewer than `most`: it said no, or there is no more.
  Result<std::vector<Candidate>> next(const Call& call, std::size_t most, const std::function<bool()>& may_fetch);
  bool finished() const;
  // How far every partition has been seen. Precondition: something was fetched, and not finished().
  Position seen_to() const;
  std::uint64_t bytes_read() const;

 private:
  bool before(const std::string& a, const std::string& b) const;
  Stream* first_stream();
  bool is_safe(const std::string& key) const;
  Result<void> fetch(const Call& call);
  void open_stages();
  bool stage_finished() const;

  Home& home_;
  const Query& query_;
  const Plan& plan_;
  std::deque<Stream> streams_;
  std::size_t opened_ = 0;  // stages
  std::size_t stages_at_once_ = 1;
  std::uint32_t piece_;
  bool fetched_ = false;
  std::optional<std::string> last_;
  std::uint64_t bytes_before_ = 0;  // by streams that are closed
};

}  // namespace lazaret::dynamo
