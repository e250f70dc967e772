#include "aws/credentials/metadata.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "aws/credentials/exchange.h"
#include "aws/profile_file.h"

namespace lazaret::aws {
namespace {

constexpr int kContainerAttempts = 3;
constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kTokenSeconds = "21600";
constexpr std::size_t kMaxRoleBytes = 128;

class ContainerSource final : public CredentialsSource {
 public:
  ContainerSource(ContainerEndpoint plan, std::string name, const SourceParts& parts)
      : plan_(std::move(plan)), name_(std::move(name)), parts_(parts) {}

  Result<Credentials> fetch(const Call& call) override {
    HttpRequest request{.endpoint = plan_.endpoint,
                        .path = plan_.path.substr(0, plan_.path.find('?')),
                        .headers = {{"host", plan_.endpoint.authority()}, {"accept", "application/json"}}};
    if (const auto mark = plan_.path.find('?'); mark != std::string::npos) request.query = plan_.path.substr(mark + 1);
    auto token = read_token();
    if (!token) return std::unexpected(std::move(token).error());
    if (!token->empty()) request.headers.push_back({"authorization", std::string(token->reveal())});
    const auto answered = ask(call, parts_, {.what = name_, .attempts = kContainerAttempts}, request);
    if (!answered) return std::unexpected(answered.error());
    if (answered->status == 200) return read_credentials_json(answered->body, name_);
    return fail(ErrorCode::kUnavailable, name_ + ": it answers " + std::to_string(answered->status), Retry::kSafe);
  }

 private:
  Result<Secret> read_token() const {
    Secret token = plan_.token;
    if (!plan_.token_file.empty()) {
      auto text = read_small_file(plan_.token_file, kMaxCredentialsBytes);
      if (!text) return fail(ErrorCode::kUnavailable, name_ + ": " + text.error().detail, Retry::kSafe);
      token = Secret{*std::move(text)};
    }
    if (is_header_value(token.reveal())) return token;
    return fail(ErrorCode::kUnavailable, name_ + ": the authorization token has more than one line", Retry::kSafe);
  }

  const ContainerEndpoint plan_;
  const std::string name_;
  const SourceParts parts_;
};

class MetadataSource final : public CredentialsSource {
 public:
  MetadataSource(InstanceMetadata plan, std::string name, const SourceParts& parts)
      : plan_(std::move(plan)), name_(std::move(name)), parts_(parts) {}

  AfterEnd after_end() const override { return AfterEnd::kStillServed; }

  Result<Credentials> fetch(const Call& call) override {
    auto token = request_of(Method::kPut, kTokenPath);
    token.headers.push_back({"x-aws-ec2-metadata-token-ttl-seconds", std::string(kTokenSeconds)});
    const auto session = text_of(call, token, "the metadata service gives no session token");
    if (!session) return std::unexpected(session.error());
    if (session->empty() || !is_header_value(*session)) return refuse("the session token is no token");

    const auto role = text_of(call, with_session(kRolePath, *session), "the instance has no role");
    if (!role) return std::unexpected(role.error());
    const std::string name = role->substr(0, role->find('\n'));
    if (!is_role_name(name)) return refuse("the name of the role is no name");
    const auto body = text_of(call, with_session(std::string(kRolePath) + name, *session), "the role is not given");
    if (!body) return std::unexpected(body.error());
    return read_credentials_json(*body, name_);
  }

 private:
  static bool is_role_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxRoleBytes && std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) != 0 || std::string_view("_+=,.@-").contains(static_cast<char>(c));
    });
  }
  HttpRequest request_of(Method method, std::string_view path) const {
    return {.method = method,
            .endpoint = plan_.endpoint,
            .path = plan_.endpoint.base_path + std::string(path),
            .headers = {{"host", plan_.endpoint.authority()}}};
  }
  HttpRequest with_session(std::string_view path, const std::string& session) const {
    HttpRequest request = request_of(Method::kGet, path);
    request.headers.push_back({"x-aws-ec2-metadata-token", session});
    return request;
  }
  Result<std::string> text_of(const Call& call, const HttpRequest& request, std::string_view otherwise) const {
    const Asking asking{.what = name_, .attempts = plan_.attempts, .timeout = plan_.timeout};
    auto answered = ask(call, parts_, asking, request);
    if (!answered) return std::unexpected(std::move(answered).error());
    if (answered->status == 200) return std::move(answered->body);
    return refuse(std::string(otherwise) + " (" + std::to_string(answered->status) + ")");
  }
  std::unexpected<Error> refuse(const std::string& why) const {
    return fail(ErrorCode::kUnavailable, name_ + ": " + why, Retry::kSafe);
  }

  const InstanceMetadata plan_;
  const std::string name_;
  const SourceParts parts_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_container_endpoint(const ContainerEndpoint& plan, std::string name,
                                                           const SourceParts& parts) {
  return std::make_unique<ContainerSource>(plan, std::move(name), parts);
}

std::unique_ptr<CredentialsSource> make_instance_metadata(const InstanceMetadata& plan, std::string name,
                                                          const SourceParts& parts) {
  return std::make_unique<MetadataSource>(plan, std::move(name), parts);
}

}  // namespace lazaret::aws
