// Lexer and RawDictionary: the tokens of PDF in bytes that no library has read yet, and the entries of one dictionary
// among them. Forgiving like the readers it stands in for; never recursive; borrows its text. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/pdf/filter_chain.h"

namespace lazaret::sandbox {

enum class TokenKind { kEnd, kName, kString, kWord, kOpenDictionary, kCloseDictionary, kOpenArray, kCloseArray };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // a name without its slash, a string with its brackets; numbers are words
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();
  std::size_t position() const { return position_; }

 private:
  void skip_space();
  Token take(TokenKind kind, std::size_t from, std::size_t to);
  Token take_literal_string();
  std::string_view text_;
  std::size_t position_ = 0;
};

class RawDictionary {
 public:
  // `text` may begin before its first "<<". At most kMostEntries entries are kept.
  explicit RawDictionary(std::string_view text);
  // The text of an entry's value; empty: there is none. Names are compared decoded.
  std::string_view value(std::string_view key) const;
  std::string name(std::string_view key) const;  // decoded, without its slash; empty: none or no name
  std::optional<std::uint64_t> number(std::string_view key) const;
  bool has(std::string_view key) const { return !value(key).empty(); }

 private:
  static constexpr std::size_t kMostEntries = 64;
  std::vector<std::pair<std::string, std::string_view>> entries_;
};

// The filters of a stream with this dictionary. Nothing: one of them is unknown or stands in another object.
std::optional<std::vector<FilterSpec>> filters_of(const RawDictionary& dictionary);

std::optional<std::uint64_t> number_in(std::string_view text);

}  // namespace lazaret::sandbox
