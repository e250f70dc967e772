// SqliteStore: the metadata of every document in one SQLite file, for one server at a time (whoever holds the lock on
// DATA_DIR). One thread writes, in groups; readers run beside it on snapshots of their own. Thread-safe.
// docs/adr tells why the lists look as they do.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "intake/metadata_store.h"
#include "metadata/list_limits.h"

namespace lazaret {

namespace sqlite {
class Readers;
class TotalCache;
class Writer;
}  // namespace sqlite

struct SqliteOptions {
  std::string path;
  std::size_t readers = 8;                         // lists and gets at once; others wait for one
  std::size_t write_queue = 1024;                  // writes waiting; beyond it kOverloaded
  std::chrono::milliseconds longest_wait{30'000};  // of a caller without a nearer deadline
  std::string vfs;                                 // SQLite's name of a file system; empty: the system's
  ListLimits lists;
};

class SqliteStore final : public MetadataStore {
 public:
  // Makes the file where there is none, readable by its owner alone, and brings its schema up to date. A file of
  // another program or of a newer Lazaret is kInternal and left untouched.
  static Result<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options);
  ~SqliteStore() override;

  // At start, with the lock on DATA_DIR held: whoever made the pending rows is dead, so all are due at `now`.
  Result<void> expire_all_leases(const Call& call, Timestamp now);

  Result<ReserveOutcome> reserve(const Call& call, const Reservation& reservation) override;
  Result<void> renew(const Call& call, const Attempt& attempt, Timestamp lease_until) override;
  Result<void> commit(const Call& call, const Document& document, AttemptId attempt,
                      const std::optional<RecordedAnswer>& answer) override;
  Result<Document> get(const Call& call, const DocumentId& id) override;
  Result<Page> query(const Call& call, const Query& query) override;
  Result<std::optional<DocumentId>> find_by_checksum(const Call& call, const Digest& checksum,
                                                     const DocumentId& except) override;
  Result<void> replace(const Call& call, const Document& document, std::uint64_t expected_version) override;
  Result<OpenWork> begin_removal(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                 Timestamp due) override;
  Result<void> postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) override;
  Result<void> finish_removal(const Call& call, const DocumentId& id) override;
  Result<std::vector<OpenWork>> open_work(const Call& call, Timestamp now, std::size_t limit) override;
  Result<std::vector<DocumentId>> deleted_before(const Call& call, Timestamp time, std::size_t limit) override;
  Result<std::size_t> forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) override;
  // Reads through a reader and goes once through the writer's queue; writes nothing.
  Result<void> probe(const Call& call) override;

 private:
  SqliteStore(std::unique_ptr<sqlite::Readers> readers, std::unique_ptr<sqlite::Writer> writer,
              const ListLimits& limits);

  const ListLimits limits_;
  std::unique_ptr<sqlite::TotalCache> totals_;
  // The writer goes last: only a connection that may write takes the log back into the file when it closes.
  std::unique_ptr<sqlite::Writer> writer_;
  std::unique_ptr<sqlite::Readers> readers_;
};

}  // namespace lazaret
