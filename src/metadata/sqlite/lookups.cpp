#include "metadata/sqlite/lookups.h"

#include <algorithm>
#include <utility>

#include "metadata/sqlite/rows.h"

namespace lazaret::sqlite {
namespace {

constexpr std::string_view kFindByChecksum =
    "SELECT id, upload_date FROM documents INDEXED BY documents_by_checksum WHERE checksum = ?1 AND state = ?2 AND "
    "id <> ?3 ORDER BY upload_date, id LIMIT 1";
constexpr std::string_view kFindByOriginal =
    "SELECT id, upload_date FROM documents INDEXED BY documents_by_original WHERE original_checksum = ?1 AND state = "
    "?2 "
    "AND id <> ?3 ORDER BY upload_date, id LIMIT 1";
constexpr std::string_view kDeletedBefore =
    "SELECT id FROM documents INDEXED BY documents_by_deletion WHERE state = 2 AND deleted_at <= ?1 "
    "ORDER BY deleted_at, id LIMIT ?2";

using Found = std::pair<std::int64_t, DocumentId>;  // by its upload date, so that the oldest is the least

}  // namespace

Result<std::optional<DocumentId>> find_by_checksum(Connection& connection, const Digest& checksum,
                                                   const DocumentId& except) {
  const auto snapshot = ReadTransaction::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  std::optional<Found> oldest;
  for (const std::string_view sql : {kFindByChecksum, kFindByOriginal}) {
    for (const State state : {State::kAvailable, State::kQuarantined}) {
      auto find = connection.prepare(sql);
      if (!find) return std::unexpected(find.error());
      find->bind(1, Bytes(checksum.bytes())).bind(2, std::to_underlying(state)).bind(3, Bytes(except.bytes()));
      const auto row = find->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) continue;
      const auto id = to_id(find->bytes(0));
      if (!id) return fail(ErrorCode::kCorrupt, "sqlite: an index row is damaged in its id");
      const Found found(find->integer(1), *id);
      if (!oldest || found < *oldest) oldest = found;
    }
  }
  return oldest ? std::optional(oldest->second) : std::nullopt;
}

Result<std::vector<DocumentId>> deleted_before(Connection& connection, Timestamp time, std::size_t limit) {
  auto list = connection.prepare(kDeletedBefore);
  if (!list) return std::unexpected(list.error());
  constexpr std::size_t kMost = 1'000'000;
  list->bind(1, to_number(time)).bind(2, static_cast<std::int64_t>(std::min(limit, kMost)));
  std::vector<DocumentId> found;
  for (;;) {
    const auto row = list->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return found;
    const auto id = to_id(list->bytes(0));
    if (!id) return fail(ErrorCode::kCorrupt, "sqlite: a document's row is damaged in id");
    found.push_back(*id);
  }
}

std::vector<std::string_view> lookup_texts() {
  return {kFindByChecksum, kFindByOriginal, kDeletedBefore};
}

}  // namespace lazaret::sqlite
