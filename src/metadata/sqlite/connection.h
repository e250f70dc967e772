// Connection and Statement: SQLite's C interface with owners and Results. A Connection is used by one thread at a time
// and keeps the statements it prepared; a Statement is leased from it and goes back, reset, when it is destroyed.
// Nothing here retries: BUSY is waited for by SQLite's own busy timeout and is kUnavailable afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lazaret::sqlite {

using Bytes = std::span<const std::uint8_t>;

class Connection;

class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Parameters count from 1. Text and bytes are not copied: they must live until the statement is reset or destroyed.
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, Bytes bytes);
  Statement& bind_null(int parameter);

  // True: a row is there. A failed bind is reported here.
  Result<bool> step();
  // Steps to the end of a statement that gives no rows, and resets it.
  Result<void> run();
  void reset();

  // Columns count from 0 and live until the next step.
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  Bytes bytes(int column) const;
  bool is_null(int column) const;

 private:
  friend class Connection;
  Statement(Connection& home, std::string_view sql, sqlite3_stmt* raw) : home_(&home), sql_(sql), raw_(raw) {}

  Connection* home_;
  std::string_view sql_;
  sqlite3_stmt* raw_;
  int bind_error_ = 0;
};

enum class Access : std::uint8_t { kReadWrite, kReadOnly };

struct ConnectionOptions {
  std::string path;
  std::string vfs;  // empty: SQLite's default
  Access access = Access::kReadOnly;
  std::chrono::milliseconds busy_timeout{5000};
  int cache_kib = 16 * 1024;
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` must outlive the connection: it is the name under which the statement is kept.
  Result<Statement> prepare(std::string_view sql);
  // One or more statements without parameters, not kept.
  Result<void> execute(const std::string& sql);

  bool in_transaction() const;
  void roll_back();              // of nothing: nothing
  std::int64_t changes() const;  // rows changed by the last statement
  std::int64_t last_serial() const;
  void set_busy_timeout(std::chrono::milliseconds timeout);
  Error error(int code, std::string_view what) const;
  sqlite3* raw() const { return raw_; }

 private:
  friend class Statement;
  explicit Connection(sqlite3* raw) : raw_(raw) {}
  void give_back(std::string_view sql, sqlite3_stmt* statement);

  sqlite3* raw_;
  std::unordered_map<std::string_view, std::vector<sqlite3_stmt*>> kept_;
};

// A snapshot: everything read while it lives belongs to one moment. Ends with its destructor.
class ReadTransaction {
 public:
  static Result<ReadTransaction> begin(Connection& connection);
  ReadTransaction(ReadTransaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

 private:
  explicit ReadTransaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace lazaret::sqlite
