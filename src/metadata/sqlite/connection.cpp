#include "metadata/sqlite/connection.h"

#include <mutex>
#include <utility>

#include <sqlite3.h>

namespace lazaret::sqlite {
namespace {

// Statements of one text kept by a connection: as many as a merge of streams holds open at once.
constexpr std::size_t kKeptPerText = 64;

// The counters behind SQLite's memory statistics are one mutex for the whole process; every allocation of every thread
// would meet there. Too late once SQLite is in use, which is no fault.
void prepare_library() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

ErrorCode code_of(int primary) {
  switch (primary) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return ErrorCode::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::kUnavailable;
    case SQLITE_INTERRUPT:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kInternal;
  }
}

Error make_error(int code, std::string_view what, std::string_view message) {
  const ErrorCode kind = code_of(code & 0xff);
  std::string detail = "sqlite: ";
  detail.append(what).append(": ").append(message).append(" (").append(std::to_string(code)).append(")");
  return Error{kind, kind == ErrorCode::kUnavailable ? Retry::kSafe : Retry::kNever, std::move(detail), {}};
}

std::string settings(const ConnectionOptions& options) {
  return "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
         "PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; "
         "PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -" +
         std::to_string(options.cache_kib);
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : home_(other.home_),
      sql_(other.sql_),
      raw_(std::exchange(other.raw_, nullptr)),
      bind_error_(std::exchange(other.bind_error_, SQLITE_OK)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    if (raw_) home_->give_back(sql_, raw_);
    home_ = other.home_;
    sql_ = other.sql_;
    raw_ = std::exchange(other.raw_, nullptr);
    bind_error_ = std::exchange(other.bind_error_, SQLITE_OK);
  }
  return *this;
}

Statement::~Statement() {
  if (raw_) home_->give_back(sql_, raw_);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(raw_, parameter, value); code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // An empty view may hold a null pointer, which SQLite would read as NULL.
  const char* const data = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(raw_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, Bytes bytes) {
  const void* const data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  const int code = sqlite3_bind_blob64(raw_, parameter, data, bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  if (const int code = sqlite3_bind_null(raw_, parameter); code != SQLITE_OK) bind_error_ = code;
  return *this;
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return std::unexpected(home_->error(bind_error_, "bind"));
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = home_->error(code, "step");
  sqlite3_reset(raw_);
  return std::unexpected(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
  }
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(raw_);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(raw_, column);
}

std::string_view Statement::text(int column) const {
  const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column));
  return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column)))
              : std::string_view();
}

Bytes Statement::bytes(int column) const {
  const auto* const data = static_cast<const std::uint8_t*>(sqlite3_column_blob(raw_, column));
  return data ? Bytes(data, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))) : Bytes();
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options) {
  prepare_library();
  const int access = options.access == Access::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const char* const vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  sqlite3* raw = nullptr;
  // NOMUTEX: a connection has one user at a time, so its lock would guard nothing.
  const int code =
      sqlite3_open_v2(options.path.c_str(), &raw, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (code != SQLITE_OK) return std::unexpected(connection->error(code, "open"));
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  connection->set_busy_timeout(options.busy_timeout);
  if (auto set = connection->execute(settings(options)); !set) return std::unexpected(set.error());
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, statements] : kept_) {
    for (sqlite3_stmt* statement : statements)
      sqlite3_finalize(statement);
  }
  sqlite3_close(raw_);
}

Result<Statement> Connection::prepare(std::string_view sql) {
  auto& kept = kept_[sql];
  if (!kept.empty()) {
    sqlite3_stmt* const statement = kept.back();
    kept.pop_back();
    return Statement(*this, sql, statement);
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(raw_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code, "prepare"));
  return Statement(*this, sql, statement);
}

void Connection::give_back(std::string_view sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  auto& kept = kept_[sql];
  if (kept.size() < kKeptPerText) {
    kept.push_back(statement);
  } else {
    sqlite3_finalize(statement);
  }
}

Result<void> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(raw_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code, "execute"));
  return {};
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(raw_) == 0;
}

void Connection::roll_back() {
  // A rollback that cannot write leaves the file as it was: there is nothing more to do about its error.
  if (!in_transaction() || !execute("ROLLBACK")) return;
}

std::int64_t Connection::changes() const {
  return sqlite3_changes64(raw_);
}

std::int64_t Connection::last_serial() const {
  return sqlite3_last_insert_rowid(raw_);
}

void Connection::set_busy_timeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(raw_, static_cast<int>(timeout.count()));
}

Error Connection::error(int code, std::string_view what) const {
  return make_error(code, what, raw_ ? sqlite3_errmsg(raw_) : sqlite3_errstr(code));
}

Result<ReadTransaction> ReadTransaction::begin(Connection& connection) {
  auto begin = connection.prepare("BEGIN");
  if (!begin) return std::unexpected(begin.error());
  if (auto begun = begin->run(); !begun) return std::unexpected(begun.error());
  return ReadTransaction(connection);
}

ReadTransaction::~ReadTransaction() {
  if (!connection_) return;
  // Ending a snapshot writes nothing; ROLLBACK also ends one that an error broke.
  auto end = connection_->prepare("ROLLBACK");
  if (!end || !end->run()) connection_->roll_back();
}

}  // namespace lazaret::sqlite
