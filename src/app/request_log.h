// RequestLog: what the API tells of its requests, as one log line and one metrics sample each.
#pragma once

#include "http/observer.h"
#include "obs/log.h"
#include "obs/metrics.h"

namespace lazaret {

class RequestLog final : public http::RequestObserver {
 public:
  RequestLog(const Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  void request(const http::RequestEvent& event) override {
    const http::RequestRecord& record = event.record;
    metrics_.request({.route = event.route,
                      .method = event.method,
                      .status = record.status,
                      .bytes_in = record.bytes_in,
                      .bytes_out = record.bytes_out,
                      .duration = record.duration});
    if (!log_.shows(LogLevel::kInfo)) return;
    log_.write(LogLevel::kInfo, "request",
               {{"request_id", event.request_id},
                {"method", event.method},
                {"route", event.route},
                {"status", record.status},
                {"ms", static_cast<double>(record.duration.count()) / 1000.0},
                {"bytes_in", record.bytes_in},
                {"bytes_out", record.bytes_out},
                {"document", event.document_id},
                {"caller", event.caller},
                {"client", event.client},
                {"code", event.problem_code},
                {"aborted", record.aborted}});
  }

  void failure(std::string_view request_id, const Error& error) override {
    log_.write(LogLevel::kError, "failure",
               {{"request_id", request_id}, {"code", to_string(error.code)}, {"detail", error.detail}});
  }

 private:
  const Log& log_;
  Metrics& metrics_;
};

}  // namespace lazaret
