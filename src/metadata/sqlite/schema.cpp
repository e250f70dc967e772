#include "metadata/sqlite/schema.h"

#include <cstdint>
#include <string>

namespace lazaret::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x4C5A5254;  // "LZRT"

Result<std::int64_t> read_number(Connection& connection, const char* sql) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

Result<void> check_owner(Connection& connection) {
  const auto owner = read_number(connection, "PRAGMA application_id");
  if (!owner) return std::unexpected(owner.error());
  if (*owner == kApplicationId) return {};
  const auto tables = read_number(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*owner == 0 && *tables == 0) return {};
  return fail(ErrorCode::kInternal, "the database file was not made by Lazaret");
}

Result<void> apply_missing(Connection& connection, std::span<const char* const> steps) {
  if (auto ours = check_owner(connection); !ours) return ours;
  const auto version = read_number(connection, "PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto known = static_cast<std::int64_t>(steps.size());
  if (*version < 0 || *version > known) {
    return fail(ErrorCode::kInternal, "the database has schema " + std::to_string(*version) +
                                          ", this program knows up to " + std::to_string(known) +
                                          ": it was written by a newer Lazaret");
  }
  if (*version == known) return {};
  for (const char* step : steps.subspan(static_cast<std::size_t>(*version))) {
    if (auto applied = connection.execute(step); !applied) return applied;
  }
  if (auto set = connection.execute("PRAGMA application_id = " + std::to_string(kApplicationId)); !set) return set;
  return connection.execute("PRAGMA user_version = " + std::to_string(known));
}

}  // namespace

Result<void> migrate(Connection& connection, std::span<const char* const> steps) {
  // The lock is taken before the version is read: of two that start at once, one applies and the other finds it done.
  if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
  if (auto applied = apply_missing(connection, steps); !applied) {
    connection.roll_back();
    return applied;
  }
  auto committed = connection.execute("COMMIT");
  if (!committed) connection.roll_back();
  return committed;
}

}  // namespace lazaret::sqlite
