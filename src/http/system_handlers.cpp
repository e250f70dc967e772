#include "http/system_handlers.h"

#include "http/json_writer.h"

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

void SystemHandlers::ask(const Call& call, const Request& request) {
  const auto now = parts_.clock.steady_now();
  if (readiness_.known && now - readiness_.asked < kAskAgainAfter) return;
  const Call bounded{std::min(call.deadline, now + kProbeTime), call.stop, call.request_id};
  const auto works = [&](const Result<void>& probed) {
    if (!probed) parts_.observer.failure(request.head.request_id, probed.error());
    return probed.has_value();
  };
  readiness_ = {works(parts_.objects.probe(bounded)), works(parts_.metadata.probe(bounded)),
                works(parts_.inspector.probe(bounded)), now, true};
}

Response SystemHandlers::ready(const Call& call, const Request& request) {
  const std::lock_guard lock(mutex_);
  ask(call, request);
  const bool all = readiness_.objects && readiness_.metadata && readiness_.inspector;
  const std::string checks = JsonWriter()
                                 .raw("object_store", check_json(readiness_.objects))
                                 .raw("metadata_store", check_json(readiness_.metadata))
                                 .raw("inspector", check_json(readiness_.inspector))
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
