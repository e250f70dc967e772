#include "metadata/dynamodb/legacy.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "document/json.h"
#include "document/validation.h"
#include "metadata/dynamodb/rows.h"
#include "metadata/dynamodb/values.h"

namespace lazaret::dynamo {
namespace {

using aws::AttributeValue;
using aws::Item;

std::unexpected<Error> cannot_adopt(std::string_view attribute) {
  return fail(ErrorCode::kCorrupt,
              "dynamodb: an item whose attribute " + std::string(attribute) + " is missing or cannot be read");
}

std::string text_or(const Item& item, std::string_view name, std::string_view otherwise) {
  const std::string* text = text_of(item, name);
  return std::string(text == nullptr ? otherwise : std::string_view(*text));
}

// ISO 8601 as Python writes it: without an offset it is UTC.
std::optional<Timestamp> parse_date_time(std::string_view text) {
  if (const auto time = parse_rfc3339(text)) return time;
  if (const auto day = parse_date(text)) return day;
  std::string with_offset(text);
  if (with_offset.size() > 10 && with_offset[10] == ' ') with_offset[10] = 'T';
  return parse_rfc3339(with_offset + "Z");
}

std::vector<std::string> categories_of(const Item& item) {
  std::vector<std::string> categories;
  const auto found = item.find("categories");
  if (found == item.end()) return categories;
  if (const auto* set = found->second.get_if<AttributeValue::StringSet>()) categories.assign(set->begin(), set->end());
  if (const auto* list = found->second.get_if<AttributeValue::List>()) {
    for (const AttributeValue& value : *list) {
      if (const auto* text = value.get_if<std::string>()) categories.push_back(*text);
    }
  }
  std::ranges::sort(categories);
  const auto twice = std::ranges::unique(categories);
  categories.erase(twice.begin(), twice.end());
  return categories;
}

// A map, or JSON in a string.
JsonObject metadata_of(const Item& item) {
  const auto found = item.find("metadata");
  if (found == item.end()) return {};
  if (const auto* map = found->second.get_if<Item>()) return object_from(*map);
  const auto* text = found->second.get_if<std::string>();
  auto object = text == nullptr ? Result<JsonObject>(JsonObject{}) : parse_json_object(*text, "/metadata");
  return object ? std::move(*object) : JsonObject{};
}

Verdict verdict_of(const Item& item) {
  const auto found = item.find("verdict");
  const auto* map = found == item.end() ? nullptr : found->second.get_if<Item>();
  if (map != nullptr) {
    if (auto verdict = verdict_from_json(object_from(*map).text())) return std::move(*verdict);
  }
  Verdict verdict;
  verdict.findings.push_back({.code = "not_inspected",
                              .severity = Severity::kInfo,
                              .message = "This document was stored before documents were inspected.",
                              .where = ""});
  verdict.engine = "none";
  verdict.policy_version = "0";
  return verdict;
}

void take_facts(const Item& item, LegacyItem& legacy) {
  Document& document = legacy.document;
  const auto size = number_of(item, "size");
  const std::string content_type = text_or(item, "content_type", "");
  const auto checksum = Digest::parse(text_or(item, "checksum", ""));
  if (!size) legacy.missing.push_back(ObjectFact::kSize);
  if (!checksum) legacy.missing.push_back(ObjectFact::kChecksum);
  if (content_type.empty()) legacy.missing.push_back(ObjectFact::kContentType);
  document.size = size.value_or(0);
  document.checksum = checksum.value_or(Digest{});
  document.content_type = content_type;
}

void take_names(const Item& item, Document& document) {
  const std::string original = text_or(item, "original_filename", text_or(item, "filename", "document.pdf"));
  const std::string shown = text_or(item, "filename", original);
  document.original_filename = PatientText(original.substr(0, kMaxOriginalFilenameBytes));
  document.filename = safe_filename(shown, extension_of(shown));
}

}  // namespace

Result<LegacyItem> read_legacy(const Item& item) {
  LegacyItem legacy;
  Document& document = legacy.document;
  const auto id = DocumentId::parse(text_or(item, "id", ""));
  if (!id) return cannot_adopt("id");
  const std::string key = text_or(item, "s3_key", "");
  if (key.empty()) return cannot_adopt("s3_key");
  const auto date = parse_date_time(text_or(item, "upload_date", ""));
  if (!date) return cannot_adopt("upload_date");
  const auto state = parse_state(text_or(item, "state", to_string(State::kAvailable)));
  if (!state) return cannot_adopt("state");
  document.id = *id;
  document.s3_key = ObjectKey(key);
  document.upload_date = *date;
  document.state = *state;
  take_names(item, document);
  take_facts(item, legacy);
  document.categories = categories_of(item);
  document.metadata = metadata_of(item);
  const auto processed = item.find("processed");
  const auto* flag = processed == item.end() ? nullptr : processed->second.get_if<bool>();
  document.processed = flag != nullptr && *flag;
  document.verdict = verdict_of(item);
  document.version = number_of(item, "version").value_or(1);
  if (document.state == State::kDeleted) {
    document.deleted_at = parse_date_time(text_or(item, "deleted_at", "")).value_or(document.upload_date);
    document.state_before_delete = State::kAvailable;
  }
  return legacy;
}

}  // namespace lazaret::dynamo
