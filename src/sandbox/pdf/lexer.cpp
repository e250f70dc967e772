#include "sandbox/pdf/lexer.h"

#include <algorithm>
#include <charconv>

#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

bool opens(TokenKind kind) {
  return kind == TokenKind::kOpenDictionary || kind == TokenKind::kOpenArray;
}

bool closes(TokenKind kind) {
  return kind == TokenKind::kCloseDictionary || kind == TokenKind::kCloseArray;
}

// The elements of an array's text, or the one value that is no array.
std::vector<std::string_view> elements_of(std::string_view value) {
  std::vector<std::string_view> elements;
  Lexer lexer(value);
  Token token = lexer.next();
  if (token.kind != TokenKind::kOpenArray) return {value};
  while (elements.size() <= kMaxFilters) {
    const std::size_t before = lexer.position();
    token = lexer.next();
    if (token.kind == TokenKind::kEnd || token.kind == TokenKind::kCloseArray) break;
    for (std::size_t depth = opens(token.kind) ? 1 : 0; depth > 0;) {
      token = lexer.next();
      if (token.kind == TokenKind::kEnd) break;
      if (opens(token.kind)) ++depth;
      if (closes(token.kind)) --depth;
    }
    elements.push_back(value.substr(before, lexer.position() - before));
  }
  return elements;
}

std::int64_t number_or(const RawDictionary& dictionary, std::string_view key, std::int64_t otherwise) {
  const auto number = dictionary.number(key);
  return number ? static_cast<std::int64_t>(std::min<std::uint64_t>(*number, INT64_MAX)) : otherwise;
}

}  // namespace

void Lexer::skip_space() {
  while (position_ < text_.size()) {
    if (text_[position_] == '%') {
      position_ = std::min(text_.find_first_of("\r\n", position_), text_.size());
    } else if (is_pdf_space(text_[position_])) {
      ++position_;
    } else {
      return;
    }
  }
}

Token Lexer::take(TokenKind kind, std::size_t from, std::size_t to) {
  position_ = std::min(to, text_.size());
  return {kind, text_.substr(std::min(from, position_), position_ - std::min(from, position_))};
}

Token Lexer::take_literal_string() {
  const std::size_t from = position_;
  std::size_t depth = 0;
  std::size_t at = from;
  for (; at < text_.size(); ++at) {
    if (text_[at] == '\\') {
      ++at;
    } else if (text_[at] == '(') {
      ++depth;
    } else if (text_[at] == ')' && --depth == 0) {
      break;
    }
  }
  return take(TokenKind::kString, from, at + 1);
}

Token Lexer::next() {
  skip_space();
  if (position_ >= text_.size()) return {};
  const std::size_t at = position_;
  const std::string_view two = text_.substr(at, 2);
  if (two == "<<") return take(TokenKind::kOpenDictionary, at, at + 2);
  if (two == ">>") return take(TokenKind::kCloseDictionary, at, at + 2);
  switch (text_[at]) {
    case '[':
      return take(TokenKind::kOpenArray, at, at + 1);
    case ']':
      return take(TokenKind::kCloseArray, at, at + 1);
    case '(':
      return take_literal_string();
    case '<': {
      const std::size_t end = text_.find('>', at);
      return take(TokenKind::kString, at, end == std::string_view::npos ? end : end + 1);
    }
    default:
      break;
  }
  const bool is_name = text_[at] == '/';
  std::size_t end = at + 1;
  if (is_name || is_regular(text_[at])) {
    while (end < text_.size() && is_regular(text_[end]))
      ++end;
  }
  return take(is_name ? TokenKind::kName : TokenKind::kWord, is_name ? at + 1 : at, end);
}

RawDictionary::RawDictionary(std::string_view text) {
  const std::size_t start = text.find("<<");
  if (start == std::string_view::npos) return;
  text.remove_prefix(start + 2);
  Lexer lexer(text);
  Token token = lexer.next();
  while (entries_.size() < kMostEntries && token.kind == TokenKind::kName) {
    std::string key = decode_name(token.text);
    const std::size_t from = lexer.position();
    std::size_t to = from;
    std::size_t depth = 0;
    // The first token is the value even where it is a name; then whatever stands before the next key ("5 0 R").
    for (bool is_first = true;; is_first = false) {
      token = lexer.next();
      const bool ends = depth == 0 && (closes(token.kind) || (token.kind == TokenKind::kName && !is_first));
      if (token.kind == TokenKind::kEnd || ends) break;
      if (opens(token.kind)) ++depth;
      if (closes(token.kind)) --depth;
      to = lexer.position();
    }
    std::string_view value = text.substr(from, to - from);
    while (!value.empty() && is_pdf_space(value.front()))
      value.remove_prefix(1);
    entries_.emplace_back(std::move(key), value);
  }
}

std::string_view RawDictionary::value(std::string_view key) const {
  // Of an entry that is there twice readers take the last.
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->first == key) return entry->second;
  }
  return {};
}

std::string RawDictionary::name(std::string_view key) const {
  const std::string_view text = value(key);
  return text.empty() || text[0] != '/' ? std::string() : decode_name(Lexer(text).next().text);
}

std::optional<std::uint64_t> RawDictionary::number(std::string_view key) const {
  return number_in(value(key));
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

std::optional<std::vector<FilterSpec>> filters_of(const RawDictionary& dictionary) {
  std::vector<FilterSpec> specs;
  if (!dictionary.has("Filter")) return specs;
  const std::string_view stated = dictionary.value(dictionary.has("DecodeParms") ? "DecodeParms" : "DP");
  const std::vector<std::string_view> parameters = elements_of(stated);
  const std::vector<std::string_view> names = elements_of(dictionary.value("Filter"));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Token token = Lexer(names[i]).next();
    const auto kind = token.kind == TokenKind::kName ? filter_kind_of(decode_name(token.text)) : std::nullopt;
    if (!kind) return std::nullopt;
    const RawDictionary own(i < parameters.size() ? parameters[i] : std::string_view{});
    specs.push_back({.kind = *kind,
                     .predictor = number_or(own, "Predictor", 1),
                     .columns = number_or(own, "Columns", 1),
                     .colors = number_or(own, "Colors", 1),
                     .bits = number_or(own, "BitsPerComponent", 8),
                     .early_change = number_or(own, "EarlyChange", 1) != 0});
  }
  return specs;
}

}  // namespace lazaret::sandbox
