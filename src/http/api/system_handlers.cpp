#include "http/api/system_handlers.h"

#include <algorithm>

#include "http/api/json_writer.h"

namespace lazaret::http {
namespace {

constexpr std::chrono::seconds kAskAgainAfter{1};
constexpr std::chrono::seconds kProbeTime{2};
constexpr std::string_view kHomePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Response text_response(std::string_view content_type, std::string text) {
  Response response;
  response.headers.add("Content-Type", std::string(content_type));
  response.body = std::move(text);
  return response;
}

std::string check_json(bool works) {
  return works ? R"({"status":"ok"})" : R"({"status":"failing"})";
}

}  // namespace

Response SystemHandlers::health() const {
  return json_response(
      200, JsonWriter().text("status", "ok").text("service", "lazaret").text("version", parts_.version).finish());
}

Response SystemHandlers::live() const {
  return json_response(200, R"({"status":"ok"})");
}

SystemHandlers::Readiness SystemHandlers::ask(const Call& call) {
  const auto now = parts_.clock.steady_now();
  const Call bounded{std::min(call.deadline, now + kProbeTime), call.stop, call.request_id};
  const auto works = [&](const Result<void>& probed) {
    if (!probed) parts_.observer.failure(call.request_id, probed.error());
    return probed.has_value();
  };
  return {works(parts_.objects.probe(bounded)), works(parts_.metadata.probe(bounded)),
          works(parts_.inspector.probe(bounded)), now, true};
}

// What is known, asked again where it is old. While another request asks, what was known before; nothing known yet is
// not ready.
SystemHandlers::Readiness SystemHandlers::current(const Call& call) {
  const std::unique_lock asking(asking_, std::try_to_lock);
  {
    const std::lock_guard lock(mutex_);
    const bool fresh = readiness_.known && parts_.clock.steady_now() - readiness_.asked < kAskAgainAfter;
    if (fresh || !asking.owns_lock()) return readiness_;
  }
  const Readiness asked = ask(call);
  const std::lock_guard lock(mutex_);
  readiness_ = asked;
  return asked;
}

Response SystemHandlers::ready(const Call& call) {
  const Readiness readiness = current(call);
  const bool all = readiness.objects && readiness.metadata && readiness.inspector;
  const std::string checks = JsonWriter()
                                 .raw("object_store", check_json(readiness.objects))
                                 .raw("metadata_store", check_json(readiness.metadata))
                                 .raw("inspector", check_json(readiness.inspector))
                                 .finish();
  const std::string_view status = draining_ ? "draining" : all ? "ok" : "failing";
  Response response =
      json_response(draining_ || !all ? 503 : 200, JsonWriter().text("status", status).raw("checks", checks).finish());
  if (response.status == 503) response.headers.add("Retry-After", "5");
  return response;
}

Response SystemHandlers::metrics() const {
  return text_response("text/plain; version=0.0.4; charset=utf-8", parts_.metrics ? parts_.metrics() : "");
}

Response SystemHandlers::openapi() const {
  Response response = json_response(200, std::string(openapi_document()));
  response.headers.add("Cache-Control", "no-cache");
  return response;
}

Response SystemHandlers::home() const {
  Response response = text_response("text/html; charset=utf-8", std::string(home_page()));
  response.headers.add("Content-Security-Policy", std::string(kHomePolicy));
  response.headers.add("Cache-Control", "no-cache");
  return response;
}

}  // namespace lazaret::http
