#include "document/cursor.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/encoding.h"
#include "document/query_parse.h"

namespace lazaret {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kMostCursorBytes = 2048;
constexpr std::size_t kIdBytes = 16;

void add_number(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
}

std::optional<std::uint64_t> take_number(std::string_view& in) {
  if (in.size() < 8) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i)
    value = value << 8U | static_cast<std::uint8_t>(in[i]);
  in.remove_prefix(8);
  return value;
}

void add_text(std::string& out, std::string_view text) {
  add_number(out, text.size());
  out += text;
}

// Everything of a query that a walk depends on, unambiguously.
std::string bound_to(const Query& query) {
  const Filter& filter = query.filter;
  std::string out;
  const auto add_optional = [&](std::string_view name, const auto& value, auto show) {
    if (!value) return;
    add_text(out, name);
    show(*value);
  };
  const auto as_number = [&](std::uint64_t value) { add_number(out, value); };
  const auto as_time = [&](Timestamp time) {
    add_number(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
  };
  out += static_cast<char>(std::to_underlying(query.sort_by));
  out += static_cast<char>(std::to_underlying(query.sort_order));
  out += static_cast<char>(std::to_underlying(filter.state));
  out += static_cast<char>(std::to_underlying(filter.categories_match));
  add_number(out, filter.categories.size());
  for (const std::string& category : filter.categories)
    add_text(out, category);
  add_number(out, filter.search_words.size());
  for (const std::string& word : filter.search_words)
    add_text(out, word);
  add_optional("date_from", filter.date_from, as_time);
  add_optional("date_to", filter.date_to, as_time);
  add_optional("size_min", filter.size_min, as_number);
  add_optional("size_max", filter.size_max, as_number);
  add_optional("processed", filter.processed, [&](bool value) { add_number(out, value ? 1 : 0); });
  add_optional("content_type", filter.content_type, [&](const std::string& text) { add_text(out, text); });
  add_optional("checksum", filter.checksum, [&](const Digest& digest) { add_text(out, digest.to_string()); });
  return out;
}

std::string mac_of(const Query& query, std::string_view content, const Secret& key) {
  std::string message = "lazaret cursor";
  add_text(message, bound_to(query));
  message += content;
  const Digest digest = hmac_sha256(key, message);
  return {digest.bytes().begin(), digest.bytes().begin() + kMacBytes};
}

std::string encode_position(const Position& position) {
  std::string out;
  add_number(out, position.total.count);
  out += static_cast<char>(std::to_underlying(position.total.relation));
  out.append(position.id.bytes().begin(), position.id.bytes().end());
  out += static_cast<char>(position.key.index());
  if (const auto* time = std::get_if<Timestamp>(&position.key)) {
    add_number(out, static_cast<std::uint64_t>(time->time_since_epoch().count()));
  } else if (const auto* text = std::get_if<std::string>(&position.key)) {
    out += *text;
  } else {
    add_number(out, std::get<std::uint64_t>(position.key));
  }
  return out;
}

// The bytes are ours, signed, but may be of another version of this code: everything is checked.
std::optional<Position> decode_position(std::string_view in) {
  Position position;
  const auto count = take_number(in);
  if (!count || *count > kMaxExactTotal || in.size() < 2 + kIdBytes || static_cast<std::uint8_t>(in[0]) > 1) {
    return std::nullopt;
  }
  position.total = {*count, in[0] == 0 ? TotalRelation::kExact : TotalRelation::kAtLeast};
  std::array<std::uint8_t, kIdBytes> id{};
  std::copy_n(in.begin() + 1, kIdBytes, id.begin());
  position.id = DocumentId{id};
  const auto kind = static_cast<std::uint8_t>(in[1 + kIdBytes]);
  in.remove_prefix(2 + kIdBytes);
  if (kind == 1) {
    position.key = std::string(in);
    return position;
  }
  const auto number = take_number(in);
  if (kind > 2 || !number || !in.empty()) return std::nullopt;
  if (kind == 0) {
    position.key = Timestamp{std::chrono::milliseconds{static_cast<std::int64_t>(*number)}};
  } else {
    position.key = *number;
  }
  return position;
}

bool fits(const Query& query, const Position& position) {
  switch (query.sort_by) {
    case SortBy::kUploadDate:
      return std::holds_alternative<Timestamp>(position.key);
    case SortBy::kFilename:
      return std::holds_alternative<std::string>(position.key);
    case SortBy::kSize:
      return std::holds_alternative<std::uint64_t>(position.key);
  }
  return false;
}

}  // namespace

std::string make_cursor(const Query& query, const Position& position, const Secret& cursor_key) {
  const std::string content = encode_position(position);
  return base64url_encode(kVersion + mac_of(query, content, cursor_key) + content);
}

Result<Position> read_cursor(const Query& query, std::string_view cursor, const Secret& key) {
  const auto refuse = [] {
    return fail_with(ErrorCode::kInvalidCursor,
                     {{"cursor", "invalid",
                       "The cursor is not one of this list: it was changed, belongs to other filters or another order, "
                       "or was made with another key. Begin again without it."}});
  };
  const auto bytes = cursor.size() <= kMostCursorBytes ? base64url_decode(cursor) : std::nullopt;
  if (!bytes || bytes->size() < 1 + kMacBytes || bytes->front() != kVersion) return refuse();
  const std::string_view content = std::string_view(*bytes).substr(1 + kMacBytes);
  const std::string_view mac = std::string_view(*bytes).substr(1, kMacBytes);
  if (!equal_in_constant_time(mac, mac_of(query, content, key))) return refuse();
  auto position = decode_position(content);
  if (!position || !fits(query, *position)) return refuse();
  return std::move(*position);
}

}  // namespace lazaret
