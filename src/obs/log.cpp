#include "obs/log.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/encoding.h"

namespace lazaret {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  const bool utf8 = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

// In readable lines a plain word needs no quotes.
bool is_plain(std::string_view text) {
  return !text.empty() && text.find_first_of(" \"\\=") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void append_value(std::string& out, const LogField::Value& value, LogFormat format) {
  if (const auto* truth = std::get_if<bool>(&value)) {
    out += *truth ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    fmt::format_to(std::back_inserter(out), "{:.3f}", *real);
  } else {
    const std::string_view text = std::get<std::string_view>(value);
    if (format == LogFormat::kText && is_plain(text)) {
      out += text;
    } else {
      append_quoted(out, text);
    }
  }
}

}  // namespace

std::string_view to_string(LogLevel level) {
  static constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
  return kNames.at(std::to_underlying(level));
}

std::string format_log_line(LogFormat format, Timestamp time, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields) {
  std::string line;
  line.reserve(256);
  if (format == LogFormat::kJson) {
    fmt::format_to(std::back_inserter(line), R"({{"time":"{}","level":"{}","event":)", format_rfc3339(time),
                   to_string(level));
    append_quoted(line, event);
    for (const LogField& field : fields) {
      line += ',';
      append_quoted(line, field.name());
      line += ':';
      append_value(line, field.value(), format);
    }
    line += '}';
    return line;
  }
  fmt::format_to(std::back_inserter(line), "{} {:<7} {}", format_rfc3339(time), to_string(level), event);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name();
    line += '=';
    append_value(line, field.value(), format);
  }
  return line;
}

struct Log::Sink {
  std::function<void(std::string_view)> writer;
  std::shared_ptr<spdlog::sinks::stderr_sink_mt> standard_error;
};

Log::Log(Options options, const Clock& clock, std::function<void(std::string_view line)> writer)
    : options_(options), clock_(clock), sink_(std::make_unique<Sink>()) {
  sink_->writer = std::move(writer);
  if (sink_->writer) return;
  sink_->standard_error = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink_->standard_error->set_pattern("%v");
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
  if (!shows(level)) return;
  const std::string line = format_log_line(options_.format, clock_.now(), level, event, fields);
  if (sink_->writer) {
    sink_->writer(line);
    return;
  }
  sink_->standard_error->log(spdlog::details::log_msg("lazaret", spdlog::level::info, line));
}

}  // namespace lazaret
