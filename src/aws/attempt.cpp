#include "aws/attempt.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "aws/retry.h"

namespace lazaret::aws {
namespace {

// Nothing changes on the other side, however often it is asked.
bool only_reads(const Operation& operation) {
  return operation.method == Method::kGet || operation.method == Method::kHead;
}

Result<Digest> hash_of(const FilePart& part) {
  Sha256 hash;
  std::array<std::byte, std::size_t{64} * 1024> chunk{};
  std::uint64_t done = 0;
  while (done < part.length) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), part.length - done));
    const ssize_t got = ::pread(part.fd, chunk.data(), wanted, static_cast<off_t>(part.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read of the file to send", errno));
    if (got == 0) return fail(ErrorCode::kCorrupt, "the file to send is shorter than it was");
    hash.update(std::span(chunk.data(), static_cast<std::size_t>(got)));
    done += static_cast<std::uint64_t>(got);
  }
  return hash.finish();
}

// Messages of data operations may quote what was sent, and that may name a patient: only those that an operator must
// act on, and that are about access or place, are kept.
bool message_is_for_operators(const HttpResponse& response, const ErrorAnswer& answer, Remedy remedy) {
  return response.status == 401 || response.status == 403 || response.status / 100 == 3 ||
         answer.code.starts_with("AccessDenied") || remedy == Remedy::kMendClock || remedy == Remedy::kNewCredentials ||
         remedy == Remedy::kOtherRegion;
}

std::string describe(const Operation& operation, const HttpResponse& response, const ErrorAnswer& answer,
                     Remedy remedy) {
  std::string text = operation.name + ": " + std::to_string(response.status);
  if (!answer.code.empty()) text += " " + answer.code;
  if (!answer.message.empty() && message_is_for_operators(response, answer, remedy)) text += ": " + answer.message;
  if (!answer.region.empty() && remedy == Remedy::kOtherRegion) text += " (the bucket is in " + answer.region + ")";
  if (!answer.request_id.empty()) text += " (request " + answer.request_id + ")";
  return text;
}

// For the caller, once the loop has given up.
Retry retry_after(Remedy remedy, bool perhaps_applied) {
  if (perhaps_applied) return Retry::kAmbiguous;
  const bool passes = remedy == Remedy::kRepeat || remedy == Remedy::kSlowDown || remedy == Remedy::kSendAgain;
  return passes ? Retry::kSafe : Retry::kNever;
}

// Where the answer is a HEAD's there is no body to say why; S3 names the region in a header all the same.
bool is_elsewhere(const Operation& operation, const HttpResponse& response, const ErrorAnswer& answer) {
  return operation.method == Method::kHead && response.status == 400 && !answer.region.empty();
}

}  // namespace

std::string_view signing_name(Service service) {
  switch (service) {
    case Service::kS3:
      return "s3";
    case Service::kDynamoDb:
      return "dynamodb";
    case Service::kSts:
      return "sts";
  }
  return "s3";
}

PathRule path_rule(Service service) {
  return service == Service::kS3 ? PathRule::kKeepAsGiven : PathRule::kNormalise;
}

Result<std::string> payload_hash(const Operation& operation) {
  if (operation.payload) return operation.payload->to_string();
  if (const auto* text = std::get_if<std::string>(&operation.body)) return sha256(*text).to_string();
  const auto* part = std::get_if<FilePart>(&operation.body);
  if (part == nullptr) return sha256("").to_string();
  const auto digest = hash_of(*part);
  if (!digest) return std::unexpected(digest.error());
  return digest->to_string();
}

Signable signable(const Operation& operation, const ClientOptions& options, const Endpoint& endpoint,
                  std::string_view payload, std::string_view invocation, int attempt) {
  Signable request{.method = operation.method,
                   .endpoint = endpoint,
                   .path = operation.path,
                   .query = operation.query,
                   .headers = operation.headers,
                   .payload_hash = std::string(payload)};
  request.endpoint.host = operation.host_prefix + endpoint.host;
  if (options.service == Service::kS3) request.headers.push_back({"x-amz-content-sha256", std::string(payload)});
  request.headers.push_back({"amz-sdk-invocation-id", std::string(invocation)});
  request.headers.push_back({"amz-sdk-request", "attempt=" + std::to_string(attempt) +
                                                    "; max=" + std::to_string(std::max(options.max_attempts, 1))});
  if (!options.user_agent.empty()) request.headers.push_back({"user-agent", options.user_agent});
  return request;
}

Endpoint in_region(const Endpoint& endpoint, std::string_view from, std::string_view to) {
  const bool of_aws = endpoint.host.ends_with(".amazonaws.com") || endpoint.host.ends_with(".amazonaws.com.cn");
  const std::string label = "." + std::string(from) + ".";
  const auto at = endpoint.host.find(label);
  if (!of_aws || from.empty() || at == std::string::npos) return endpoint;
  Endpoint moved = endpoint;
  moved.host.replace(at + 1, from.size(), to);
  return moved;
}

Setback setback_of(const Operation& operation, TransportFault fault) {
  Setback setback;
  const bool final = fault.code == ErrorCode::kCancelled || fault.code == ErrorCode::kDeadline ||
                     fault.code == ErrorCode::kOverloaded || fault.code == ErrorCode::kTooLarge ||
                     fault.code == ErrorCode::kInternal || fault.outlook == Outlook::kLasting;
  setback.remedy = final ? Remedy::kNone : Remedy::kRepeat;
  setback.perhaps_applied = fault.sent == Sent::kPerhaps && !only_reads(operation);
  const bool never =
      fault.code == ErrorCode::kTooLarge || fault.code == ErrorCode::kInternal || fault.outlook == Outlook::kLasting;
  const Retry retry = setback.perhaps_applied ? Retry::kAmbiguous : never ? Retry::kNever : Retry::kSafe;
  setback.failure.error = {fault.code, retry, operation.name + ": " + std::move(fault.detail), {}};
  return setback;
}

Setback setback_of(const Operation& operation, HttpResponse response) {
  const ErrorAnswer answer = read_error(response);
  // An error in a success is a server's failure, whatever the head says.
  const int status = response.status / 100 == 2 ? 500 : response.status;
  Meaning meaning = meaning_of(answer.code, status);
  if (is_elsewhere(operation, response, answer)) meaning = {ErrorCode::kUnavailable, Remedy::kOtherRegion};
  Setback setback;
  setback.remedy = meaning.remedy;
  setback.perhaps_applied = status >= 500 && meaning.remedy != Remedy::kSlowDown && !only_reads(operation);
  setback.region = answer.region;
  setback.server_time = parse_http_date(response.header("date"));
  setback.hint = retry_hint(response);
  setback.failure.error = {meaning.code,
                           retry_after(meaning.remedy, setback.perhaps_applied),
                           describe(operation, response, answer, meaning.remedy),
                           {}};
  setback.failure.status = response.status;
  setback.failure.code = answer.code;
  setback.failure.body = std::move(response.body);
  return setback;
}

Setback damaged_answer(const Operation& operation, int status) {
  Setback setback;
  setback.remedy = Remedy::kRepeat;
  setback.perhaps_applied = !only_reads(operation);
  setback.failure.error = {ErrorCode::kUnavailable,
                           retry_after(setback.remedy, setback.perhaps_applied),
                           operation.name + ": the answer was damaged on the way",
                           {}};
  setback.failure.status = status;
  return setback;
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
  // "Tue, 24 Nov 2026 17:33:00 GMT"
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = std::to_string(month - kMonths.begin() + 1);
  std::string rewritten(text.substr(12, 4));
  rewritten += (number.size() == 1 ? "-0" : "-") + number + "-";
  rewritten += text.substr(5, 2);
  rewritten += "T";
  rewritten += text.substr(17, 8);
  return parse_rfc3339(rewritten + "Z");
}

}  // namespace lazaret::aws
