#include "aws/credentials/sts.h"

#include <utility>
#include <vector>

#include "aws/client.h"
#include "aws/credentials/exchange.h"
#include "aws/error_answer.h"
#include "aws/error_table.h"
#include "aws/profile_file.h"
#include "aws/xml.h"
#include "base/encoding.h"

namespace lazaret::aws {
namespace {

constexpr std::chrono::milliseconds kTimeout{5000};
constexpr int kAttempts = 3;
constexpr XmlLimits kXmlLimits{.bytes = kMaxCredentialsBytes, .elements = 200, .depth = 8};
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

std::string form(const std::vector<Parameter>& parameters) {
  std::string text = "Version=2011-06-15";
  for (const Parameter& parameter : parameters)
    text += "&" + percent_encode(parameter.name) + "=" + percent_encode(parameter.value);
  return text;
}

// <AssumeRoleResponse><AssumeRoleResult><Credentials>...; the names of the outer two begin with the operation's.
Result<Credentials> read_answer(std::string_view operation, const std::string& body, const std::string& source) {
  const auto refuse = [&](const char* why) { return fail(ErrorCode::kUnavailable, source + ": " + why, Retry::kSafe); };
  const auto root = parse_xml(body, kXmlLimits);
  if (!root) return refuse("the answer is no XML");
  const XmlNode* result = root->find(std::string(operation) + "Result");
  const XmlNode* found = result == nullptr ? nullptr : result->find("Credentials");
  if (found == nullptr) return refuse("the answer holds no credentials");
  Credentials credentials{.access_key_id = std::string(found->text_of("AccessKeyId")),
                          .secret_access_key = Secret{std::string(found->text_of("SecretAccessKey"))},
                          .session_token = Secret{std::string(found->text_of("SessionToken"))},
                          .expires_at = parse_rfc3339(found->text_of("Expiration")),
                          .source = source};
  const bool whole = !credentials.access_key_id.empty() && !credentials.secret_access_key.empty() &&
                     !credentials.session_token.empty() && credentials.expires_at;
  if (!whole || !is_header_value(credentials.access_key_id) || !is_header_value(credentials.session_token.reveal())) {
    return refuse("the answer's credentials are not whole");
  }
  return credentials;
}

class AssumedRoleSource final : public CredentialsSource {
 public:
  AssumedRoleSource(const AssumedRole& plan, std::string name, const SourceParts& parts)
      : plan_(plan),
        name_(std::move(name)),
        base_(make_credentials(*plan.base, parts)),
        client_({.transport = parts.transport,
                 .credentials = *base_,
                 .clock = parts.clock,
                 .random = parts.random,
                 .pause = &parts.pause},
                {.service = Service::kSts, .endpoint = parts.sts, .region = parts.region, .max_attempts = kAttempts}) {}

  Result<Credentials> fetch(const Call& call) override {
    std::vector<Parameter> parameters{{"Action", "AssumeRole"},
                                      {"RoleArn", plan_.role_arn},
                                      {"RoleSessionName", plan_.session_name},
                                      {"DurationSeconds", std::to_string(plan_.duration.count())}};
    if (!plan_.external_id.empty()) parameters.push_back({"ExternalId", plan_.external_id});
    const Operation operation{.name = "AssumeRole",
                              .method = Method::kPost,
                              .headers = {{"content-type", std::string(kFormType)}},
                              .body = form(parameters),
                              .limits = {.total = kTimeout, .answer_bytes = kMaxCredentialsBytes}};
    const auto reply = client_.call(call, operation);
    if (reply) return read_answer(operation.name, reply->response.body, name_);
    Error error = reply.error().error;
    error.detail = name_ + ": " + error.detail;
    return std::unexpected(std::move(error));
  }

 private:
  const AssumedRole plan_;
  const std::string name_;
  const std::unique_ptr<CredentialsProvider> base_;
  Client client_;
};

class WebIdentitySource final : public CredentialsSource {
 public:
  WebIdentitySource(WebIdentity plan, std::string name, const SourceParts& parts)
      : plan_(std::move(plan)), name_(std::move(name)), parts_(parts) {}

  Result<Credentials> fetch(const Call& call) override {
    const auto token = read_small_file(plan_.token_file, kMaxCredentialsBytes);
    if (!token) return fail(ErrorCode::kUnavailable, name_ + ": " + token.error().detail, Retry::kSafe);
    const HttpRequest request{.method = Method::kPost,
                              .endpoint = parts_.sts,
                              .path = parts_.sts.base_path + "/",
                              .headers = {{"host", parts_.sts.authority()}, {"content-type", std::string(kFormType)}},
                              .body = form({{"Action", "AssumeRoleWithWebIdentity"},
                                            {"RoleArn", plan_.role_arn},
                                            {"RoleSessionName", plan_.session_name},
                                            {"WebIdentityToken", *token}})};
    const auto answered = ask(call, parts_, {.what = name_, .attempts = kAttempts, .timeout = kTimeout}, request);
    if (!answered) return std::unexpected(answered.error());
    if (answered->status == 200) return read_answer("AssumeRoleWithWebIdentity", answered->body, name_);
    // The code alone: the message may quote the token.
    return fail(
        ErrorCode::kUnavailable,
        name_ + ": the token service answers " + std::to_string(answered->status) + " " + read_error(*answered).code,
        Retry::kSafe);
  }

 private:
  const WebIdentity plan_;
  const std::string name_;
  const SourceParts parts_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_assumed_role(const AssumedRole& plan, std::string name,
                                                     const SourceParts& parts) {
  return std::make_unique<AssumedRoleSource>(plan, std::move(name), parts);
}

std::unique_ptr<CredentialsSource> make_web_identity(const WebIdentity& plan, std::string name,
                                                     const SourceParts& parts) {
  return std::make_unique<WebIdentitySource>(plan, std::move(name), parts);
}

}  // namespace lazaret::aws
