// Streams: index-driven walks over candidates for a list, each in the order of its sort. Every text of SQL names the
// index it uses, so a plan is chosen here and never by SQLite's planner; explain tests hold that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/query.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

// What an index row tells of a document without a look at the document.
struct Candidate {
  std::int64_t number = 0;  // the sort key of the sorts by date and size
  std::string name;         // the sort key of the sort by file name
  DocumentId id;
  std::int64_t serial = 0;
  std::int64_t facet = 0;
  std::int64_t size = 0;
  std::int64_t upload_date = 0;
};

// By what a stream is picked from the index; after it the rows lie in the order of the sort.
enum class Lead : std::uint8_t {
  kState,
  kFacet,
  kChecksum,  // sorted by upload date only
  kWord,
};

struct StreamSource {
  Lead lead = Lead::kState;
  State state = State::kAvailable;
  std::int64_t facet = 0;
  Digest checksum;
  std::string word;
};

// Where a stream begins (exclusive) and ends (inclusive), in its own direction.
struct StreamRange {
  struct Key {
    std::int64_t number = 0;
    std::string name;
    bool above_all_names = false;
  };
  SortBy sort_by = SortBy::kUploadDate;
  SortOrder order = SortOrder::kDescending;
  Key start;
  std::vector<std::uint8_t> start_id;  // empty: below every id; 17 bytes of 0xff: above every id
  Key end;
};

// The part of a list that `filter` bounds in this sort, from `after` on. kInvalidCursor when the position belongs to
// another sort.
Result<StreamRange> make_range(const Filter& filter, SortBy sort_by, SortOrder order,
                               const std::optional<Position>& after);

Position to_position(const Candidate& candidate, SortBy sort_by, const Total& total);
// In the order of the sort, ties by id in the same direction.
bool comes_before(const Candidate& a, const Candidate& b, SortBy sort_by, SortOrder order);

// Source and range must outlive the stream.
class Stream {
 public:
  static Result<Stream> open(Connection& connection, const StreamSource& source, const StreamRange& range);
  // False: there is no more. Fills head() otherwise.
  Result<bool> advance();
  const Candidate& head() const { return head_; }

 private:
  Stream(Statement statement, SortBy sort_by) : statement_(std::move(statement)), sort_by_(sort_by) {}
  Statement statement_;
  SortBy sort_by_;
  Candidate head_;
};

// Several streams of the same range as one, each document once.
class Merge {
 public:
  static Result<Merge> open(Connection& connection, const std::vector<StreamSource>& sources, const StreamRange& range);
  // nullptr: there is no more. Valid until the next call.
  Result<const Candidate*> next();

 private:
  explicit Merge(const StreamRange& range) : range_(&range) {}
  bool later(std::size_t a, std::size_t b) const;
  Result<void> refill(std::size_t stream);

  const StreamRange* range_;
  std::vector<Stream> streams_;
  std::vector<std::size_t> heap_;  // streams with a head; the one that comes first on top
  std::optional<std::size_t> taken_;
  std::optional<DocumentId> last_;
};

// The first text above every word that starts with `prefix`.
std::string end_of_prefix(std::string_view prefix);

// Every text of SQL a stream may run, for the explain tests.
std::vector<std::string_view> stream_texts();

}  // namespace lazaret::sqlite
