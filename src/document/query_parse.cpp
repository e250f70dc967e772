#include "document/query_parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/encoding.h"
#include "document/cursor.h"
#include "document/fold.h"

namespace lazaret {
namespace {

constexpr std::size_t kMostPairs = 64;
constexpr std::size_t kMostLimit = 200;
constexpr std::size_t kMostSearchBytes = 256;
constexpr std::size_t kMostSearchWords = 16;
constexpr std::size_t kMostContentTypeBytes = 127;

// One component of a query string: `+` is a space.
std::optional<std::string> decode_component(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced);
  if (!decoded || !is_valid_utf8(*decoded) || decoded->find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

Fault fault_of(std::string_view name, std::string_view code, std::string_view what) {
  return {std::string(name), std::string(code), fmt::format("The parameter {} {}.", name, what)};
}

std::string joined(const std::vector<std::string>& items, char separator) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += separator;
    out += item;
  }
  return out;
}

// Reads parameters into a Query one after the other; faults gather.
class Reader {
 public:
  Reader(const QueryParameters& parameters, const Categories& known) : parameters_(parameters), known_(known) {}

  Query read() {
    check_names();
    read_limit();
    read_sort();
    read_categories();
    read_dates();
    read_sizes();
    read_exact();
    read_search();
    return std::move(query_);
  }

  std::vector<Fault>& faults() { return faults_; }
  std::optional<std::string> one(std::string_view name) const {
    for (const auto& [key, value] : parameters_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::array<std::string_view, 15> kNames{
      "limit",    "cursor",   "sort_by",   "sort_order",   "categories", "categories_match", "date_from", "date_to",
      "size_min", "size_max", "processed", "content_type", "checksum",   "search",           "state"};

  void fault(std::string_view name, std::string_view what, std::string_view code = "invalid") {
    faults_.push_back(fault_of(name, code, what));
  }

  void check_names() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const std::string& name = parameters_[i].first;
      const bool earlier = std::any_of(parameters_.begin(), parameters_.begin() + static_cast<std::ptrdiff_t>(i),
                                       [&](const auto& other) { return other.first == name; });
      if (name.empty() || std::ranges::find(kNames, name) == kNames.end()) {
        if (!earlier) faults_.push_back(unknown(name));
      } else if (earlier && name != "categories") {
        fault(name, "may be given once", "repeated");
      }
    }
  }

  // The name came from outside: it is shown cut, and not at all where it is not plain.
  static Fault unknown(const std::string& name) {
    const bool plain =
        !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; });
    return plain ? fault_of(name, "unknown", "is not known")
                 : Fault{"", "unknown", "A parameter of the query string is not known."};
  }

  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const auto text = one(name);
    if (!text) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < least || value > most) {
      fault(name, fmt::format("must be a whole number from {} to {}", least, most));
      return std::nullopt;
    }
    return value;
  }

  void read_limit() {
    if (const auto limit = number("limit", 1, kMostLimit)) query_.limit = *limit;
  }

  void read_sort() {
    const std::string by = one("sort_by").value_or("upload_date");
    if (by == "upload_date") {
      query_.sort_by = SortBy::kUploadDate;
    } else if (by == "filename") {
      query_.sort_by = SortBy::kFilename;
    } else if (by == "size") {
      query_.sort_by = SortBy::kSize;
    } else {
      fault("sort_by", "must be upload_date, filename or size");
    }
    query_.sort_order = query_.sort_by == SortBy::kUploadDate ? SortOrder::kDescending : SortOrder::kAscending;
    const auto order = one("sort_order");
    if (!order) return;
    if (*order != "asc" && *order != "desc") return fault("sort_order", "must be asc or desc");
    query_.sort_order = *order == "asc" ? SortOrder::kAscending : SortOrder::kDescending;
  }

  void read_categories() {
    std::vector<std::string>& wanted = query_.filter.categories;
    for (const auto& [name, value] : parameters_) {
      if (name != "categories") continue;
      for (std::size_t at = 0; at <= value.size();) {
        const std::size_t comma = std::min(value.find(',', at), value.size());
        const std::string category = value.substr(at, comma - at);
        at = comma + 1;
        if (category.empty()) return fault("categories", "has an empty name");
        if (!known_.contains(category)) {
          return fault("categories", fmt::format("must name categories of: {}", fmt::join(known_.names(), ", ")),
                       "unknown_category");
        }
        wanted.push_back(category);
      }
    }
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    const std::string match = one("categories_match").value_or("any");
    if (match != "any" && match != "all") return fault("categories_match", "must be any or all");
    if (match == "all") query_.filter.categories_match = CategoriesMatch::kAll;
  }

  enum class DayEnd : std::uint8_t { kFirst, kLast };

  std::optional<Timestamp> date(std::string_view name, DayEnd end) {
    const auto text = one(name);
    if (!text) return std::nullopt;
    if (const auto day = parse_date(*text)) {
      return end == DayEnd::kFirst ? *day : *day + std::chrono::days{1} - std::chrono::milliseconds{1};
    }
    const auto time = parse_rfc3339(*text);
    if (!time) fault(name, "must be a time like 2026-01-31T08:00:00Z (a + is written %2B) or a date like 2026-01-31");
    if (!time) return std::nullopt;
    // An offset can lead out of the years that can be written; a page's link must say the very bound it was made with.
    return parse_rfc3339(format_rfc3339(*time));
  }

  void read_dates() {
    query_.filter.date_from = date("date_from", DayEnd::kFirst);
    query_.filter.date_to = date("date_to", DayEnd::kLast);
    if (query_.filter.date_from && query_.filter.date_to && *query_.filter.date_from > *query_.filter.date_to) {
      fault("date_to", "lies before date_from", "reversed_range");
    }
  }

  void read_sizes() {
    constexpr std::uint64_t kMost = 1ULL << 53U;
    query_.filter.size_min = number("size_min", 0, kMost);
    query_.filter.size_max = number("size_max", 0, kMost);
    if (query_.filter.size_min && query_.filter.size_max && *query_.filter.size_min > *query_.filter.size_max) {
      fault("size_max", "is smaller than size_min", "reversed_range");
    }
  }

  void read_exact() {
    if (const auto text = one("processed")) {
      if (*text != "true" && *text != "false") fault("processed", "must be true or false");
      query_.filter.processed = *text == "true";
    }
    if (const auto text = one("state")) {
      const auto state = parse_state(*text);
      if (!state) fault("state", "must be available, quarantined or deleted");
      query_.filter.state = state.value_or(State::kAvailable);
    }
    if (const auto text = one("checksum")) {
      query_.filter.checksum = Digest::parse(*text);
      if (!query_.filter.checksum) fault("checksum", "must be a SHA-256 in 64 hex digits");
    }
    if (auto text = one("content_type")) {
      const bool sound = !text->empty() && text->size() <= kMostContentTypeBytes &&
                         text->find('/') != std::string::npos &&
                         std::ranges::all_of(*text, [](char c) { return c > 0x20 && c < 0x7f; });
      if (!sound) return fault("content_type", "must be a media type like application/pdf");
      query_.filter.content_type = ascii_lowered(*text);
    }
  }

  void read_search() {
    const auto text = one("search");
    if (!text) return;
    if (text->size() > kMostSearchBytes) {
      return fault("search", fmt::format("may hold at most {} bytes", kMostSearchBytes), "too_long");
    }
    query_.filter.search_words = search_words(*text);
    std::ranges::sort(query_.filter.search_words);
    if (query_.filter.search_words.empty()) fault("search", "must hold a letter or a digit");
    if (query_.filter.search_words.size() > kMostSearchWords) {
      fault("search", fmt::format("may hold at most {} words", kMostSearchWords), "too_many");
    }
    // Folding may write one character as several, and the link to the next page says the folded words.
    if (joined(query_.filter.search_words, ' ').size() > kMostSearchBytes) {
      fault("search", fmt::format("may hold at most {} bytes when folded", kMostSearchBytes), "too_long");
    }
  }

  const QueryParameters& parameters_;
  const Categories& known_;
  Query query_;
  std::vector<Fault> faults_;
};

void add(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += '&';
  out += name;
  out += '=';
  out += percent_encode(value);
}

std::string_view name_of(SortBy sort) {
  switch (sort) {
    case SortBy::kUploadDate:
      return "upload_date";
    case SortBy::kFilename:
      return "filename";
    case SortBy::kSize:
      return "size";
  }
  return "upload_date";
}

}  // namespace

Result<QueryParameters> parse_query_string(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const auto ampersand = query.find('&');
    const std::string_view pair = query.substr(0, ampersand);
    query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
    if (pair.empty()) continue;
    if (parameters.size() == kMostPairs) {
      return fail_with(ErrorCode::kInvalidParameter,
                       {{"", "too_many", fmt::format("A query string may hold at most {} parameters.", kMostPairs)}});
    }
    const auto equals = pair.find('=');
    auto name = decode_component(pair.substr(0, equals));
    auto value = decode_component(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (!name) {
      return fail_with(ErrorCode::kInvalidParameter,
                       {{"", "malformed", "The name of a parameter is not valid percent-encoded UTF-8."}});
    }
    if (!value)
      return fail_with(ErrorCode::kInvalidParameter,
                       {fault_of(*name, "malformed", "is not valid percent-encoded UTF-8")});
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

Result<Query> parse_query(const QueryParameters& parameters, const Categories& known, const Secret& cursor_key) {
  Reader reader(parameters, known);
  Query query = reader.read();
  if (!reader.faults().empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(reader.faults()));
  if (const auto cursor = reader.one("cursor")) {
    auto position = read_cursor(query, *cursor, cursor_key);
    if (!position) return std::unexpected(std::move(position.error()));
    query.after = std::move(*position);
  }
  return query;
}

std::string next_page_query(const Query& query, const std::string& cursor) {
  const Filter& filter = query.filter;
  std::string out;
  add(out, "limit", std::to_string(query.limit));
  add(out, "sort_by", name_of(query.sort_by));
  add(out, "sort_order", query.sort_order == SortOrder::kAscending ? "asc" : "desc");
  if (!filter.categories.empty()) add(out, "categories", joined(filter.categories, ','));
  if (filter.categories_match == CategoriesMatch::kAll) add(out, "categories_match", "all");
  if (filter.date_from) add(out, "date_from", format_rfc3339(*filter.date_from));
  if (filter.date_to) add(out, "date_to", format_rfc3339(*filter.date_to));
  if (filter.size_min) add(out, "size_min", std::to_string(*filter.size_min));
  if (filter.size_max) add(out, "size_max", std::to_string(*filter.size_max));
  if (filter.processed) add(out, "processed", *filter.processed ? "true" : "false");
  if (filter.content_type) add(out, "content_type", *filter.content_type);
  if (filter.checksum) add(out, "checksum", filter.checksum->to_string());
  if (!filter.search_words.empty()) add(out, "search", joined(filter.search_words, ' '));
  if (filter.state != State::kAvailable) add(out, "state", to_string(filter.state));
  add(out, "cursor", cursor);
  return out;
}

}  // namespace lazaret
