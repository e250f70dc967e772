#include "http/multipart_head.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/encoding.h"
#include "http/message.h"

namespace lazaret::http {
namespace {

constexpr std::size_t kMaxBoundary = 70;
constexpr std::size_t kMaxParameters = 16;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_token_character(char c) {
  return is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string_view take_token(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_token_character(text[size]))
    ++size;
  const std::string_view token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

// The inside of a quoted-string. Only `\"` and `\\` are escapes: old browsers send paths with plain backslashes.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escape) ++i;
    value += text[i];
  }
  return std::nullopt;
}

struct Parameter {
  std::string name;  // lower case
  std::string value;
  bool quoted = false;
};

// `text` is what follows the first token: *( OWS ";" OWS name "=" ( token / quoted-string ) ). A name given twice is
// refused: two parsers would not agree which counts.
std::optional<std::vector<Parameter>> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (text.front() != ';' || parameters.size() == kMaxParameters) return std::nullopt;
    text = trim(text.substr(1));
    if (text.empty()) break;  // a closing semicolon
    Parameter parameter;
    parameter.name = ascii_lowered(take_token(text));
    if (parameter.name.empty() || text.empty() || text.front() != '=') return std::nullopt;
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '"') {
      auto value = take_quoted(text);
      if (!value) return std::nullopt;
      parameter.value = *std::move(value);
      parameter.quoted = true;
    } else {
      parameter.value = take_token(text);
      if (parameter.value.empty()) return std::nullopt;
    }
    if (std::ranges::find(parameters, parameter.name, &Parameter::name) != parameters.end()) return std::nullopt;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

// What browsers write for characters that would end the quoted-string (WHATWG: `"`, CR and LF, and nothing else).
std::string undo_browser_escapes(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEscapes{
      {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}, {"%0d", '\r'}, {"%0a", '\n'}}};
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto* escape = std::ranges::find(kEscapes, text.substr(i, 3), &std::pair<std::string_view, char>::first);
    const bool found = escape != kEscapes.end();
    plain += found ? escape->second : text[i];
    i += found ? 3 : 1;
  }
  return plain;
}

// RFC 8187: UTF-8'[language]'percent-encoded.
std::expected<std::string, MultipartFault> decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return std::unexpected(MultipartFault::kBadDisposition);
  if (!equal_ignoring_case(value.substr(0, first), "UTF-8")) return std::unexpected(MultipartFault::kNotUtf8);
  auto text = percent_decode(value.substr(second + 1));
  if (!text) return std::unexpected(MultipartFault::kBadDisposition);
  return *std::move(text);
}

std::expected<void, MultipartFault> check_text(std::string_view text) {
  if (!is_valid_utf8(text)) return std::unexpected(MultipartFault::kNotUtf8);
  if (text.contains('\0')) return std::unexpected(MultipartFault::kBadDisposition);
  return {};
}

std::expected<void, MultipartFault> read_disposition(std::string_view value, PartHead& head) {
  if (!equal_ignoring_case(take_token(value), "form-data")) return std::unexpected(MultipartFault::kBadDisposition);
  auto parameters = parse_parameters(value);
  if (!parameters) return std::unexpected(MultipartFault::kBadDisposition);
  bool named = false;
  std::optional<std::string> filename;
  std::optional<std::string> extended;
  for (Parameter& parameter : *parameters) {
    if (parameter.name == "name") {
      head.name = undo_browser_escapes(parameter.value);
      named = true;
    } else if (parameter.name == "filename") {
      filename = undo_browser_escapes(parameter.value);
    } else if (parameter.name == "filename*") {
      if (parameter.quoted) return std::unexpected(MultipartFault::kBadDisposition);
      auto decoded = decode_extended(parameter.value);
      if (!decoded) return std::unexpected(decoded.error());
      extended = *std::move(decoded);
    }
  }
  if (!named) return std::unexpected(MultipartFault::kBadDisposition);
  // Both forms must be sound, also the one that loses.
  for (const std::string* text : {&head.name, filename ? &*filename : nullptr, extended ? &*extended : nullptr}) {
    if (text == nullptr) continue;
    if (auto checked = check_text(*text); !checked) return checked;
  }
  if (extended) {
    head.filename = PatientText(*std::move(extended));
  } else if (filename) {
    head.filename = PatientText(*std::move(filename));
  }
  return {};
}

std::expected<void, MultipartFault> read_type(std::string_view value, PartHead& head) {
  std::string_view rest = value;
  const std::string_view type = take_token(rest);
  if (type.empty() || !rest.starts_with('/')) return std::unexpected(MultipartFault::kBadPartType);
  rest.remove_prefix(1);
  if (take_token(rest).empty() || !parse_parameters(rest)) return std::unexpected(MultipartFault::kBadPartType);
  const auto visible = [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; };
  if (!std::ranges::all_of(value, visible)) return std::unexpected(MultipartFault::kBadPartType);
  if (equal_ignoring_case(type, "multipart")) return std::unexpected(MultipartFault::kNestedMultipart);
  head.content_type = value;
  return {};
}

std::expected<void, MultipartFault> read_encoding(std::string_view value) {
  for (const std::string_view plain : {"7bit", "8bit", "binary"}) {
    if (equal_ignoring_case(value, plain)) return {};
  }
  return std::unexpected(MultipartFault::kEncodedPart);
}

struct Field {
  std::string_view name;
  std::string_view value;
};

std::optional<Field> parse_field(std::string_view line) {
  std::string_view rest = line;
  const std::string_view name = take_token(rest);
  // A line that begins with a blank (folding) has no token; a blank before the colon is refused alike.
  if (name.empty() || !rest.starts_with(':')) return std::nullopt;
  const std::string_view value = trim(rest.substr(1));
  const auto control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
  if (std::ranges::any_of(value, control)) return std::nullopt;
  return Field{name, value};
}

bool is_boundary_character(char c) {
  return is_alnum(c) || std::string_view("'()+_,-./:=? ").contains(c);
}

}  // namespace

std::expected<PartHead, MultipartFault> parse_part_head(std::string_view block) {
  PartHead head;
  bool disposition = false;
  bool type = false;
  bool encoding = false;
  while (!block.empty()) {
    const std::size_t end = block.find("\r\n");
    if (end == std::string_view::npos) return std::unexpected(MultipartFault::kBadPartHeader);
    const auto field = parse_field(block.substr(0, end));
    if (!field) return std::unexpected(MultipartFault::kBadPartHeader);
    block.remove_prefix(end + 2);

    std::expected<void, MultipartFault> read;
    bool repeated = false;
    if (equal_ignoring_case(field->name, "Content-Disposition")) {
      repeated = std::exchange(disposition, true);
      read = read_disposition(field->value, head);
    } else if (equal_ignoring_case(field->name, "Content-Type")) {
      repeated = std::exchange(type, true);
      read = read_type(field->value, head);
    } else if (equal_ignoring_case(field->name, "Content-Transfer-Encoding")) {
      repeated = std::exchange(encoding, true);
      read = read_encoding(field->value);
    }
    if (repeated) return std::unexpected(MultipartFault::kRepeatedPartHeader);
    if (!read) return std::unexpected(read.error());
  }
  if (!disposition) return std::unexpected(MultipartFault::kBadDisposition);
  return head;
}

std::expected<std::string, MultipartFault> multipart_boundary(std::string_view content_type) {
  std::string_view rest = trim(content_type);
  const std::string_view type = take_token(rest);
  const bool slash = rest.starts_with('/');
  if (slash) rest.remove_prefix(1);
  if (!slash || !equal_ignoring_case(type, "multipart") || !equal_ignoring_case(take_token(rest), "form-data"))
    return std::unexpected(MultipartFault::kNotFormData);
  auto parameters = parse_parameters(rest);
  if (!parameters) return std::unexpected(MultipartFault::kBadBoundary);
  const auto boundary = std::ranges::find(*parameters, "boundary", &Parameter::name);
  if (boundary == parameters->end()) return std::unexpected(MultipartFault::kBadBoundary);
  const std::string& value = boundary->value;
  const bool legal = !value.empty() && value.size() <= kMaxBoundary && value.back() != ' ' &&
                     std::ranges::all_of(value, is_boundary_character);
  if (!legal) return std::unexpected(MultipartFault::kBadBoundary);
  return value;
}

}  // namespace lazaret::http
