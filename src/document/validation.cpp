#include "document/validation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "document/json.h"
#include "document/json_tree.h"

namespace lazaret {
namespace {

constexpr std::size_t kMaxCategories = 100;
constexpr std::size_t kMaxCategoryBytes = 64;
constexpr std::string_view kDefaultCategoryNames[] = {"patient_records", "clinical_guidelines", "research_papers",
                                                      "lab_results", "medication_schedules"};

std::string_view trim_spaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::unexpected<Error> field_fault(std::string_view pointer, std::string code, std::string detail) {
  return fail_with(ErrorCode::kInvalidField, {{std::string(pointer), std::move(code), std::move(detail)}});
}

// The strings of one form value `["a","b"]`.
Result<std::vector<std::string>> names_of_json(std::string_view value, std::string_view pointer) {
  Result<json::Node> node = json::parse(value, pointer, {.bytes = 64UL * 1024, .depth = 1});
  if (!node) {
    // To the form this is one field that is wrong, not a body that cannot be read.
    return field_fault(pointer, "malformed_json",
                       "This must be a JSON array of strings, or names with commas between.");
  }
  std::vector<std::string> names;
  for (json::Node& item : node->items) {
    if (item.kind != json::Kind::kString) {
      return field_fault(json::pointer_below(pointer, names.size()), "not_a_string", "A category is a string.");
    }
    names.push_back(std::move(item.text));
  }
  return names;
}

}  // namespace

bool is_category_name(std::string_view name) {
  const auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= kMaxCategoryBytes && std::ranges::all_of(name, fine);
}

Result<Categories> Categories::make(std::vector<std::string> names) {
  std::vector<Fault> faults;
  const auto add = [&faults](std::string code, std::string detail) {
    faults.push_back({"CATEGORIES", std::move(code), std::move(detail)});
  };
  if (names.size() > kMaxCategories) {
    add("too_many", "There may be at most 100 categories.");
    names.resize(kMaxCategories);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto here = names.begin() + static_cast<std::ptrdiff_t>(i);
    const std::string number = std::to_string(i + 1);
    if (!is_category_name(*here)) add("invalid", "Category " + number + " is not 1 to 64 of a-z, 0-9, _ and -.");
    if (std::find(names.begin(), here, *here) != here) add("duplicate", "Category " + number + " is named twice.");
  }
  if (!faults.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults));
  Categories categories;
  categories.names_ = std::move(names);
  return categories;
}

bool Categories::contains(std::string_view name) const {
  return std::ranges::find(names_, name) != names_.end();
}

std::span<const std::string_view> default_categories() {
  return kDefaultCategoryNames;
}

Result<std::vector<std::string>> check_categories(const std::vector<std::string>& names, const Categories& known,
                                                  std::string_view pointer) {
  if (names.size() > kMaxCategories) {
    return field_fault(pointer, "too_many", "There may be at most 100 categories.");
  }
  std::vector<Fault> faults;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (known.contains(names[i])) continue;
    faults.push_back({json::pointer_below(pointer, i), "unknown_category",
                      "This is not one of the categories in use here; GET /api/categories names them."});
  }
  if (!faults.empty()) return fail_with(ErrorCode::kInvalidField, std::move(faults));
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  const auto twice = std::ranges::unique(sorted);
  sorted.erase(twice.begin(), twice.end());
  return sorted;
}

Result<std::vector<std::string>> parse_categories_field(const std::vector<std::string>& values, const Categories& known,
                                                        std::string_view pointer) {
  std::vector<std::string> names;
  for (const std::string& value : values) {
    std::string_view rest = trim_spaces(value);
    if (rest.starts_with('[')) {
      Result<std::vector<std::string>> listed = names_of_json(rest, pointer);
      if (!listed) return listed;
      std::ranges::move(*listed, std::back_inserter(names));
      continue;
    }
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = trim_spaces(rest.substr(0, comma));
      if (!name.empty()) names.emplace_back(name);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return check_categories(names, known, pointer);
}

Result<JsonObject> parse_metadata(std::string_view text, std::string_view pointer) {
  Result<JsonObject> object = parse_json_object(text, pointer);
  if (!object) return object;
  const Result<json::Node> node = json::parse(object->text(), pointer, {});
  if (node && node->find("extracted") != nullptr) {
    return field_fault(json::pointer_below(pointer, "extracted"), "reserved",
                       "`extracted` is what inspection found; it cannot be set.");
  }
  return object;
}

Result<PatientText> check_original_filename(std::string_view name, std::string_view pointer) {
  if (name.empty()) return field_fault(pointer, "required", "The file needs a name.");
  if (name.size() > kMaxOriginalFilenameBytes) {
    return field_fault(pointer, "too_long", "A file name may be at most 1024 bytes.");
  }
  if (!is_valid_utf8(name)) return field_fault(pointer, "invalid_utf8", "A file name must be valid UTF-8.");
  if (name.find('\0') != std::string_view::npos) {
    return field_fault(pointer, "invalid_character", "A file name cannot hold U+0000.");
  }
  return PatientText{std::string(name)};
}

}  // namespace lazaret
