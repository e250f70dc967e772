#include "metadata/dynamodb/lookups.h"

#include <utility>

namespace lazaret::dynamo {
namespace {

using aws::Item;

// A row leads to a live document with these bytes, or is left over.
Result<bool> leads_to_live(Home& home, const Call& call, const DocumentId& id, const Digest& checksum,
                           std::string_view key) {
  const auto stored = home.read(call, id);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || (*stored)->row.kind != RowKind::kVisible || !(*stored)->row.document) return false;
  const Document& document = *(*stored)->row.document;
  return document.state != State::kDeleted && has_bytes(document, checksum) &&
         time_key(document.upload_date, document.id) == key;
}

}  // namespace

// Oldest first, strongly read: a document that was acknowledged is found.
Result<std::optional<DocumentId>> find_by_checksum(Home& home, const Call& call, const Digest& checksum,
                                                   const DocumentId& except) {
  aws::QueryItems query{.table = home.index(), .consistency = aws::Consistency::kStrong, .limit = 25};
  query.key_condition = query.expression.name("pk") + " = " + query.expression.value(checksum_partition(checksum));
  do {
    auto page = home.db().query(call, query);
    if (!page) return fail_as(std::move(page.error()));
    for (const Item& row : page->items) {
      const std::string* key = text_of(row, "sk");
      const auto id = key == nullptr ? std::nullopt : id_from_time_key(*key);
      if (!id) return fail(ErrorCode::kCorrupt, "dynamodb: a row of checksums is damaged");
      if (*id == except) continue;
      const auto live = leads_to_live(home, call, *id, checksum, *key);
      if (!live) return std::unexpected(live.error());
      if (*live) return *id;
    }
    query.start = std::move(page->next);
  } while (query.start);
  return std::nullopt;
}

}  // namespace lazaret::dynamo
