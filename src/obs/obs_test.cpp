// Log lines and metrics, as their readers see them.
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/secret.h"
#include "obs/log.h"
#include "obs/metrics.h"

namespace lazaret {
namespace {

using testing::HasSubstr;
using testing::Not;

const Timestamp kTime = *parse_rfc3339("2026-11-24T17:33:00.123Z");

TEST(Log, WritesOneJsonObjectALine) {
  EXPECT_EQ(format_log_line(LogFormat::kJson, kTime, LogLevel::kInfo, "request",
                            {{"status", 201}, {"ms", 1.5}, {"route", "/api/documents"}, {"aborted", false}}),
            R"({"time":"2026-11-24T17:33:00.123Z","level":"info","event":"request","status":201,"ms":1.500,)"
            R"("route":"/api/documents","aborted":false})");
}

TEST(Log, WritesReadableLinesInDevelopment) {
  EXPECT_EQ(format_log_line(LogFormat::kText, kTime, LogLevel::kWarning, "sweep", {{"why", "disk is full"}, {"n", 3}}),
            "2026-11-24T17:33:00.123Z warning sweep why=\"disk is full\" n=3");
}

TEST(Log, LetsNoTextForgeALine) {
  const std::string line = format_log_line(LogFormat::kText, kTime, LogLevel::kInfo, "x", {{"a", "1\n2\x1b[0m\xff"}});
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  EXPECT_THAT(line, HasSubstr("\\u000a"));
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  const SystemClock clock;
  int lines = 0;
  const Log log({.level = LogLevel::kWarning}, clock, [&](std::string_view) { ++lines; });
  log.write(LogLevel::kInfo, "quiet", {});
  log.write(LogLevel::kError, "loud", {});
  EXPECT_EQ(lines, 1);
}

TEST(Log, DoesNotTakeSecretsOrPatientText) {
  static_assert(!std::is_constructible_v<LogField, std::string_view, Secret>);
  static_assert(!std::is_constructible_v<LogField, std::string_view, PatientText>);
}

TEST(Metrics, CountsRequestsByRouteAndStatus) {
  Metrics metrics;
  metrics.request({.route = "/api/documents", .method = "POST", .status = 201, .bytes_in = 10, .bytes_out = 5});
  EXPECT_THAT(metrics.text(),
              HasSubstr(R"(lazaret_http_requests_total{method="POST",route="/api/documents",status="201"} 1)"));
}

TEST(Metrics, ReadsItsGaugesWhenScraped) {
  Metrics metrics;
  double value = 1;
  metrics.watch("lazaret_uploads_in_flight", "Uploads admitted and not yet answered.", [&] { return value; });
  EXPECT_THAT(metrics.text(), HasSubstr("lazaret_uploads_in_flight 1"));
  value = 7;
  EXPECT_THAT(metrics.text(), HasSubstr("lazaret_uploads_in_flight 7"));
}

TEST(Metrics, CountsStoreCallsAndInspections) {
  Metrics metrics;
  metrics.store_call("metadata", "commit", "ok", std::chrono::microseconds{900});
  metrics.inspection("malicious", std::chrono::microseconds{2000});
  metrics.antivirus_call("scan", "unavailable", std::chrono::microseconds{300});
  metrics.swept("pending", 3);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr(R"(lazaret_store_calls_total{call="commit",outcome="ok",store="metadata"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(lazaret_inspections_total{outcome="malicious"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(lazaret_antivirus_calls_total{call="scan",outcome="unavailable"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(lazaret_antivirus_call_duration_seconds_count{call="scan"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(lazaret_swept_total{kind="pending"} 3)"));
}

}  // namespace
}  // namespace lazaret
