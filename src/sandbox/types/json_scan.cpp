#include "sandbox/types/json_scan.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kPart = 4096;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

JsonScan::State JsonScan::feed(std::string_view text) {
  for (const char c : text) {
    if (!is_sound_) break;
    is_sound_ = take(c);
  }
  if (is_sound_) return State::kSound;
  return is_too_deep_ ? State::kTooDeep : State::kBroken;
}

JsonScan::State JsonScan::finish() {
  const State state = feed(" ");  // ends a number
  if (state != State::kSound) return state;
  return expect_ == Expect::kNothing && inside_ == Inside::kNothing ? State::kSound : State::kBroken;
}

bool JsonScan::take(char c) {
  switch (inside_) {
    case Inside::kString:
      return take_string(c);
    case Inside::kEscape:
      return take_escape(c);
    case Inside::kHex:
      return take_hex(c);
    case Inside::kLiteral:
      return take_literal(c);
    case Inside::kNumber: {
      bool used = true;
      if (!take_number(c, used)) return false;
      return used || take_structure(c);
    }
    case Inside::kNothing:
      break;
  }
  return take_structure(c);
}

bool JsonScan::take_structure(char c) {
  if (is_blank(c)) return true;
  switch (expect_) {
    case Expect::kValueOrEnd:
      if (c == ']') return close('[');
      return begin_value(c);
    case Expect::kValue:
      return begin_value(c);
    case Expect::kNameOrEnd:
      if (c == '}') return close('{');
      [[fallthrough]];
    case Expect::kName:
      if (c != '"') return false;
      is_name_ = true;
      name_.clear();
      inside_ = Inside::kString;
      return true;
    case Expect::kColon:
      expect_ = Expect::kValue;
      return c == ':';
    case Expect::kCommaOrEnd:
      if (c == ',') {
        expect_ = levels_.back() == '{' ? Expect::kName : Expect::kValue;
        return true;
      }
      return (c == '}' && close('{')) || (c == ']' && close('['));
    case Expect::kNothing:
      return false;
  }
  return false;
}

bool JsonScan::begin_value(char c) {
  if (c == '{' || c == '[') return open(c);
  if (c == '"') {
    is_name_ = false;
    inside_ = Inside::kString;
    const bool is_member = !levels_.empty() && levels_.back() == '{';
    listener_.begin_string(is_member ? std::string_view(name_) : std::string_view{}, levels_.size());
    return true;
  }
  if (c == 't' || c == 'f' || c == 'n') {
    literal_ = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
    inside_ = Inside::kLiteral;
    return true;
  }
  if (c != '-' && !is_digit(c)) return false;
  inside_ = Inside::kNumber;
  number_state_ = c == '-' ? '-' : c == '0' ? '0' : '1';
  return true;
}

bool JsonScan::open(char bracket) {
  if (levels_.size() >= deepest_) {
    is_too_deep_ = true;
    return false;
  }
  levels_.push_back(bracket);
  name_.clear();
  expect_ = bracket == '{' ? Expect::kNameOrEnd : Expect::kValueOrEnd;
  return true;
}

bool JsonScan::close(char bracket) {
  if (levels_.empty() || levels_.back() != bracket) return false;
  levels_.pop_back();
  end_value();
  return true;
}

void JsonScan::end_value() {
  inside_ = Inside::kNothing;
  expect_ = levels_.empty() ? Expect::kNothing : Expect::kCommaOrEnd;
}

bool JsonScan::take_string(char c) {
  if (static_cast<unsigned char>(c) < 0x20) return false;
  if (c == '\\') {
    inside_ = Inside::kEscape;
    return true;
  }
  if (c != '"') {
    put(c);
    return true;
  }
  high_surrogate_ = 0;
  inside_ = Inside::kNothing;
  if (is_name_) {
    expect_ = Expect::kColon;
    return true;
  }
  flush();
  listener_.end_string();
  end_value();
  return true;
}

bool JsonScan::take_escape(char c) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (c == 'u') {
    inside_ = Inside::kHex;
    hex_digits_ = 0;
    unit_ = 0;
    return true;
  }
  const std::size_t place = kEscapes.find(c);
  if (place == std::string_view::npos) return false;
  put(kMeanings[place]);
  inside_ = Inside::kString;
  return true;
}

bool JsonScan::take_hex(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t value = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  if (value == std::string_view::npos) return false;
  unit_ = unit_ * 16 + static_cast<std::uint32_t>(value);
  if (++hex_digits_ < 4) return true;
  inside_ = Inside::kString;
  if (unit_ >= 0xD800 && unit_ < 0xDC00) {
    high_surrogate_ = unit_;
  } else if (unit_ >= 0xDC00 && unit_ < 0xE000 && high_surrogate_ != 0) {
    put_code_point(0x10000 + ((high_surrogate_ - 0xD800) << 10U) + (unit_ - 0xDC00));
  } else {
    put_code_point(unit_);
  }
  return true;
}

// States: '-' sign, '0' a lone zero, '1' whole digits, '.' point, '2' fraction, 'e' exponent, 's' its sign, '3' digits.
bool JsonScan::take_number(char c, bool& used) {
  const char state = number_state_;
  const bool in_digits = state == '1' || state == '2' || state == '3';
  const bool may_end = in_digits || state == '0';
  if (is_digit(c)) {
    if (state == '0') return false;
    if (state == '-') number_state_ = c == '0' ? '0' : '1';
    if (state == '.') number_state_ = '2';
    if (state == 'e' || state == 's') number_state_ = '3';
    return true;
  }
  if (c == '.' && (state == '0' || state == '1')) {
    number_state_ = '.';
    return true;
  }
  if ((c == 'e' || c == 'E') && (state == '0' || state == '1' || state == '2')) {
    number_state_ = 'e';
    return true;
  }
  if ((c == '+' || c == '-') && state == 'e') {
    number_state_ = 's';
    return true;
  }
  used = false;
  end_value();
  return may_end;
}

bool JsonScan::take_literal(char c) {
  if (literal_.front() != c) return false;
  literal_.remove_prefix(1);
  if (literal_.empty()) end_value();
  return true;
}

void JsonScan::put(char c) {
  if (is_name_) {
    if (name_.size() < kNameKept) name_.push_back(c);
    return;
  }
  part_.push_back(c);
  if (part_.size() >= kPart) flush();
}

void JsonScan::put_code_point(std::uint32_t code) {
  high_surrogate_ = 0;
  const auto byte = [this](std::uint32_t bits) { put(static_cast<char>(bits)); };
  if (code < 0x80) return byte(code);
  if (code >= 0x10000) {
    byte(0xF0U | (code >> 18U));
    byte(0x80U | ((code >> 12U) & 0x3FU));
  } else if (code >= 0x800) {
    byte(0xE0U | (code >> 12U));
  }
  if (code >= 0x800) {
    byte(0x80U | ((code >> 6U) & 0x3FU));
  } else {
    byte(0xC0U | (code >> 6U));
  }
  byte(0x80U | (code & 0x3FU));
}

void JsonScan::flush() {
  if (!part_.empty()) listener_.string_part(part_);
  part_.clear();
}

}  // namespace lazaret::sandbox
