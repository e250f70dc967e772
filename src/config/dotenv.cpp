#include "config/dotenv.h"

#include <algorithm>
#include <cctype>
#include <expected>
#include <utility>

#include <fmt/format.h>

namespace lazaret::config {
namespace {

using Value = std::expected<std::string, std::string>;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

// After a closing quote only a comment may follow.
bool is_tail(std::string_view text) {
  const std::string_view rest = trim(text);
  return rest.empty() || (rest.starts_with('#') && (text.front() == ' ' || text.front() == '\t'));
}

Value single_quoted(std::string_view text) {
  const auto end = text.find('\'');
  if (end == std::string_view::npos) return std::unexpected("a single quote is not closed");
  if (!is_tail(text.substr(end + 1))) return std::unexpected("text follows the closing quote");
  return std::string(text.substr(0, end));
}

Value double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!is_tail(text.substr(i + 1))) return std::unexpected("text follows the closing quote");
      return value;
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    const char next = text[++i];
    switch (next) {
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      case '"':
      case '\\':
      case '$':
        value += next;
        break;
      default:
        value += '\\', value += next;
        break;
    }
  }
  return std::unexpected("a double quote is not closed");
}

std::string unquoted(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '#' && (text[i - 1] == ' ' || text[i - 1] == '\t')) return std::string(trim(text.substr(0, i)));
  }
  return text.starts_with('#') ? std::string() : std::string(text);
}

Value parse_value(std::string_view text) {
  if (text.starts_with('\'')) return single_quoted(text.substr(1));
  if (text.starts_with('"')) return double_quoted(text.substr(1));
  return unquoted(text);
}

// One line that is neither empty nor a comment.
std::expected<DotenvEntry, std::string> parse_line(std::string_view line) {
  if (line.starts_with("export ") || line.starts_with("export\t")) line = trim(line.substr(7));
  const auto equals = line.find('=');
  const std::string_view name = trim(line.substr(0, equals));
  if (equals == std::string_view::npos || !is_name(name)) return std::unexpected("it is not NAME=value");
  if (line.find('\0') != std::string_view::npos) return std::unexpected("it holds a NUL character");
  auto value = parse_value(trim(line.substr(equals + 1)));
  if (!value) return std::unexpected(std::move(value.error()));
  return DotenvEntry{std::string(name), std::move(*value), 0};
}

}  // namespace

Dotenv parse_dotenv(std::string_view text) {
  Dotenv dotenv;
  const auto limit = [&](std::string_view what) { dotenv.faults.push_back({".env", "too_large", std::string(what)}); };
  if (text.size() > kMaxDotenvBytes) {
    limit("The file .env may hold at most 64 KiB.");
    return dotenv;
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (dotenv.entries.size() == kMaxDotenvEntries || dotenv.faults.size() == kMaxDotenvFaults) {
      limit(fmt::format("The file .env is not read beyond line {}: it has too many lines or too many faults.", number));
      return dotenv;
    }
    auto entry = parse_line(line);
    if (entry && std::ranges::find(dotenv.entries, entry->name, &DotenvEntry::name) != dotenv.entries.end()) {
      entry = std::unexpected(fmt::format("{} is given twice", entry->name));
    }
    if (!entry) {
      dotenv.faults.push_back({".env", "malformed", fmt::format("Line {} of .env: {}.", number, entry.error())});
      continue;
    }
    entry->line = number;
    dotenv.entries.push_back(std::move(*entry));
  }
  return dotenv;
}

}  // namespace lazaret::config
