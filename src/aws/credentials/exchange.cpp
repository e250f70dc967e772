#include "aws/credentials/exchange.h"

#include <algorithm>
#include <utility>

#include "aws/retry.h"
#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

constexpr std::chrono::milliseconds kDelay{100};
constexpr int kMaxDepth = 8;

std::string member(const json::Node& object, std::string_view name) {
  const json::Node* found = object.find(name);
  return found != nullptr && found->kind == json::Kind::kString ? found->text : std::string();
}

bool passes(int status) {
  return status >= 500 || status == 429;
}

}  // namespace

Result<HttpResponse> ask(const Call& call, const SourceParts& parts, const Asking& asking, const HttpRequest& request) {
  const TransportLimits limits{
      .connect = asking.timeout, .total = asking.timeout, .answer_bytes = kMaxCredentialsBytes};
  std::string why;
  for (int attempt = 1; attempt <= asking.attempts; ++attempt) {
    if (attempt > 1) parts.pause.wait(call, backoff(kDelay, attempt - 1, parts.random));
    auto answered = parts.transport.send(call, request, limits);
    if (answered && !passes(answered->status)) return *std::move(answered);
    why = answered ? "it answers " + std::to_string(answered->status) : answered.error().detail;
    if (!answered &&
        (answered.error().code == ErrorCode::kCancelled || answered.error().code == ErrorCode::kDeadline)) {
      return fail(answered.error().code, asking.what + ": " + why, Retry::kSafe);
    }
  }
  return fail(ErrorCode::kUnavailable, asking.what + ": " + why, Retry::kSafe);
}

Result<Credentials> read_credentials_json(std::string_view text, std::string_view source) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kUnavailable, std::string(source) + ": " + why, Retry::kSafe);
  };
  const auto root = json::parse(text, "", {.bytes = kMaxCredentialsBytes, .depth = kMaxDepth});
  if (!root || root->kind != json::Kind::kObject) return refuse("the answer is no JSON object");
  Credentials credentials{.access_key_id = member(*root, "AccessKeyId"),
                          .secret_access_key = Secret{member(*root, "SecretAccessKey")},
                          .session_token = Secret{member(*root, "Token")},
                          .expires_at = std::nullopt,
                          .source = std::string(source)};
  if (credentials.session_token.empty()) credentials.session_token = Secret{member(*root, "SessionToken")};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return refuse("the answer holds no AccessKeyId or no SecretAccessKey");
  }
  if (!is_header_value(credentials.access_key_id) || !is_header_value(credentials.session_token.reveal())) {
    return refuse("the answer holds keys of more than one line");
  }
  if (const std::string end = member(*root, "Expiration"); !end.empty()) {
    credentials.expires_at = parse_rfc3339(end);
    if (!credentials.expires_at) return refuse("the answer's Expiration is no time");
  }
  return credentials;
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace lazaret::aws
