// Log: one line per event, JSON in staging and production, readable in development. Thread-safe.
//
// A field is a name and a number, a truth or a text of our own; Secret and PatientText do not convert to one, so a line
// that would show them does not compile. Lines go to standard error whole, or not at all.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace lazaret {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
std::string_view to_string(LogLevel level);

enum class LogFormat : std::uint8_t { kText, kJson };

class LogField {
 public:
  using Value = std::variant<bool, std::int64_t, double, std::string_view>;

  LogField(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  LogField(std::string_view name, const std::string& value) : name_(name), value_(std::string_view(value)) {}
  LogField(std::string_view name, const char* value) : name_(name), value_(std::string_view(value)) {}
  LogField(std::string_view name, bool value) : name_(name), value_(value) {}
  LogField(std::string_view name, double value) : name_(name), value_(value) {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  LogField(std::string_view name, Number value) : name_(name), value_(static_cast<std::int64_t>(value)) {}

  std::string_view name() const { return name_; }
  const Value& value() const { return value_; }

 private:
  std::string_view name_;
  Value value_;
};

class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
  };
  // Without a `writer` lines go to standard error.
  Log(Options options, const Clock& clock, std::function<void(std::string_view line)> writer = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // `event` is a stable name: "request", "sweep", "inspector_died".
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;
  bool shows(LogLevel level) const { return level >= options_.level; }

 private:
  struct Sink;
  Options options_;
  const Clock& clock_;
  std::unique_ptr<Sink> sink_;
};

// One line, without its end: what write() hands to the sink. Control characters and invalid UTF-8 are escaped.
std::string format_log_line(LogFormat format, Timestamp time, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields);

}  // namespace lazaret
