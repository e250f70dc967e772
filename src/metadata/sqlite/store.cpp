#include "metadata/sqlite/store.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "base/unique_fd.h"
#include "metadata/sqlite/list.h"
#include "metadata/sqlite/lookups.h"
#include "metadata/sqlite/readers.h"
#include "metadata/sqlite/rows.h"
#include "metadata/sqlite/schema.h"
#include "metadata/sqlite/total_cache.h"
#include "metadata/sqlite/writer.h"
#include "metadata/sqlite/writes.h"

namespace lazaret {
namespace {

using sqlite::Connection;
using sqlite::WriteContext;

// SQLite would make the file readable by whoever the umask lets; its log and index files copy the mode of this one.
Result<void> make_private_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) {
    if (errno == EEXIST) return {};
    return std::unexpected(system_error("creating the database file", errno));
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd folder_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_fd.valid() || ::fsync(folder_fd.get()) != 0) {
    return std::unexpected(system_error("syncing the database's folder", errno));
  }
  return {};
}

Result<void> turn_on_log(Connection& connection) {
  auto mode = connection.prepare("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  const auto row = mode->step();
  if (!row) return std::unexpected(row.error());
  if (!*row || mode->text(0) != "wal") {
    return fail(ErrorCode::kInternal, "sqlite: the file system offers no write-ahead log");
  }
  return {};
}

Result<std::unique_ptr<Connection>> open_for_writing(const SqliteOptions& options) {
  auto connection = Connection::open(
      {.path = options.path, .vfs = options.vfs, .access = sqlite::Access::kReadWrite, .cache_kib = 64 * 1024});
  if (!connection) return connection;
  if (auto on = turn_on_log(**connection); !on) return std::unexpected(on.error());
  if (auto ready = sqlite::migrate(**connection, sqlite::schema_steps()); !ready) {
    return std::unexpected(ready.error());
  }
  return connection;
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteOptions& options) {
  if (auto made = make_private_file(options.path); !made) return std::unexpected(made.error());
  auto connection = open_for_writing(options);
  if (!connection) return std::unexpected(connection.error());
  auto readers =
      sqlite::Readers::open({.path = options.path, .vfs = options.vfs}, options.readers, options.longest_wait);
  if (!readers) return std::unexpected(readers.error());
  auto writer = std::make_unique<sqlite::Writer>(
      std::move(*connection),
      sqlite::Writer::Options{.queue_limit = options.write_queue, .longest_wait = options.longest_wait});
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(*readers), std::move(writer), options.lists));
}

SqliteStore::SqliteStore(std::unique_ptr<sqlite::Readers> readers, std::unique_ptr<sqlite::Writer> writer,
                         const ListLimits& limits)
    : limits_(limits),
      totals_(std::make_unique<sqlite::TotalCache>()),
      writer_(std::move(writer)),
      readers_(std::move(readers)) {}

SqliteStore::~SqliteStore() = default;

Result<void> SqliteStore::expire_all_leases(const Call& call, Timestamp now) {
  return writer_->write(call, [now](WriteContext& context) { return sqlite::expire_all_leases(context, now); });
}

Result<ReserveOutcome> SqliteStore::reserve(const Call& call, const Reservation& reservation) {
  return writer_->write_for<ReserveOutcome>(
      call, [reservation](WriteContext& context) { return sqlite::reserve(context, reservation); });
}

Result<void> SqliteStore::renew(const Call& call, const Attempt& attempt, Timestamp lease_until) {
  return writer_->write(
      call, [attempt, lease_until](WriteContext& context) { return sqlite::renew(context, attempt, lease_until); });
}

Result<void> SqliteStore::commit(const Call& call, const Document& document, AttemptId attempt,
                                 const std::optional<RecordedAnswer>& answer) {
  return writer_->write(call, [document, attempt, answer](WriteContext& context) {
    return sqlite::commit(context, document, attempt, answer);
  });
}

Result<Document> SqliteStore::get(const Call& call, const DocumentId& id) {
  const auto reader = readers_->lease(call);
  if (!reader) return std::unexpected(reader.error());
  auto stored = sqlite::read_by_id(**reader, id);
  if (!stored) return std::unexpected(std::move(stored.error()));
  return std::move(stored->document);
}

Result<Page> SqliteStore::query(const Call& call, const Query& query) {
  const auto reader = readers_->lease(call);
  if (!reader) return std::unexpected(reader.error());
  return sqlite::list_documents(**reader, query, limits_, *totals_, writer_->generation());
}

Result<std::optional<DocumentId>> SqliteStore::find_by_checksum(const Call& call, const Digest& checksum,
                                                                const DocumentId& except) {
  const auto reader = readers_->lease(call);
  if (!reader) return std::unexpected(reader.error());
  return sqlite::find_by_checksum(**reader, checksum, except);
}

Result<void> SqliteStore::replace(const Call& call, const Document& document, std::uint64_t expected_version) {
  return writer_->write(call, [document, expected_version](WriteContext& context) {
    return sqlite::replace(context, document, expected_version);
  });
}

Result<OpenWork> SqliteStore::begin_removal(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                            Timestamp due) {
  return writer_->write_for<OpenWork>(
      call, [id, condition, due](WriteContext& context) { return sqlite::begin_removal(context, id, condition, due); });
}

Result<void> SqliteStore::postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) {
  return writer_->write(
      call, [id, retry_at](WriteContext& context) { return sqlite::postpone_removal(context, id, retry_at); });
}

Result<void> SqliteStore::finish_removal(const Call& call, const DocumentId& id) {
  return writer_->write(call, [id](WriteContext& context) { return sqlite::finish_removal(context, id); });
}

Result<std::vector<OpenWork>> SqliteStore::open_work(const Call& call, Timestamp now, std::size_t limit) {
  const auto reader = readers_->lease(call);
  if (!reader) return std::unexpected(reader.error());
  return sqlite::open_work(**reader, now, limit);
}

Result<std::vector<DocumentId>> SqliteStore::deleted_before(const Call& call, Timestamp time, std::size_t limit) {
  const auto reader = readers_->lease(call);
  if (!reader) return std::unexpected(reader.error());
  return sqlite::deleted_before(**reader, time, limit);
}

Result<std::size_t> SqliteStore::forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) {
  return writer_->write_for<std::size_t>(
      call, [now, limit](WriteContext& context) { return sqlite::forget_expired_answers(context, now, limit); });
}

Result<void> SqliteStore::probe(const Call& call) {
  {
    const auto reader = readers_->lease(call);
    if (!reader) return std::unexpected(reader.error());
    if (auto read = sqlite::open_work(**reader, Timestamp{}, 1); !read) return std::unexpected(read.error());
  }
  return writer_->write(call, [](WriteContext&) -> Result<void> { return {}; });
}

}  // namespace lazaret
