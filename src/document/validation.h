// The rules of docs/api.md for what clients send, as pure functions. Every fault is reported, each with the JSON
// Pointer (fields) of its place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/document.h"

namespace lazaret {

// 1 to 64 of a-z 0-9 _ -.
bool is_category_name(std::string_view name);

// The configured set. Immutable once made.
class Categories {
 public:
  // In the order given. At most 100 of them, none twice: otherwise kInvalidParameter, with faults at `CATEGORIES`.
  static Result<Categories> make(std::vector<std::string> names);
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const;

 private:
  std::vector<std::string> names_;
};

std::span<const std::string_view> default_categories();

// Sorted, each once; unknown ones are kInvalidField faults at `pointer`/<index>.
Result<std::vector<std::string>> check_categories(const std::vector<std::string>& names, const Categories& known,
                                                  std::string_view pointer);

// The form field `categories`: repeated, or one JSON array of strings, or comma-separated; an empty value is none.
Result<std::vector<std::string>> parse_categories_field(const std::vector<std::string>& values, const Categories& known,
                                                        std::string_view pointer);

// Caller's metadata: parse_json_object() and no member `extracted`.
Result<JsonObject> parse_metadata(std::string_view text, std::string_view pointer);

// Original file names: valid UTF-8, at most kMaxOriginalFilenameBytes, not empty, no U+0000 (no store keeps it).
Result<PatientText> check_original_filename(std::string_view name, std::string_view pointer);

// A display name that is safe anywhere: NFC, last path part of either slash, no control or bidi characters, no reserved
// names or characters of Windows, no leading or trailing dots and spaces, at most 255 bytes cut between characters with
// the extension kept; one that ends up empty is `document.<extension>`. Idempotent.
PatientText safe_filename(std::string_view original, std::string_view extension);

// Lower-case extension without the dot, 1 to 16 of a-z 0-9; empty where the name has none. Of `.pdf` it is `pdf`.
std::string extension_of(std::string_view filename);

// `{filename?, categories?, metadata?, processed?}` of PATCH; any other member is a fault.
struct ParsedChange {
  std::optional<PatientText> filename;
  std::optional<std::vector<std::string>> categories;
  std::optional<JsonObject> metadata_patch;
  bool clear_metadata = false;
  std::optional<bool> processed;
};
Result<ParsedChange> parse_change(std::string_view body, const Categories& known);

// `{categories:[...]}` of PUT categories.
Result<std::vector<std::string>> parse_categories_body(std::string_view body, const Categories& known);
// `{expires_in?}` in seconds, 1 to 604800, of POST url; an empty body is nullopt.
Result<std::optional<std::int64_t>> parse_url_body(std::string_view body);
// Why a document leaves quarantine: 1 to 1,000 bytes of UTF-8, not blank, no control characters.
Result<PatientText> check_release_reason(std::string_view reason, std::string_view pointer);
// `{reason}` of POST release.
Result<PatientText> parse_release_body(std::string_view body);

// Every rule a stored document obeys; used by property tests and on what stores hand back in debug builds.
// kCorrupt; its faults and detail name attributes and rules, never values.
Result<void> validate(const Document& document);

}  // namespace lazaret
