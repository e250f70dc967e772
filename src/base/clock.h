// Clock and Timestamp. Time is injected: nothing but SystemClock reads the machine's clocks.
// Timestamps are UTC with milliseconds, the resolution of the API and of both stores.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// Thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  virtual std::chrono::steady_clock::time_point steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
  std::chrono::steady_clock::time_point steady_now() const override;
};

// "2026-11-24T17:33:00.123Z". Years 0000 to 9999; outside them the nearest bound is written.
std::string format_rfc3339(Timestamp time);

// RFC 3339 date-time with any offset, `T` or `t`, `Z` or `z`; digits beyond milliseconds are cut. A leap second (60)
// reads as the second after. Anything else, and impossible dates, is nullopt.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

// RFC 3339 full-date "2026-11-24": the first millisecond of that UTC day.
std::optional<Timestamp> parse_date(std::string_view text);

// IMF-fixdate of RFC 9110, "Tue, 24 Nov 2026 17:33:00 GMT".
std::string format_http_date(Timestamp time);

}  // namespace lazaret
