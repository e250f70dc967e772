#include "http/api/conditional.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/api/contains.h"

namespace lazaret::http {
namespace {

constexpr std::size_t kMaxTags = 32;

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool is_tag_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

std::optional<EntityTag> take_tag(std::string_view& text) {
  EntityTag tag;
  if (text.starts_with("W/")) {
    tag.weak = true;
    text.remove_prefix(2);
  }
  if (!text.starts_with('"')) return std::nullopt;
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.opaque = text.substr(1, end - 1);
  if (!std::ranges::all_of(tag.opaque, is_tag_character)) return std::nullopt;
  text.remove_prefix(end + 1);
  return tag;
}

std::optional<EntityTags> parse_tags(std::string_view text) {
  EntityTags tags;
  skip_blanks(text);
  if (text.starts_with('*')) {
    text.remove_prefix(1);
    skip_blanks(text);
    tags.any = true;
    return text.empty() ? std::optional(tags) : std::nullopt;
  }
  while (true) {
    std::optional<EntityTag> tag = take_tag(text);
    if (!tag || tags.tags.size() == kMaxTags) return std::nullopt;
    tags.tags.push_back(*std::move(tag));
    skip_blanks(text);
    if (text.empty()) return tags;
    if (!text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
    skip_blanks(text);
  }
}

// Digits alone; a number beyond 64 bits is as good as the greatest.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? value : UINT64_MAX;
}

}  // namespace

TagHeader parse_tag_header(const Headers& headers, std::string_view name) {
  TagHeader header;
  std::string joined;
  for (const auto& [field, value] : headers.fields()) {
    if (!equal_ignoring_case(field, name)) continue;
    if (header.present) joined += ',';
    joined += value;
    header.present = true;
  }
  if (header.present) header.tags = parse_tags(joined);
  return header;
}

bool matches_strongly(const EntityTags& tags, std::string_view opaque) {
  return tags.any ||
         std::ranges::any_of(tags.tags, [&](const EntityTag& tag) { return !tag.weak && tag.opaque == opaque; });
}

bool matches_weakly(const EntityTags& tags, std::string_view opaque) {
  return tags.any || contains(tags.tags, opaque, &EntityTag::opaque);
}

RangeRequest parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.size() < kUnit.size() || !equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return WholeBody{};
  header.remove_prefix(kUnit.size());
  skip_blanks(header);
  while (header.ends_with(' ') || header.ends_with('\t'))
    header.remove_suffix(1);
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return WholeBody{};
  const std::string_view first_text = header.substr(0, dash);
  const std::string_view last_text = header.substr(dash + 1);
  if (first_text.empty()) {
    const std::optional<std::uint64_t> suffix = parse_position(last_text);
    if (!suffix) return WholeBody{};
    if (*suffix == 0 || size == 0) return Unsatisfiable{};
    const std::uint64_t length = std::min(*suffix, size);
    return ByteRange{size - length, length};
  }
  const std::optional<std::uint64_t> first = parse_position(first_text);
  const std::optional<std::uint64_t> last = last_text.empty() ? std::optional(UINT64_MAX) : parse_position(last_text);
  if (!first || !last || *last < *first) return WholeBody{};
  if (*first >= size) return Unsatisfiable{};
  return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

bool if_range_holds(const std::string* if_range, std::string_view opaque) {
  if (if_range == nullptr) return true;
  std::string_view text = *if_range;
  const std::optional<EntityTag> tag = take_tag(text);
  return tag && text.empty() && !tag->weak && tag->opaque == opaque;
}

}  // namespace lazaret::http
