// How a Document lies in the database: its row, its facet and its words, always written and erased together.
// Functions over a connection that is inside a transaction; the caller owns both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "document/document.h"
#include "intake/metadata_store.h"
#include "metadata/sqlite/connection.h"

namespace lazaret::sqlite {

std::int64_t to_number(Timestamp time);
Timestamp to_time(std::int64_t milliseconds);
std::int64_t to_number(AttemptId attempt);
AttemptId to_attempt(std::int64_t number);
// nullopt: not the length of an id or a digest.
std::optional<DocumentId> to_id(Bytes bytes);
std::optional<Digest> to_digest(Bytes bytes);

// The categories of a facet or row, sorted and comma-separated, and back.
std::string join_categories(const std::vector<std::string>& categories);
std::vector<std::string> split_categories(std::string_view joined);

struct StoredDocument {
  std::int64_t serial = 0;
  AttemptId attempt;
  Document document;
};

// kNotFound where there is none, kCorrupt where the row cannot be what was written.
Result<StoredDocument> read_by_id(Connection& connection, const DocumentId& id);

// Reads by serial, one document after the other with the same statement: a page is up to 200 of them.
class DocumentReader {
 public:
  explicit DocumentReader(Connection& connection) : connection_(connection) {}
  // As read_by_id() fails.
  Result<StoredDocument> read(std::int64_t serial);

 private:
  Connection& connection_;
  std::optional<Statement> statement_;
};

Result<void> insert_document(Connection& connection, const Document& document, AttemptId attempt);
Result<void> erase_document(Connection& connection, std::int64_t serial);

}  // namespace lazaret::sqlite
