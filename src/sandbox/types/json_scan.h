// JsonScan: follows JSON byte by byte without building anything: whether it is well-formed, how deep it is, and its
// strings, decoded, for whoever listens. Holds one bit for each level and a few bytes of the last name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::sandbox {

class JsonListener {
 public:
  JsonListener() = default;
  JsonListener(const JsonListener&) = delete;
  JsonListener& operator=(const JsonListener&) = delete;
  virtual ~JsonListener() = default;
  // A string that is a value: the member's name (its first kNameKept bytes; empty in an array) and its level, from 1.
  virtual void begin_string(std::string_view name, std::size_t level) = 0;
  virtual void string_part(std::string_view text) = 0;
  virtual void end_string() = 0;
};

class JsonScan {
 public:
  enum class State { kSound, kBroken, kTooDeep };
  static constexpr std::size_t kNameKept = 32;

  JsonScan(JsonListener& listener, std::size_t deepest) : listener_(listener), deepest_(deepest) {}
  JsonScan(const JsonScan&) = delete;
  JsonScan& operator=(const JsonScan&) = delete;

  // Once it answers something else than kSound, it stays so.
  State feed(std::string_view text);
  // kBroken where the text ended too soon.
  State finish();

 private:
  enum class Expect { kValue, kValueOrEnd, kName, kNameOrEnd, kColon, kCommaOrEnd, kNothing };
  enum class Inside { kNothing, kString, kEscape, kHex, kNumber, kLiteral };

  bool take(char c);
  bool take_structure(char c);
  bool begin_value(char c);
  bool open(char bracket);
  bool close(char bracket);
  bool take_string(char c);
  bool take_escape(char c);
  bool take_hex(char c);
  bool take_number(char c, bool& used);
  bool take_literal(char c);
  void end_value();
  void put(char c);
  void put_code_point(std::uint32_t code);
  void flush();

  JsonListener& listener_;
  const std::size_t deepest_;
  std::string levels_;  // of brackets that are open
  std::string name_;
  std::string part_;  // of the string, decoded
  std::string_view literal_;
  Expect expect_ = Expect::kValue;
  Inside inside_ = Inside::kNothing;
  bool is_name_ = false;
  bool is_too_deep_ = false;
  bool is_sound_ = true;
  char number_state_ = '\0';
  int hex_digits_ = 0;
  std::uint32_t unit_ = 0;
  std::uint32_t high_surrogate_ = 0;
};

}  // namespace lazaret::sandbox
