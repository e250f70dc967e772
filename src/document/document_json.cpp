// Documents and verdicts as JSON: written by appending, because a page of a list is 200 of them; read through the tree.
#include <array>
#include <charconv>
#include <utility>

#include "document/json.h"
#include "document/json_tree.h"
#include "document/own_verdict.h"

namespace lazaret {
namespace {

constexpr JsonLimits kStoredDocument{.bytes = 512UL * 1024, .depth = kMaxMetadataDepth + 2};
constexpr JsonLimits kStoredVerdict{.bytes = 4 * kMaxVerdictBytes, .depth = 4};
constexpr JsonLimits kStoredSanitised{.bytes = 256UL * 1024, .depth = 4};

// Appends the members of one object. Names are ours and need no escape.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view name, std::string_view value) {
    member(name);
    append_json_string(out_, value);
  }
  // What needs no escape: numbers, booleans, JSON already made.
  void raw(std::string_view name, std::string_view value) {
    member(name);
    out_ += value;
  }
  void number(std::string_view name, std::uint64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    raw(name, {digits.data(), end});
  }
  void time(std::string_view name, Timestamp value) { text(name, format_rfc3339(value)); }
  // The name alone: the caller appends the value.
  std::string& member(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_verdict(std::string& out, const Verdict& verdict) {
  Members members(out);
  members.text("outcome", to_string(verdict.outcome));
  members.member("findings") += '[';
  for (std::size_t i = 0; i < verdict.findings.size(); ++i) {
    const Finding& finding = verdict.findings[i];
    if (i > 0) out += ',';
    Members one(out);
    one.text("code", finding.code);
    one.text("severity", to_string(finding.severity));
    one.text("message", finding.message);
    one.text("where", finding.where);
    one.close();
  }
  out += ']';
  if (verdict.more_findings > 0) members.number("more_findings", verdict.more_findings);
  members.text("engine", verdict.engine);
  members.text("policy_version", verdict.policy_version);
  members.time("inspected_at", verdict.inspected_at);
  members.close();
}

void append_release(std::string& out, const Release& release) {
  Members members(out);
  members.text("reason", release.reason.text());
  members.text("caller", release.caller);
  members.time("at", release.at);
  members.close();
}

void append_sanitised(std::string& out, const Sanitised& sanitised) {
  Members members(out);
  members.number("original_size", sanitised.original_size);
  members.text("original_checksum", sanitised.original_checksum.to_string());
  members.member("taken_out") += '[';
  for (std::size_t i = 0; i < sanitised.taken_out.size(); ++i) {
    if (i > 0) out += ',';
    append_release(out, sanitised.taken_out[i]);
  }
  out += ']';
  members.close();
}

enum class Reader : std::uint8_t { kClient, kStore };

void append_document(std::string& out, const Document& document, Reader reader) {
  Members members(out);
  members.text("id", document.id.to_string());
  members.text("filename", document.filename.text());
  members.text("original_filename", document.original_filename.text());
  members.text("s3_key", document.s3_key.text());
  members.number("size", document.size);
  members.time("upload_date", document.upload_date);
  members.member("categories") += '[';
  for (std::size_t i = 0; i < document.categories.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, document.categories[i]);
  }
  out += ']';
  members.text("content_type", document.content_type);
  members.text("checksum", document.checksum.to_string());
  members.raw("processed", document.processed ? "true" : "false");
  if (reader == Reader::kClient) {
    append_client_metadata(members.member("metadata"), document.metadata, document.extracted);
  } else {
    members.raw("metadata", document.metadata.text());
    members.raw("extracted", document.extracted.text());
  }
  members.text("state", to_string(document.state));
  append_verdict(members.member("verdict"), document.verdict);
  members.number("version", document.version);
  if (document.deleted_at) members.time("deleted_at", *document.deleted_at);
  if (document.state_before_delete && reader == Reader::kStore) {
    members.text("state_before_delete", to_string(*document.state_before_delete));
  }
  if (document.duplicate_of) members.text("duplicate_of", document.duplicate_of->to_string());
  if (document.release) append_release(members.member("release"), *document.release);
  if (document.sanitised) append_sanitised(members.member("sanitised"), *document.sanitised);
  members.close();
}

// Takes the members of a stored object one by one and remembers the first that is missing or wrong; finish() also
// refuses members nobody took. Says names of attributes only, never their values: its text goes to logs.
class StoredMembers {
 public:
  StoredMembers(const json::Node& node, std::string_view what) : node_(node), what_(what) {
    if (node.kind != json::Kind::kObject) wrong("(no object)");
  }

  const json::Node* optional(std::string_view name) {
    const json::Node* found = node_.find(name);
    if (found != nullptr) ++taken_;
    return found;
  }
  const json::Node* required(std::string_view name, json::Kind kind) {
    const json::Node* found = optional(name);
    if (found != nullptr && found->kind == kind) return found;
    wrong(name);
    return nullptr;
  }
  std::string text(std::string_view name) {
    const json::Node* found = required(name, json::Kind::kString);
    return found == nullptr ? std::string{} : found->text;
  }
  std::uint64_t number(std::string_view name) {
    const json::Node* found = required(name, json::Kind::kNumber);
    std::uint64_t value = 0;
    if (found == nullptr) return value;
    const char* end = found->text.data() + found->text.size();
    const auto [stop, error] = std::from_chars(found->text.data(), end, value);
    if (error != std::errc{} || stop != end) wrong(name);
    return value;
  }
  bool boolean(std::string_view name) {
    const json::Node* found = required(name, json::Kind::kBoolean);
    return found != nullptr && found->boolean;
  }
  JsonObject object(std::string_view name) {
    const json::Node* found = required(name, json::Kind::kObject);
    return found == nullptr ? JsonObject{} : JsonObject::trusted(json::to_text(*found));
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> values;
    const json::Node* found = required(name, json::Kind::kArray);
    if (found == nullptr) return values;
    for (const json::Node& item : found->items) {
      if (item.kind != json::Kind::kString) wrong(name);
      values.push_back(item.text);
    }
    return values;
  }
  // What `parse` reads from a string: ids, times, names of enumerators.
  template <class Parse>
  auto parsed(std::string_view name, Parse parse) {
    auto value = parse(text(name));
    if (!value) wrong(name);
    return value ? *value : typename decltype(value)::value_type{};
  }
  template <class Parse>
  auto parsed_if_there(std::string_view name, Parse parse) {
    const json::Node* found = optional(name);
    if (found == nullptr) return decltype(parse(std::string_view{})){};
    auto value = parse(found->kind == json::Kind::kString ? std::string_view(found->text) : std::string_view{});
    if (!value) wrong(name);
    return value;
  }

  Result<void> finish() const {
    if (!wrong_.empty()) return fail(ErrorCode::kCorrupt, "stored " + what_ + ": " + wrong_ + " is missing or wrong");
    if (taken_ != node_.items.size()) return fail(ErrorCode::kCorrupt, "stored " + what_ + ": an unknown member");
    return {};
  }

 private:
  void wrong(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }

  const json::Node& node_;
  std::string what_;
  std::size_t taken_ = 0;
  std::string wrong_;
};

Result<Finding> finding_from(const json::Node& node) {
  StoredMembers members(node, "finding");
  Finding finding;
  finding.code = members.text("code");
  finding.severity = members.parsed("severity", parse_severity);
  finding.message = members.text("message");
  finding.where = members.text("where");
  if (auto fine = members.finish(); !fine) return std::unexpected(std::move(fine.error()));
  return finding;
}

Result<Verdict> verdict_from(const json::Node& node) {
  StoredMembers members(node, "verdict");
  Verdict verdict;
  verdict.outcome = members.parsed("outcome", parse_outcome);
  const json::Node* findings = members.required("findings", json::Kind::kArray);
  if (node.find("more_findings") != nullptr) verdict.more_findings = members.number("more_findings");
  verdict.engine = members.text("engine");
  verdict.policy_version = members.text("policy_version");
  verdict.inspected_at = members.parsed("inspected_at", parse_rfc3339);
  if (auto fine = members.finish(); !fine) return std::unexpected(std::move(fine.error()));
  for (const json::Node& item : findings->items) {
    Result<Finding> finding = finding_from(item);
    if (!finding) return std::unexpected(std::move(finding.error()));
    verdict.findings.push_back(std::move(*finding));
  }
  return verdict;
}

Result<Release> release_from(const json::Node& node) {
  StoredMembers members(node, "release");
  Release release;
  release.reason = PatientText{members.text("reason")};
  release.caller = members.text("caller");
  release.at = members.parsed("at", parse_rfc3339);
  if (auto fine = members.finish(); !fine) return std::unexpected(std::move(fine.error()));
  return release;
}

Result<Sanitised> sanitised_from(const json::Node& node) {
  StoredMembers members(node, "sanitised");
  Sanitised sanitised;
  sanitised.original_size = members.number("original_size");
  sanitised.original_checksum = members.parsed("original_checksum", Digest::parse);
  const json::Node* taken_out = members.required("taken_out", json::Kind::kArray);
  if (auto fine = members.finish(); !fine) return std::unexpected(std::move(fine.error()));
  for (const json::Node& item : taken_out->items) {
    Result<Release> taken = release_from(item);
    if (!taken) return std::unexpected(std::move(taken.error()));
    sanitised.taken_out.push_back(std::move(*taken));
  }
  return sanitised;
}

// A document of a store is never the client's fault: what the parser found goes to the log, without values.
Result<json::Node> parse_stored(std::string_view text, const JsonLimits& limits, std::string_view what) {
  Result<json::Node> node = json::parse(text, "", limits);
  if (node) return node;
  const std::vector<Fault>& faults = node.error().faults;
  return fail(ErrorCode::kCorrupt, "stored " + std::string(what) + ": " + (faults.empty() ? "" : faults.front().code));
}

Result<Document> document_from(const json::Node& node) {
  StoredMembers members(node, "document");
  Document document;
  document.id = members.parsed("id", DocumentId::parse);
  document.filename = PatientText{members.text("filename")};
  document.original_filename = PatientText{members.text("original_filename")};
  document.s3_key = ObjectKey{members.text("s3_key")};
  document.size = members.number("size");
  document.upload_date = members.parsed("upload_date", parse_rfc3339);
  document.categories = members.texts("categories");
  document.content_type = members.text("content_type");
  document.checksum = members.parsed("checksum", Digest::parse);
  document.processed = members.boolean("processed");
  document.metadata = members.object("metadata");
  document.extracted = members.object("extracted");
  document.state = members.parsed("state", parse_state);
  const json::Node* verdict = members.required("verdict", json::Kind::kObject);
  document.version = members.number("version");
  document.deleted_at = members.parsed_if_there("deleted_at", parse_rfc3339);
  document.state_before_delete = members.parsed_if_there("state_before_delete", parse_state);
  document.duplicate_of = members.parsed_if_there("duplicate_of", DocumentId::parse);
  const json::Node* release = members.optional("release");
  const json::Node* sanitised = members.optional("sanitised");
  if (auto fine = members.finish(); !fine) return std::unexpected(std::move(fine.error()));

  Result<Verdict> read_verdict = verdict_from(*verdict);
  if (!read_verdict) return std::unexpected(std::move(read_verdict.error()));
  document.verdict = std::move(*read_verdict);
  if (release != nullptr) {
    Result<Release> read_release = release_from(*release);
    if (!read_release) return std::unexpected(std::move(read_release.error()));
    document.release = std::move(*read_release);
  }
  if (sanitised != nullptr) {
    Result<Sanitised> read_sanitised = sanitised_from(*sanitised);
    if (!read_sanitised) return std::unexpected(std::move(read_sanitised.error()));
    document.sanitised = std::move(*read_sanitised);
  }
  return document;
}

}  // namespace

void append_client_metadata(std::string& out, const JsonObject& metadata, const JsonObject& extracted) {
  if (extracted.empty()) {
    out += metadata.text();
    return;
  }
  out.append(metadata.text(), 0, metadata.text().size() - 1);
  if (!metadata.empty()) out += ',';
  out += "\"extracted\":";
  out += extracted.text();
  out += '}';
}

void append_client_json(std::string& out, const Document& document) {
  append_document(out, document, Reader::kClient);
}

std::string to_client_json(const Document& document) {
  std::string out;
  out.reserve(1024 + document.metadata.text().size());
  append_client_json(out, document);
  return out;
}

std::string verdict_to_json(const Verdict& verdict) {
  std::string out;
  append_verdict(out, verdict);
  return out;
}

Result<Verdict> verdict_from_json(std::string_view text) {
  if (auto own = read_own_verdict(text)) return *std::move(own);
  const Result<json::Node> node = parse_stored(text, kStoredVerdict, "verdict");
  if (!node) return std::unexpected(node.error());
  return verdict_from(*node);
}

std::string sanitised_to_json(const Sanitised& sanitised) {
  std::string out;
  append_sanitised(out, sanitised);
  return out;
}

Result<Sanitised> sanitised_from_json(std::string_view text) {
  const Result<json::Node> node = parse_stored(text, kStoredSanitised, "sanitised");
  if (!node) return std::unexpected(node.error());
  return sanitised_from(*node);
}

std::string to_stored_json(const Document& document) {
  std::string out;
  append_document(out, document, Reader::kStore);
  return out;
}

Result<Document> from_stored_json(std::string_view text) {
  const Result<json::Node> node = parse_stored(text, kStoredDocument, "document");
  if (!node) return std::unexpected(node.error());
  return document_from(*node);
}

}  // namespace lazaret
