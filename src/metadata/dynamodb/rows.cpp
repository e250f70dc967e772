#include "metadata/dynamodb/rows.h"

#include <algorithm>
#include <array>
#include <utility>

#include "document/json.h"
#include "metadata/dynamodb/legacy.h"
#include "metadata/dynamodb/values.h"

namespace lazaret::dynamo {
namespace {

using aws::AttributeValue;
using aws::Item;

constexpr auto kOurs = std::to_array<std::string_view>({"_attempt",    "_before_delete",
                                                        "_claim",      "_extracted",
                                                        "_lk",         "_lp",
                                                        "_metadata",   "_nk",
                                                        "_np",         "_ok",
                                                        "_op",         "_removed",
                                                        "_sk",         "_sp",
                                                        "_words",      "categories",
                                                        "checksum",    "content_type",
                                                        "deleted_at",  "duplicate_of",
                                                        "filename",    "id",
                                                        "metadata",    "original_filename",
                                                        "processed",   "release",
                                                        "s3_key",      "sanitised",
                                                        "size",        "state",
                                                        "upload_date", "verdict",
                                                        "version"});
static_assert(std::ranges::is_sorted(kOurs));

constexpr std::string_view kExtracted = "extracted";

// Takes attributes one by one and remembers the first that is missing or wrong. Says names only: its text goes to logs.
class Attributes {
 public:
  explicit Attributes(const Item& item) : item_(item) {}

  template <class T>
  const T* optional(std::string_view name) {
    const auto found = item_.find(name);
    if (found == item_.end()) return nullptr;
    const T* value = found->second.get_if<T>();
    if (value == nullptr) wrong(name);
    return value;
  }
  template <class T>
  T required(std::string_view name) {
    const T* value = optional<T>(name);
    if (value == nullptr) wrong(name);
    return value == nullptr ? T{} : *value;
  }
  std::string text(std::string_view name) { return required<std::string>(name); }
  std::uint64_t number(std::string_view name) {
    const auto value = required<aws::Number>(name).to_uint64();
    if (!value) wrong(name);
    return value.value_or(0);
  }
  template <class Parse>
  auto parsed(std::string_view name, Parse parse) {
    auto value = parse(text(name));
    if (!value) wrong(name);
    return value ? *value : typename decltype(value)::value_type{};
  }
  template <class Parse>
  auto parsed_if_there(std::string_view name, Parse parse) {
    const std::string* text = optional<std::string>(name);
    if (text == nullptr) return decltype(parse(std::string_view{})){};
    auto value = parse(*text);
    if (!value) wrong(name);
    return value;
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> values;
    for (const AttributeValue& item : required<AttributeValue::List>(name)) {
      const auto* text = item.get_if<std::string>();
      if (text == nullptr) wrong(name);
      values.push_back(text == nullptr ? std::string{} : *text);
    }
    return values;
  }
  std::string_view spelling(std::string_view name) {
    const std::string* text = optional<std::string>(name);
    return text == nullptr ? std::string_view{} : std::string_view(*text);
  }
  void wrong(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }
  Result<void> finish() const {
    if (wrong_.empty()) return {};
    return fail(ErrorCode::kCorrupt, "dynamodb: an item whose attribute " + wrong_ + " is missing or wrong");
  }

 private:
  const Item& item_;
  std::string wrong_;
};

std::optional<Release> release_from(const Item* map, Attributes& attributes) {
  if (map == nullptr) return std::nullopt;
  Attributes members(*map);
  Release release{PatientText(members.text("reason")), members.text("caller"), members.parsed("at", parse_rfc3339)};
  if (!members.finish()) attributes.wrong("release");
  return release;
}

std::optional<Sanitised> sanitised_in(Attributes& attributes) {
  const Item* map = attributes.optional<Item>("sanitised");
  if (map == nullptr) return std::nullopt;
  auto sanitised = sanitised_from_json(object_from(*map).text());
  if (sanitised) return *std::move(sanitised);
  attributes.wrong("sanitised");
  return std::nullopt;
}

void take_metadata(Attributes& attributes, Document& document) {
  Item metadata = attributes.required<Item>("metadata");
  Item extracted;
  if (const auto found = metadata.find(kExtracted); found != metadata.end()) {
    if (const auto* map = found->second.get_if<Item>()) extracted = *map;
    metadata.erase(found);
  }
  document.metadata = object_from(metadata, attributes.spelling("_metadata"));
  document.extracted = object_from(extracted, attributes.spelling("_extracted"));
}

Result<Document> document_from(const Item& item, std::string_view state) {
  Attributes attributes(item);
  Document document;
  document.id = attributes.parsed("id", DocumentId::parse);
  document.filename = PatientText(attributes.text("filename"));
  document.original_filename = PatientText(attributes.text("original_filename"));
  document.s3_key = ObjectKey(attributes.text("s3_key"));
  document.size = attributes.number("size");
  document.upload_date = attributes.parsed("upload_date", parse_rfc3339);
  document.categories = attributes.texts("categories");
  document.content_type = attributes.text("content_type");
  document.checksum = attributes.parsed("checksum", Digest::parse);
  document.processed = attributes.required<bool>("processed");
  take_metadata(attributes, document);
  document.state = attributes.parsed(state, parse_state);
  document.version = attributes.number("version");
  document.deleted_at = attributes.parsed_if_there("deleted_at", parse_rfc3339);
  document.state_before_delete = attributes.parsed_if_there("_before_delete", parse_state);
  document.duplicate_of = attributes.parsed_if_there("duplicate_of", DocumentId::parse);
  document.release = release_from(attributes.optional<Item>("release"), attributes);
  auto verdict = verdict_from_json(object_from(attributes.required<Item>("verdict")).text());
  if (verdict) {
    document.verdict = std::move(*verdict);
  } else {
    attributes.wrong("verdict");
  }
  document.sanitised = sanitised_in(attributes);
  if (auto fine = attributes.finish(); !fine) return std::unexpected(std::move(fine.error()));
  return document;
}

void add_list_keys(Item& item, const Document& document, unsigned shards) {
  const unsigned shard = shard_of(document.id, shards);
  item.emplace("_lp", date_partition(document.state, month_of(document.upload_date), shard));
  item.emplace("_lk", sort_key(SortBy::kUploadDate, document));
  item.emplace("_np", name_partition(document.state, shard));
  item.emplace("_nk", sort_key(SortBy::kFilename, document));
  item.emplace("_sp", size_partition(document.state, shard));
  item.emplace("_sk", sort_key(SortBy::kSize, document));
  item.emplace("_words", words_text(document.filename.text()));
  if (document.state != State::kDeleted || !document.deleted_at) return;
  item.emplace("_op", open_partition(OpenKind::kDeleted, shard));
  item.emplace("_ok", time_key(*document.deleted_at, document.id));
}

void add_metadata(Item& item, const Document& document) {
  Item metadata = map_from(document.metadata);
  if (!document.extracted.empty()) metadata.emplace(kExtracted, map_from(document.extracted));
  item.emplace("metadata", std::move(metadata));
  if (auto spelling = spelling_of(document.metadata)) item.emplace("_metadata", std::move(*spelling));
  if (auto spelling = spelling_of(document.extracted)) item.emplace("_extracted", std::move(*spelling));
}

void add_what_may_be_absent(Item& item, const Document& document) {
  if (document.deleted_at) item.emplace("deleted_at", format_rfc3339(*document.deleted_at));
  if (document.state_before_delete) item.emplace("_before_delete", to_string(*document.state_before_delete));
  if (document.duplicate_of) item.emplace("duplicate_of", document.duplicate_of->to_string());
  if (const auto& sanitised = document.sanitised) {
    item.emplace("sanitised", map_from(JsonObject::trusted(sanitised_to_json(*sanitised))));
  }
  if (const auto& release = document.release) {
    item.emplace(
        "release",
        Item{{"reason", release->reason.text()}, {"caller", release->caller}, {"at", format_rfc3339(release->at)}});
  }
}

Result<Row> legacy_row(const Item& item) {
  auto legacy = read_legacy(item);
  if (!legacy) return std::unexpected(std::move(legacy.error()));
  if (!legacy->missing.empty()) {
    return fail(ErrorCode::kUnavailable,
                "dynamodb: an item of the first version lacks what only its object can tell: run `lazaret reindex`");
  }
  Row row{.kind = RowKind::kVisible, .adopted = false};
  row.attempt.id = legacy->document.id;
  row.s3_key = legacy->document.s3_key;
  row.document = std::move(legacy->document);
  return row;
}

Result<void> read_document(const Item& item, std::string_view state, Row& row) {
  auto document = document_from(item, state);
  if (!document) return std::unexpected(std::move(document.error()));
  row.document = std::move(*document);
  return {};
}

}  // namespace

const std::string* text_of(const Item& item, std::string_view name) {
  const auto found = item.find(name);
  return found == item.end() ? nullptr : found->second.get_if<std::string>();
}

std::optional<std::uint64_t> number_of(const Item& item, std::string_view name) {
  const auto found = item.find(name);
  const auto* number = found == item.end() ? nullptr : found->second.get_if<aws::Number>();
  return number == nullptr ? std::nullopt : number->to_uint64();
}

bool is_ours(std::string_view attribute) {
  return std::ranges::binary_search(kOurs, attribute);
}

Result<Row> row_from(const Item& item) {
  if (!item.contains("_attempt")) return legacy_row(item);
  Attributes attributes(item);
  Row row;
  row.attempt = {attributes.parsed("id", DocumentId::parse), attributes.parsed("_attempt", AttemptId::parse)};
  row.s3_key = ObjectKey(attributes.text("s3_key"));
  row.claim = attributes.parsed_if_there("_claim", Digest::parse);
  const std::string state = attributes.text("state");
  row.kind = state == kPendingState    ? RowKind::kPending
             : state == kRemovingState ? RowKind::kRemoving
                                       : RowKind::kVisible;
  if (row.kind != RowKind::kVisible) row.due = attributes.parsed("_ok", time_from_time_key);
  if (auto fine = attributes.finish(); !fine) return std::unexpected(std::move(fine.error()));
  Result<void> read;
  if (row.kind == RowKind::kVisible) read = read_document(item, "state", row);
  if (row.kind == RowKind::kRemoving && item.contains("_removed")) read = read_document(item, "_removed", row);
  if (!read) return std::unexpected(std::move(read.error()));
  return row;
}

OpenWork work_of(const Row& row) {
  return {row.kind == RowKind::kPending ? WorkKind::kPending : WorkKind::kRemoving, row.attempt, row.s3_key, row.due};
}

Item key_of(const DocumentId& id) {
  return {{"id", id.to_string()}};
}

Item pending_item(const Reservation& reservation, unsigned shards) {
  const Attempt& attempt = reservation.attempt;
  Item item{{"id", attempt.id.to_string()},
            {"state", kPendingState},
            {"s3_key", reservation.s3_key.text()},
            {"_attempt", attempt.attempt.to_string()},
            {"_op", open_partition(OpenKind::kPending, shard_of(attempt.id, shards))},
            {"_ok", time_key(reservation.lease_until, attempt.id)}};
  if (const auto& claim = reservation.idempotency) item.emplace("_claim", claim->key.to_string());
  return item;
}

Item document_item(const Document& document, AttemptId attempt, unsigned shards) {
  AttributeValue::List categories(document.categories.begin(), document.categories.end());
  Item item{{"id", document.id.to_string()},
            {"filename", document.filename.text()},
            {"original_filename", document.original_filename.text()},
            {"s3_key", document.s3_key.text()},
            {"size", document.size},
            {"upload_date", format_rfc3339(document.upload_date)},
            {"categories", std::move(categories)},
            {"content_type", document.content_type},
            {"checksum", document.checksum.to_string()},
            {"processed", document.processed},
            {"state", to_string(document.state)},
            {"verdict", map_from(JsonObject::trusted(verdict_to_json(document.verdict)))},
            {"version", document.version},
            {"_attempt", attempt.to_string()}};
  add_metadata(item, document);
  add_what_may_be_absent(item, document);
  add_list_keys(item, document, shards);
  return item;
}

std::string update_between(const Item& from, const Item& to, aws::Expression& expression) {
  std::string set;
  std::string remove;
  for (const auto& [name, value] : to) {
    const auto before = from.find(name);
    if (name == "id" || (before != from.end() && before->second == value)) continue;
    set.append(set.empty() ? "SET " : ", ").append(expression.name(name)).append(" = ");
    set.append(expression.value(value));
  }
  for (const auto& [name, value] : from) {
    if (to.contains(name) || !is_ours(name)) continue;
    remove.append(remove.empty() ? "REMOVE " : ", ").append(expression.name(name));
  }
  return set.empty() || remove.empty() ? set + remove : set + " " + remove;
}

}  // namespace lazaret::dynamo
