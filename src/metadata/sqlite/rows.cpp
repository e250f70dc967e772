#include "metadata/sqlite/rows.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "document/fold.h"
#include "document/json.h"
#include "document/query.h"

namespace lazaret::sqlite {
namespace {

#define LAZARET_DOCUMENT_COLUMNS                                                                            \
  "serial, attempt, id, filename, original_filename, s3_key, size, upload_date, categories, content_type, " \
  "checksum, processed, state, version, deleted_at, state_before_delete, duplicate_of, release_reason, "    \
  "release_caller, release_at, metadata, extracted, verdict, sanitised"

constexpr std::string_view kReadById = "SELECT " LAZARET_DOCUMENT_COLUMNS " FROM documents WHERE id = ?1";
constexpr std::string_view kReadBySerial = "SELECT " LAZARET_DOCUMENT_COLUMNS " FROM documents WHERE serial = ?1";
constexpr std::string_view kInsertDocument =
    "INSERT INTO documents (" LAZARET_DOCUMENT_COLUMNS
    ", facet, filename_key, words, original_checksum) VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
    "?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)";
constexpr std::string_view kCountInFacet =
    "INSERT INTO facets (state, content_type, processed, categories, documents) VALUES (?1, ?2, ?3, ?4, 1) "
    "ON CONFLICT (state, content_type, processed, categories) DO UPDATE SET documents = documents + 1 "
    "RETURNING facet";
constexpr std::string_view kInsertWord =
    "INSERT INTO document_word (sort, state, word, key, id, serial, facet, size, upload_date) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr std::string_view kReadIndexed =
    "SELECT state, id, facet, words, upload_date, filename_key, size FROM documents WHERE serial = ?1";
constexpr std::string_view kEraseWord =
    "DELETE FROM document_word WHERE sort = ?1 AND state = ?2 AND word = ?3 AND key = ?4 AND id = ?5";
constexpr std::string_view kEraseDocument = "DELETE FROM documents WHERE serial = ?1";
constexpr std::string_view kUncountInFacet = "UPDATE facets SET documents = documents - 1 WHERE facet = ?1";
constexpr std::string_view kDropEmptyFacet = "DELETE FROM facets WHERE facet = ?1 AND documents = 0";

std::unexpected<Error> corrupt(std::string_view column) {
  return fail(ErrorCode::kCorrupt, "sqlite: a document's row is damaged in " + std::string(column));
}

std::optional<State> to_state(std::int64_t number) {
  if (number < 0 || number > std::to_underlying(State::kDeleted)) return std::nullopt;
  return static_cast<State>(number);
}

// What was stored was compact JSON; anything else in its place is damage.
bool looks_like_object(std::string_view text) {
  return text.size() >= 2 && text.front() == '{' && text.back() == '}';
}

class RowReader {
 public:
  explicit RowReader(const Statement& row) : row_(row) {}
  std::int64_t number() { return row_.integer(column_++); }
  std::string text() { return std::string(row_.text(column_++)); }
  std::string_view view() { return row_.text(column_++); }
  Bytes bytes() { return row_.bytes(column_++); }
  std::optional<std::int64_t> optional_number() {
    const int column = column_++;
    return row_.is_null(column) ? std::nullopt : std::optional(row_.integer(column));
  }
  bool null_next() const { return row_.is_null(column_); }
  void skip() { ++column_; }

 private:
  const Statement& row_;
  int column_ = 0;
};

Result<void> read_times_and_links(RowReader& row, Document& document) {
  if (const auto deleted_at = row.optional_number()) document.deleted_at = to_time(*deleted_at);
  if (const auto before = row.optional_number()) {
    document.state_before_delete = to_state(*before);
    if (!document.state_before_delete) return corrupt("state_before_delete");
  }
  if (row.null_next()) {
    row.skip();
  } else {
    document.duplicate_of = to_id(row.bytes());
    if (!document.duplicate_of) return corrupt("duplicate_of");
  }
  const bool released = !row.null_next();
  std::string reason = row.text();
  std::string caller = row.text();
  const auto at = row.optional_number();
  if (released != at.has_value()) return corrupt("release_at");
  if (released) document.release = Release{PatientText(std::move(reason)), std::move(caller), to_time(*at)};
  return {};
}

Result<void> read_objects(RowReader& row, Document& document) {
  std::string metadata = row.text();
  std::string extracted = row.text();
  if (!looks_like_object(metadata)) return corrupt("metadata");
  if (!looks_like_object(extracted)) return corrupt("extracted");
  document.metadata = JsonObject::trusted(std::move(metadata));
  document.extracted = JsonObject::trusted(std::move(extracted));
  auto verdict = verdict_from_json(row.view());
  if (!verdict) return corrupt("verdict");
  document.verdict = std::move(*verdict);
  if (row.null_next()) return {};
  auto sanitised = sanitised_from_json(row.view());
  if (!sanitised) return corrupt("sanitised");
  document.sanitised = std::move(*sanitised);
  return {};
}

// Columns in the order of LAZARET_DOCUMENT_COLUMNS.
Result<StoredDocument> decode(const Statement& statement) {
  RowReader row(statement);
  StoredDocument stored;
  Document& document = stored.document;
  stored.serial = row.number();
  stored.attempt = to_attempt(row.number());
  const auto id = to_id(row.bytes());
  if (!id) return corrupt("id");
  document.id = *id;
  document.filename = PatientText(row.text());
  document.original_filename = PatientText(row.text());
  document.s3_key = ObjectKey(row.text());
  document.size = static_cast<std::uint64_t>(row.number());
  document.upload_date = to_time(row.number());
  document.categories = split_categories(row.view());
  document.content_type = row.text();
  const auto checksum = to_digest(row.bytes());
  if (!checksum) return corrupt("checksum");
  document.checksum = *checksum;
  document.processed = row.number() != 0;
  const auto state = to_state(row.number());
  if (!state) return corrupt("state");
  document.state = *state;
  document.version = static_cast<std::uint64_t>(row.number());
  if (auto read = read_times_and_links(row, document); !read) return std::unexpected(std::move(read.error()));
  if (auto read = read_objects(row, document); !read) return std::unexpected(std::move(read.error()));
  return stored;
}

Result<StoredDocument> read_one(Statement& statement) {
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::kNotFound, "no such document");
  return decode(statement);
}

void bind_optional(Statement& statement, int parameter, const std::optional<std::int64_t>& value) {
  if (value) {
    statement.bind(parameter, *value);
  } else {
    statement.bind_null(parameter);
  }
}

Result<std::int64_t> count_in_facet(Connection& connection, const Document& document, std::string_view categories) {
  auto count = connection.prepare(kCountInFacet);
  if (!count) return std::unexpected(count.error());
  count->bind(1, std::to_underlying(document.state)).bind(2, document.content_type).bind(3, document.processed ? 1 : 0);
  count->bind(4, categories);
  const auto row = count->step();
  if (!row) return std::unexpected(row.error());
  const std::int64_t facet = *row ? count->integer(0) : 0;
  if (auto ended = count->run(); !ended) return std::unexpected(ended.error());
  return facet;
}

Result<void> uncount_in_facet(Connection& connection, std::int64_t facet) {
  for (const std::string_view sql : {kUncountInFacet, kDropEmptyFacet}) {
    auto statement = connection.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    if (auto done = statement->bind(1, facet).run(); !done) return done;
  }
  return {};
}

std::string join_words(const std::vector<std::string>& words) {
  std::string joined(" ");
  for (const std::string& word : words)
    joined.append(word).append(" ");
  return joined;
}

// Gives each word of ' word word '.
template <class Use>
Result<void> for_each_word(std::string_view joined, Use use) {
  for (std::size_t start = 1; start < joined.size();) {
    const std::size_t end = std::min(joined.find(' ', start), joined.size());
    if (auto used = use(joined.substr(start, end - start)); !used) return used;
    start = end + 1;
  }
  return {};
}

struct DerivedColumns {
  std::string categories;
  std::string verdict;
  std::string sanitised;
  std::string filename_key;
  std::string words;
};

Result<void> insert_row(Connection& connection, const Document& document, AttemptId attempt, std::int64_t facet,
                        const DerivedColumns& derived) {
  auto insert = connection.prepare(kInsertDocument);
  if (!insert) return std::unexpected(insert.error());
  Statement& row = *insert;
  row.bind(1, to_number(attempt)).bind(2, Bytes(document.id.bytes())).bind(3, document.filename.text());
  row.bind(4, document.original_filename.text()).bind(5, document.s3_key.text());
  row.bind(6, static_cast<std::int64_t>(document.size)).bind(7, to_number(document.upload_date));
  row.bind(8, derived.categories).bind(9, document.content_type).bind(10, Bytes(document.checksum.bytes()));
  row.bind(11, document.processed ? 1 : 0).bind(12, std::to_underlying(document.state));
  row.bind(13, static_cast<std::int64_t>(document.version));
  bind_optional(row, 14, document.deleted_at.transform([](Timestamp at) { return to_number(at); }));
  bind_optional(row, 15, document.state_before_delete.transform([](State state) {
    return static_cast<std::int64_t>(std::to_underlying(state));
  }));
  if (document.duplicate_of) row.bind(16, Bytes(document.duplicate_of->bytes()));
  if (document.release) {
    row.bind(17, document.release->reason.text()).bind(18, document.release->caller);
    row.bind(19, to_number(document.release->at));
  }
  row.bind(20, document.metadata.text()).bind(21, document.extracted.text()).bind(22, derived.verdict);
  if (document.sanitised) {
    row.bind(23, derived.sanitised).bind(27, Bytes(document.sanitised->original_checksum.bytes()));
  }
  row.bind(24, facet).bind(25, derived.filename_key).bind(26, derived.words);
  return row.run();
}

// What the rows of a document's words share.
struct WordRows {
  State state;
  Bytes id;
  std::string_view words;
  std::int64_t upload_date;
  std::string_view filename_key;
  std::int64_t size;
};

void bind_sort_key(Statement& statement, int parameter, SortBy sort, const WordRows& rows) {
  switch (sort) {
    case SortBy::kUploadDate:
      statement.bind(parameter, rows.upload_date);
      break;
    case SortBy::kFilename:
      statement.bind(parameter, rows.filename_key);
      break;
    case SortBy::kSize:
      statement.bind(parameter, rows.size);
      break;
  }
}

constexpr auto kSorts = {SortBy::kUploadDate, SortBy::kFilename, SortBy::kSize};

Result<void> insert_words(Connection& connection, const WordRows& rows, std::int64_t serial, std::int64_t facet) {
  auto insert = connection.prepare(kInsertWord);
  if (!insert) return std::unexpected(insert.error());
  insert->bind(2, std::to_underlying(rows.state)).bind(5, rows.id).bind(6, serial).bind(7, facet);
  insert->bind(8, rows.size).bind(9, rows.upload_date);
  for (const SortBy sort : kSorts) {
    insert->bind(1, std::to_underlying(sort));
    bind_sort_key(*insert, 4, sort, rows);
    auto inserted = for_each_word(rows.words, [&](std::string_view word) { return insert->bind(3, word).run(); });
    if (!inserted) return inserted;
  }
  return {};
}

Result<void> erase_words(Connection& connection, const WordRows& rows) {
  auto erase = connection.prepare(kEraseWord);
  if (!erase) return std::unexpected(erase.error());
  erase->bind(2, std::to_underlying(rows.state)).bind(5, rows.id);
  for (const SortBy sort : kSorts) {
    erase->bind(1, std::to_underlying(sort));
    bind_sort_key(*erase, 4, sort, rows);
    auto erased = for_each_word(rows.words, [&](std::string_view word) { return erase->bind(3, word).run(); });
    if (!erased) return erased;
  }
  return {};
}

}  // namespace

std::int64_t to_number(Timestamp time) {
  return time.time_since_epoch().count();
}
Timestamp to_time(std::int64_t milliseconds) {
  return Timestamp(std::chrono::milliseconds(milliseconds));
}
std::int64_t to_number(AttemptId attempt) {
  return std::bit_cast<std::int64_t>(attempt.value());
}
AttemptId to_attempt(std::int64_t number) {
  return AttemptId(std::bit_cast<std::uint64_t>(number));
}

std::optional<DocumentId> to_id(Bytes bytes) {
  std::array<std::uint8_t, 16> id{};
  if (bytes.size() != id.size()) return std::nullopt;
  std::ranges::copy(bytes, id.begin());
  return DocumentId(id);
}

std::optional<Digest> to_digest(Bytes bytes) {
  std::array<std::uint8_t, 32> digest{};
  if (bytes.size() != digest.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.begin());
  return Digest(digest);
}

std::string join_categories(const std::vector<std::string>& categories) {
  std::string joined;
  for (const std::string& category : categories) {
    if (!joined.empty()) joined += ',';
    joined += category;
  }
  return joined;
}

std::vector<std::string> split_categories(std::string_view joined) {
  std::vector<std::string> categories;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(','), joined.size());
    categories.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return categories;
}

Result<StoredDocument> read_by_id(Connection& connection, const DocumentId& id) {
  auto read = connection.prepare(kReadById);
  if (!read) return std::unexpected(read.error());
  return read_one(read->bind(1, Bytes(id.bytes())));
}

Result<StoredDocument> DocumentReader::read(std::int64_t serial) {
  if (!statement_) {
    auto read = connection_.prepare(kReadBySerial);
    if (!read) return std::unexpected(read.error());
    statement_.emplace(*std::move(read));
  }
  statement_->reset();
  return read_one(statement_->bind(1, serial));
}

Result<void> insert_document(Connection& connection, const Document& document, AttemptId attempt) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (document.size > kMost || document.version > kMost) {
    return fail(ErrorCode::kInternal, "a number of the document is beyond what SQLite keeps");
  }
  const DerivedColumns derived{.categories = join_categories(document.categories),
                               .verdict = verdict_to_json(document.verdict),
                               .sanitised = document.sanitised ? sanitised_to_json(*document.sanitised) : "",
                               .filename_key = filename_sort_key(document.filename.text()),
                               .words = join_words(search_words(document.filename.text()))};
  const auto facet = count_in_facet(connection, document, derived.categories);
  if (!facet) return std::unexpected(facet.error());
  if (auto inserted = insert_row(connection, document, attempt, *facet, derived); !inserted) return inserted;
  const WordRows rows{.state = document.state,
                      .id = Bytes(document.id.bytes()),
                      .words = derived.words,
                      .upload_date = to_number(document.upload_date),
                      .filename_key = derived.filename_key,
                      .size = static_cast<std::int64_t>(document.size)};
  return insert_words(connection, rows, connection.last_serial(), *facet);
}

Result<void> erase_document(Connection& connection, std::int64_t serial) {
  std::int64_t facet = 0;
  {
    auto read = connection.prepare(kReadIndexed);
    if (!read) return std::unexpected(read.error());
    const auto row = read->bind(1, serial).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return fail(ErrorCode::kNotFound, "no such document");
    const auto state = to_state(read->integer(0));
    if (!state) return corrupt("state");
    facet = read->integer(2);
    const WordRows rows{.state = *state,
                        .id = read->bytes(1),
                        .words = read->text(3),
                        .upload_date = read->integer(4),
                        .filename_key = read->text(5),
                        .size = read->integer(6)};
    if (auto erased = erase_words(connection, rows); !erased) return erased;
  }
  auto erase = connection.prepare(kEraseDocument);
  if (!erase) return std::unexpected(erase.error());
  if (auto erased = erase->bind(1, serial).run(); !erased) return erased;
  return uncount_in_facet(connection, facet);
}

}  // namespace lazaret::sqlite
