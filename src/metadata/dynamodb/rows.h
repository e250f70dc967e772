// Rows of the main table: documents with the attributes of docs/api.md under their own names, pending and removing
// rows, and what the indexes need in helper attributes that begin with `_`. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/dynamodb/attribute_value.h"
#include "aws/dynamodb/requests.h"
#include "base/error.h"
#include "document/document.h"
#include "intake/metadata_store.h"
#include "metadata/dynamodb/keys.h"

namespace lazaret::dynamo {

// What `state` says of rows that clients do not see.
inline constexpr std::string_view kPendingState = "pending";
inline constexpr std::string_view kRemovingState = "removing";

enum class RowKind : std::uint8_t { kPending, kVisible, kRemoving };

// A row as it is stored, whatever it is.
struct Row {
  RowKind kind = RowKind::kPending;
  Attempt attempt;
  ObjectKey s3_key;
  Timestamp due{};  // pending: the end of the lease; removing: when to try again
  // Visible: the document. Removing: what it was, where it ever was one.
  std::optional<Document> document;
  std::optional<Digest> claim;  // pending: the idempotency key it runs under
  // Written by the first version of this service: no attempt, no place in any index.
  bool adopted = true;
};

// kCorrupt names the attribute and no value. An item that is not adopted and lacks what only its object can tell is
// kUnavailable: it is there, and `lazaret reindex` makes it whole.
Result<Row> row_from(const aws::Item& item);
OpenWork work_of(const Row& row);

aws::Item key_of(const DocumentId& id);
aws::Item pending_item(const Reservation& reservation, unsigned shards);
// A document with its place in every index, as commit and replace write it.
aws::Item document_item(const Document& document, AttemptId attempt, unsigned shards);

// Makes `from` into `to` in one update: "SET ... REMOVE ...". Attributes of others stay as they are.
std::string update_between(const aws::Item& from, const aws::Item& to, aws::Expression& expression);

// Attributes that document_item() may write; everything else in an item belongs to someone else.
bool is_ours(std::string_view attribute);

const std::string* text_of(const aws::Item& item, std::string_view name);
std::optional<std::uint64_t> number_of(const aws::Item& item, std::string_view name);

}  // namespace lazaret::dynamo
