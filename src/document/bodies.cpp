// The JSON bodies of requests that change a document: PATCH, PUT categories, POST url, POST release.
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "document/json.h"
#include "document/json_tree.h"
#include "document/unicode.h"
#include "document/validation.h"

namespace lazaret {
namespace {

constexpr std::int64_t kMaxUrlSeconds = 7L * 24 * 3600;
constexpr std::size_t kMaxReasonBytes = 1000;
constexpr std::size_t kMaxNamedUnknown = 20;  // so that a body of foreign members cannot ask for a longer answer

// Metadata is the second level of a body, so the body may be one deeper.
constexpr JsonLimits kChangeLimits{.bytes = 64UL * 1024, .depth = kMaxMetadataDepth + 1};
constexpr JsonLimits kSmallLimits{.bytes = 16UL * 1024, .depth = 4};

// A body's members, taken one by one; every fault is kept, also those of members nobody takes.
class Body {
 public:
  static Result<Body> parse(std::string_view text, const JsonLimits& limits) {
    Result<json::Node> node = json::parse(text, "", limits);
    if (!node) return std::unexpected(std::move(node.error()));
    if (node->kind != json::Kind::kObject) {
      return fail_with(ErrorCode::kInvalidField, {{"", "not_an_object", "The body must be a JSON object."}});
    }
    return Body(std::move(*node));
  }

  const json::Node* take(std::string_view name) {
    taken_.emplace_back(name);
    return node_.find(name);
  }
  void fault(std::string pointer, std::string code, std::string detail) {
    faults_.push_back({std::move(pointer), std::move(code), std::move(detail)});
  }
  void faults(Error&& error) {
    for (Fault& one : error.faults)
      faults_.push_back(std::move(one));
  }
  Result<void> finish() {
    std::size_t unknown = 0;
    for (const std::string& name : node_.names) {
      if (std::ranges::find(taken_, name) != taken_.end()) continue;
      if (++unknown > kMaxNamedUnknown) break;
      fault(json::pointer_below("", name), "unknown_member", "This member is not known here or cannot be changed.");
    }
    if (!faults_.empty()) return fail_with(ErrorCode::kInvalidField, std::move(faults_));
    return {};
  }

 private:
  explicit Body(json::Node node) : node_(std::move(node)) {}

  json::Node node_;
  std::vector<std::string> taken_;
  std::vector<Fault> faults_;
};

std::optional<PatientText> read_filename(Body& body, const json::Node& node) {
  if (node.kind != json::Kind::kString) {
    body.fault("/filename", "not_a_string", "A file name is a string.");
    return std::nullopt;
  }
  if (Result<PatientText> checked = check_original_filename(node.text, "/filename"); !checked) {
    body.faults(std::move(checked.error()));
    return std::nullopt;
  }
  return safe_filename(node.text, extension_of(node.text));
}

std::optional<std::vector<std::string>> read_categories(Body& body, const json::Node& node, const Categories& known) {
  if (node.kind != json::Kind::kArray) {
    body.fault("/categories", "not_an_array", "Categories are an array of strings; [] leaves none.");
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const json::Node& item : node.items) {
    if (item.kind != json::Kind::kString) {
      body.fault(json::pointer_below("/categories", names.size()), "not_a_string", "A category is a string.");
      return std::nullopt;
    }
    names.push_back(item.text);
  }
  Result<std::vector<std::string>> checked = check_categories(names, known, "/categories");
  if (checked) return std::move(*checked);
  body.faults(std::move(checked.error()));
  return std::nullopt;
}

void read_metadata(Body& body, const json::Node& node, ParsedChange& change) {
  if (node.kind == json::Kind::kNull) {
    change.clear_metadata = true;
    return;
  }
  if (node.kind != json::Kind::kObject) {
    body.fault("/metadata", "not_an_object", "Metadata is a JSON object; null clears it.");
    return;
  }
  Result<JsonObject> patch = parse_metadata(json::to_text(node), "/metadata");
  if (!patch) {
    body.faults(std::move(patch.error()));
    return;
  }
  change.metadata_patch = std::move(*patch);
}

bool holds_controls(std::string_view text) {
  for (const unicode::CodePoint code : unicode::decode(text)) {
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}

}  // namespace

Result<ParsedChange> parse_change(std::string_view text, const Categories& known) {
  Result<Body> body = Body::parse(text, kChangeLimits);
  if (!body) return std::unexpected(std::move(body.error()));
  ParsedChange change;
  if (const json::Node* node = body->take("filename")) change.filename = read_filename(*body, *node);
  if (const json::Node* node = body->take("categories")) change.categories = read_categories(*body, *node, known);
  if (const json::Node* node = body->take("metadata")) read_metadata(*body, *node, change);
  if (const json::Node* node = body->take("processed")) {
    if (node->kind != json::Kind::kBoolean) body->fault("/processed", "not_a_boolean", "This is true or false.");
    change.processed = node->boolean;
  }
  if (auto fine = body->finish(); !fine) return std::unexpected(std::move(fine.error()));
  return change;
}

Result<std::vector<std::string>> parse_categories_body(std::string_view text, const Categories& known) {
  Result<Body> body = Body::parse(text, kSmallLimits);
  if (!body) return std::unexpected(std::move(body.error()));
  std::optional<std::vector<std::string>> categories;
  if (const json::Node* node = body->take("categories")) {
    categories = read_categories(*body, *node, known);
  } else {
    body->fault("/categories", "required", "The body must name the categories; [] leaves none.");
  }
  if (auto fine = body->finish(); !fine) return std::unexpected(std::move(fine.error()));
  return std::move(categories).value_or(std::vector<std::string>{});
}

Result<std::optional<std::int64_t>> parse_url_body(std::string_view text) {
  if (text.empty()) return std::optional<std::int64_t>{};
  Result<Body> body = Body::parse(text, kSmallLimits);
  if (!body) return std::unexpected(std::move(body.error()));
  std::optional<std::int64_t> seconds;
  if (const json::Node* node = body->take("expires_in")) {
    std::int64_t value = 0;
    const char* end = node->text.data() + node->text.size();
    const auto [stop, error] = std::from_chars(node->text.data(), end, value);
    if (node->kind != json::Kind::kNumber || error != std::errc{} || stop != end || value < 1 ||
        value > kMaxUrlSeconds) {
      body->fault("/expires_in", "out_of_range", "This is a whole number of seconds, 1 to 604800.");
    }
    seconds = value;
  }
  if (auto fine = body->finish(); !fine) return std::unexpected(std::move(fine.error()));
  return seconds;
}

Result<PatientText> check_release_reason(std::string_view reason, std::string_view pointer) {
  const auto fault = [pointer](std::string code, std::string detail) {
    return fail_with(ErrorCode::kInvalidField, {{std::string(pointer), std::move(code), std::move(detail)}});
  };
  if (reason.find_first_not_of(' ') == std::string_view::npos || reason.size() > kMaxReasonBytes) {
    return fault("wrong_length", "A reason is 1 to 1000 bytes, and not blank.");
  }
  if (!is_valid_utf8(reason) || holds_controls(reason)) {
    return fault("invalid_character", "A reason is UTF-8 and holds no control characters.");
  }
  return PatientText{std::string(reason)};
}

Result<PatientText> parse_release_body(std::string_view text) {
  Result<Body> body = Body::parse(text, kSmallLimits);
  if (!body) return std::unexpected(std::move(body.error()));
  PatientText reason;
  if (const json::Node* node = body->take("reason"); node == nullptr || node->kind != json::Kind::kString) {
    body->fault("/reason", "required", "A release needs a reason, a string.");
  } else if (auto checked = check_release_reason(node->text, "/reason"); !checked) {
    body->faults(std::move(checked.error()));
  } else {
    reason = *std::move(checked);
  }
  if (auto fine = body->finish(); !fine) return std::unexpected(std::move(fine.error()));
  return reason;
}

}  // namespace lazaret
