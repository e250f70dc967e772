// Every rule a stored document obeys. What it says names attributes and rules, never values.
#include <algorithm>
#include <functional>
#include <utility>

#include "base/encoding.h"
#include "document/json.h"
#include "document/json_tree.h"
#include "document/validation.h"

namespace lazaret {
namespace {

constexpr std::size_t kMaxReasonBytes = 1000;
constexpr std::size_t kMaxContentTypeBytes = 127;

class Rules {
 public:
  void hold(bool holds, std::string_view pointer, std::string_view rule) {
    if (!holds) faults_.push_back({std::string(pointer), "rule_broken", std::string(rule)});
  }
  Result<void> finish() {
    if (faults_.empty()) return {};
    std::string detail = "document breaks its rules:";
    for (const Fault& fault : faults_)
      detail += " " + fault.where;
    return std::unexpected(Error{ErrorCode::kCorrupt, Retry::kNever, std::move(detail), std::move(faults_)});
  }

 private:
  std::vector<Fault> faults_;
};

bool is_object_key_of(const ObjectKey& key, const DocumentId& id) {
  constexpr std::string_view kShape = "medical_documents/0000/00/00/";
  const std::string& text = key.text();
  const std::string tail = id.to_string() + "/";
  if (text.size() != kShape.size() + tail.size() + 16) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return text.compare(kShape.size(), tail.size(), tail) == 0 &&
         AttemptId::parse(std::string_view(text).substr(kShape.size() + tail.size())).has_value();
}

bool is_content_type(std::string_view type) {
  const auto fine = [](char c) { return c > 0x20 && c < 0x7f && (c < 'A' || c > 'Z'); };
  return type.size() <= kMaxContentTypeBytes && std::ranges::all_of(type, fine) && std::ranges::count(type, '/') == 1 &&
         !type.starts_with('/') && !type.ends_with('/');
}

// Compact, within its limits, and in the very form the parser gives.
bool is_canonical(const JsonObject& object, const JsonLimits& limits) {
  const Result<JsonObject> read = parse_json_object(object.text(), "", limits);
  return read && *read == object;
}

bool is_text(std::string_view text) {
  return is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

bool is_written_time(Timestamp time) {
  return parse_rfc3339(format_rfc3339(time)) == time;
}

void check_verdict(Rules& rules, const Verdict& verdict) {
  bool texts = is_text(verdict.engine) && is_text(verdict.policy_version);
  for (const Finding& finding : verdict.findings)
    texts = texts && is_text(finding.code) && is_text(finding.message) && is_text(finding.where);
  rules.hold(texts, "/verdict", "is text");
  rules.hold(verdict.findings.size() <= kMaxFindings, "/verdict/findings", "are at most 64");
  rules.hold(verdict_to_json(verdict).size() <= kMaxVerdictBytes, "/verdict", "is at most 32 KiB");
  rules.hold(is_written_time(verdict.inspected_at), "/verdict/inspected_at", "is a year of four digits");
}

void check_state(Rules& rules, const Document& document) {
  const bool deleted = document.state == State::kDeleted;
  rules.hold(document.deleted_at.has_value() == deleted, "/deleted_at", "is there when deleted");
  rules.hold(document.state_before_delete.has_value() == deleted, "/state_before_delete", "is there when deleted");
  rules.hold(document.state_before_delete != State::kDeleted, "/state_before_delete", "is a live state");
  rules.hold(!document.deleted_at || is_written_time(*document.deleted_at), "/deleted_at", "is a year of four digits");
  rules.hold(document.duplicate_of != document.id, "/duplicate_of", "is another document");
  if (!document.release) return;
  const Release& release = *document.release;
  rules.hold(!release.reason.empty() && release.reason.size() <= kMaxReasonBytes && is_text(release.reason.text()),
             "/release/reason", "is 1 to 1000 bytes of text");
  rules.hold(is_text(release.caller), "/release/caller", "is text");
  rules.hold(is_written_time(release.at), "/release/at", "is a year of four digits");
}

}  // namespace

Result<void> validate(const Document& document) {
  Rules rules;
  const std::string& name = document.filename.text();
  rules.hold(safe_filename(name, extension_of(name)) == document.filename && !name.empty(), "/filename", "is safe");
  rules.hold(check_original_filename(document.original_filename.text(), "").has_value(), "/original_filename",
             "is 1 to 1024 bytes of text");
  rules.hold(is_object_key_of(document.s3_key, document.id), "/s3_key", "names the day, the id and an attempt");
  rules.hold(is_written_time(document.upload_date), "/upload_date", "is a year of four digits");
  rules.hold(document.categories.size() <= 100 && std::ranges::all_of(document.categories, is_category_name) &&
                 std::ranges::adjacent_find(document.categories, std::greater_equal{}) == document.categories.end(),
             "/categories", "are names in order, each once");
  rules.hold(is_content_type(document.content_type), "/content_type", "is a media type in lower case");
  rules.hold(is_canonical(document.metadata, {}) && parse_metadata(document.metadata.text(), "").has_value(),
             "/metadata", "is a compact object of the caller's members");
  rules.hold(is_canonical(document.extracted, {.bytes = kMaxExtractedBytes, .depth = kMaxMetadataDepth}), "/extracted",
             "is a compact object");
  rules.hold(document.version >= 1, "/version", "is 1 or more");
  check_verdict(rules, document.verdict);
  check_state(rules, document);
  return rules.finish();
}

}  // namespace lazaret
