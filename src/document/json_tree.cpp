#include "document/json_tree.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

#include "base/encoding.h"

namespace lazaret::json {
namespace {

using boost::json::string_view;
using ParserError = boost::json::error_code;

constexpr std::size_t kMaxDigits = 38;  // what DynamoDB's numbers keep
constexpr std::int64_t kMaxExponent = 125;
constexpr std::int64_t kMinExponent = -130;

// A number as JSON writes it, taken apart: only what its size depends on.
struct NumberShape {
  std::size_t significant_digits = 0;
  std::int64_t exponent = 0;  // of the first significant digit
};

// Precondition: JSON's grammar for numbers. nullopt where the written exponent is beyond any use.
std::optional<NumberShape> measure(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view written = number.substr(e + 1);
    if (written.starts_with('+')) written.remove_prefix(1);
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), exponent);
    if (error != std::errc{} || exponent > 1'000'000 || exponent < -1'000'000) return std::nullopt;
    number = number.substr(0, e);
  }
  std::string digits;
  std::size_t before_dot = std::string::npos;
  for (const char c : number) {
    if (c == '.') before_dot = digits.size();
    if (c >= '0' && c <= '9') digits += c;
  }
  if (before_dot == std::string::npos) before_dot = digits.size();
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return NumberShape{};  // zero
  const std::size_t last = digits.find_last_not_of('0');
  return NumberShape{last - first + 1,
                     exponent + static_cast<std::int64_t>(before_dot) - static_cast<std::int64_t>(first) - 1};
}

Fault number_fault(std::string where) {
  return {std::move(where), "number_out_of_range",
          "A number may have at most 38 significant digits and lie between 1e-130 and 1e126."};
}

// Builds the tree from the parser's events and refuses what the grammar allows but we do not. The names of the
// constants and of the functions are Boost.JSON's.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);  // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);   // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);     // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);  // NOLINT(readability-identifier-naming)

  Builder(std::string pointer, JsonLimits limits) : pointer_(std::move(pointer)), limits_(limits) {}

  Node take_root() { return std::move(root_); }
  std::optional<Fault> take_fault() { return std::move(fault_); }
  std::string where() const {
    std::string pointer = pointer_;
    for (const Node& node : open_) {
      if (node.kind == Kind::kArray) {
        pointer = pointer_below(pointer, node.items.size());
      } else if (node.names.size() > node.items.size()) {
        pointer = pointer_below(pointer, node.names.back());
      }
    }
    return pointer;
  }

  bool on_document_begin(ParserError&) { return true; }
  bool on_document_end(ParserError&) { return true; }
  bool on_object_begin(ParserError& error) { return open(Kind::kObject, error); }
  bool on_array_begin(ParserError& error) { return open(Kind::kArray, error); }
  bool on_object_end(std::size_t, ParserError& error) { return check_names(error) && close(error); }
  bool on_array_end(std::size_t, ParserError& error) { return close(error); }

  bool on_key_part(string_view part, std::size_t, ParserError& error) { return collect(part, error); }
  bool on_key(string_view part, std::size_t, ParserError& error) {
    if (!collect(part, error) || !spend(3, error)) return false;
    open_.back().names.push_back(std::exchange(text_, {}));
    return check_characters(open_.back().names.back(), error);
  }
  bool on_string_part(string_view part, std::size_t, ParserError& error) { return collect(part, error); }
  bool on_string(string_view part, std::size_t, ParserError& error) {
    if (!collect(part, error) || !spend(2, error)) return false;
    Node node{.kind = Kind::kString, .text = std::exchange(text_, {})};
    return check_characters(node.text, error) && put(std::move(node), error);
  }
  bool on_number_part(string_view part, ParserError& error) { return collect(part, error); }
  bool on_int64(std::int64_t, string_view part, ParserError& error) { return number(part, error); }
  bool on_uint64(std::uint64_t, string_view part, ParserError& error) { return number(part, error); }
  bool on_double(double, string_view part, ParserError& error) { return number(part, error); }
  bool on_bool(bool value, ParserError& error) {
    return spend(4, error) && put(Node{.kind = Kind::kBoolean, .boolean = value}, error);
  }
  bool on_null(ParserError& error) { return spend(4, error) && put(Node{}, error); }
  bool on_comment_part(string_view, ParserError&) { return true; }
  bool on_comment(string_view, ParserError&) { return true; }

 private:
  bool refuse(Fault fault, ParserError& error) {
    fault_ = std::move(fault);
    error = boost::json::error::syntax;  // any error stops the parser; the fault is what is told
    return false;
  }

  // Counts what the compact form takes at least, so that the tree cannot outgrow its text's limit by much.
  bool spend(std::size_t bytes, ParserError& error) {
    spent_ += bytes;
    if (spent_ <= limits_.bytes) return true;
    return refuse(
        {pointer_, "too_long", "This may be at most " + std::to_string(limits_.bytes) + " bytes as compact JSON."},
        error);
  }

  bool collect(string_view part, ParserError& error) {
    text_.append(part.data(), part.size());
    return spend(part.size(), error);
  }

  bool number(string_view part, ParserError& error) {
    if (!collect(part, error)) return false;
    Node node{.kind = Kind::kNumber, .text = std::exchange(text_, {})};
    const auto shape = measure(node.text);
    if (!shape || shape->significant_digits > kMaxDigits || shape->exponent > kMaxExponent ||
        shape->exponent < kMinExponent) {
      return refuse(number_fault(where()), error);
    }
    return put(std::move(node), error);
  }

  bool check_characters(std::string_view text, ParserError& error) {
    if (text.find('\0') == std::string_view::npos) return true;
    return refuse({where(), "invalid_character", "U+0000 cannot be stored."}, error);
  }

  bool check_names(ParserError& error) {
    const std::vector<std::string>& names = open_.back().names;
    std::vector<std::string_view> sorted(names.begin(), names.end());
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice == sorted.end()) return true;
    const std::string name(*twice);
    return refuse({pointer_below(where(), name), "duplicate_name", "This member is there more than once."}, error);
  }

  bool open(Kind kind, ParserError& error) {
    if (open_.size() >= static_cast<std::size_t>(limits_.depth)) {
      return refuse(
          {where(), "too_deep", "Nesting may be at most " + std::to_string(limits_.depth) + " levels deep here."},
          error);
    }
    if (!spend(2, error)) return false;
    open_.push_back(Node{.kind = kind});
    return true;
  }

  bool close(ParserError& error) {
    Node node = std::move(open_.back());
    open_.pop_back();
    return put(std::move(node), error);
  }

  bool put(Node&& node, ParserError& error) {
    if (open_.empty()) {
      root_ = std::move(node);
      return true;
    }
    std::vector<Node>& items = open_.back().items;
    items.push_back(std::move(node));
    return items.size() == 1 || spend(1, error);  // the comma
  }

  std::string pointer_;
  JsonLimits limits_;
  std::vector<Node> open_;  // containers not closed yet, outermost first
  Node root_;
  std::string text_;  // of the string, name or number being read
  std::size_t spent_ = 0;
  std::optional<Fault> fault_;
};

std::unexpected<Error> malformed(std::string_view pointer, std::string sentence) {
  return fail_with(ErrorCode::kMalformedJson, {{std::string(pointer), "malformed_json", std::move(sentence)}});
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

Result<Node> parse(std::string_view text, std::string_view pointer, const JsonLimits& limits) {
  if (!is_valid_utf8(text)) return malformed(pointer, "This is not valid UTF-8.");
  boost::json::parse_options options;
  options.max_depth = static_cast<std::size_t>(limits.depth) + 1;  // our own check comes first
  boost::json::basic_parser<Builder> parser(options, std::string(pointer), limits);
  ParserError error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read == text.size()) return parser.handler().take_root();
  if (auto fault = parser.handler().take_fault()) return fail_with(ErrorCode::kInvalidField, {std::move(*fault)});
  if (error == boost::json::error::exponent_overflow) {
    return fail_with(ErrorCode::kInvalidField, {number_fault(parser.handler().where())});
  }
  return malformed(pointer, "This is not valid JSON, from byte " + std::to_string(read) + " on.");
}

void append(std::string& out, const Node& node) {
  switch (node.kind) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBoolean:
      out += node.boolean ? "true" : "false";
      return;
    case Kind::kNumber:
      out += node.text;
      return;
    case Kind::kString:
      append_json_string(out, node.text);
      return;
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  const bool object = node.kind == Kind::kObject;
  out += object ? '{' : '[';
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) out += ',';
    if (object) {
      append_json_string(out, node.names[i]);
      out += ':';
    }
    append(out, node.items[i]);
  }
  out += object ? '}' : ']';
}

std::string to_text(const Node& node) {
  std::string text;
  append(text, node);
  return text;
}

void merge(Node& target, Node patch) {
  if (patch.kind != Kind::kObject) {
    target = std::move(patch);
    return;
  }
  if (target.kind != Kind::kObject) target = Node{.kind = Kind::kObject};
  // By index: a member list may hold thousands of names, and its storage moves while it grows.
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < target.names.size(); ++i)
    places.emplace(target.names[i], i);
  std::vector<bool> gone(target.names.size(), false);
  for (std::size_t i = 0; i < patch.names.size(); ++i) {
    const auto place = places.find(patch.names[i]);
    Node& value = patch.items[i];
    if (place != places.end()) {
      if (value.kind == Kind::kNull) {
        gone[place->second] = true;
      } else {
        merge(target.items[place->second], std::move(value));
      }
    } else if (value.kind != Kind::kNull) {
      Node fresh;
      merge(fresh, std::move(value));
      target.names.push_back(std::move(patch.names[i]));
      target.items.push_back(std::move(fresh));
      gone.push_back(false);
    }
  }
  Node kept{.kind = Kind::kObject};
  for (std::size_t i = 0; i < target.names.size(); ++i) {
    if (gone[i]) continue;
    kept.names.push_back(std::move(target.names[i]));
    kept.items.push_back(std::move(target.items[i]));
  }
  target = std::move(kept);
}

std::string pointer_below(std::string_view pointer, std::string_view name) {
  std::string below(pointer);
  below += '/';
  for (const char c : name) {
    if (c == '~') {
      below += "~0";
    } else if (c == '/') {
      below += "~1";
    } else {
      below += c;
    }
  }
  return below;
}

std::string pointer_below(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

}  // namespace lazaret::json
