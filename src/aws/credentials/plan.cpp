#include "aws/credentials/plan.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "aws/credentials/environment.h"

namespace lazaret::aws {
namespace {

constexpr std::size_t kMaxRolesInARow = 5;
constexpr std::string_view kDefaultSession = "lazaret";
constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kMetadataHost = "http://169.254.169.254";
constexpr std::string_view kMetadataHostV6 = "http://[fd00:ec2::254]";

using Planned = Result<std::optional<SourcePlan>>;

std::unexpected<Error> refuse(std::string where, std::string code, std::string detail) {
  return fail_with(ErrorCode::kInvalidParameter, {{std::move(where), std::move(code), std::move(detail)}});
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::optional<int> whole_number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

Planned plan_environment(const Lookup& lookup) {
  auto found = credentials_from_environment(lookup);
  if (!found) return std::unexpected(std::move(found).error());
  if (!*found) return std::nullopt;
  return SourcePlan{FixedKeys{**std::move(found)}, "environment"};
}

Planned plan_web_identity(const Lookup& lookup) {
  const auto file = lookup("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!file) return std::nullopt;
  const auto role = lookup("AWS_ROLE_ARN");
  if (!role) return refuse("AWS_ROLE_ARN", "missing", "must be set where AWS_WEB_IDENTITY_TOKEN_FILE is");
  const std::string session = lookup("AWS_ROLE_SESSION_NAME").value_or(std::string(kDefaultSession));
  return SourcePlan{WebIdentity{*role, *file, session}, "web identity"};
}

// Hosts to which the token of a container may go without TLS.
bool may_go_plain(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.") || host == "169.254.170.2" ||
         host == "169.254.170.23" || host == "[fd00:ec2::23]";
}

bool is_sendable_path(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

Planned plan_container(const Lookup& lookup) {
  const auto relative = lookup("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = lookup("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) return std::nullopt;
  const std::string variable =
      relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string url = relative ? std::string(kContainerHost) + *relative : *full;
  const auto scheme_end = url.find("://");
  const auto path_at = scheme_end == std::string::npos ? std::string::npos : url.find('/', scheme_end + 3);
  ContainerEndpoint container;
  container.path = path_at == std::string::npos ? "/" : url.substr(path_at);
  const auto endpoint = parse_endpoint(std::string_view(url).substr(0, path_at));
  if (!endpoint || !is_sendable_path(container.path)) return refuse(variable, "invalid", "must be a URL, or a path");
  if (endpoint->scheme == "http" && !may_go_plain(endpoint->host)) {
    return refuse(variable, "not_allowed", "without TLS only loopback and the addresses of ECS and EKS may be asked");
  }
  container.endpoint = *endpoint;
  container.token = Secret{lookup("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("")};
  container.token_file = lookup("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or("");
  return SourcePlan{std::move(container), "container endpoint"};
}

Result<SourcePlan> plan_metadata(const Lookup& lookup) {
  if (lower(lookup("AWS_EC2_METADATA_DISABLED").value_or("")) == "true") {
    return refuse("AWS_ACCESS_KEY_ID", "missing",
                  "no credentials: neither environment, web identity, profile nor container endpoint is set up, and "
                  "AWS_EC2_METADATA_DISABLED keeps from asking the instance");
  }
  const std::string mode = lower(lookup("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("ipv4"));
  if (mode != "ipv4" && mode != "ipv6") {
    return refuse("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "invalid", "must be IPv4 or IPv6");
  }
  const std::string host(mode == "ipv6" ? kMetadataHostV6 : kMetadataHost);
  const auto endpoint = parse_endpoint(lookup("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(host));
  if (!endpoint) return refuse("AWS_EC2_METADATA_SERVICE_ENDPOINT", "invalid", "must be a URL");
  const auto seconds = whole_number(lookup("AWS_METADATA_SERVICE_TIMEOUT").value_or("1"), 1, 60);
  if (!seconds) return refuse("AWS_METADATA_SERVICE_TIMEOUT", "invalid", "must be whole seconds from 1 to 60");
  const auto attempts = whole_number(lookup("AWS_METADATA_SERVICE_NUM_ATTEMPTS").value_or("1"), 1, 10);
  if (!attempts) return refuse("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "invalid", "must be a number from 1 to 10");
  return SourcePlan{InstanceMetadata{*endpoint, std::chrono::seconds{*seconds}, *attempts}, "instance metadata"};
}

// A profile, and the profiles it leads to.
class ProfilePlanner {
 public:
  ProfilePlanner(const Lookup& lookup, const Profiles& profiles) : lookup_(lookup), profiles_(profiles) {}

  // nullopt where the profile says nothing of credentials.
  Planned plan(const std::string& name) {
    const Properties* profile = profiles_.find(name);
    if (profile == nullptr) return std::nullopt;
    for (const char* property : {"sso_session", "sso_start_url", "login_session"}) {
      if (has(*profile, property)) {
        return refuse(where(name, property), "unsupported",
                      "this service cannot log in; export the credentials, or use a role, a key or credential_process");
      }
    }
    if (has(*profile, "role_arn")) return plan_role(name, *profile);
    if (has(*profile, "aws_access_key_id") || has(*profile, "aws_secret_access_key")) return plan_keys(name, *profile);
    if (has(*profile, "credential_process")) return plan_process(name, *profile);
    return std::nullopt;
  }

 private:
  static std::string text(const Properties& profile, std::string_view property) {
    const auto found = profile.find(property);
    return found == profile.end() ? std::string() : found->second;
  }
  static bool has(const Properties& profile, std::string_view property) { return !text(profile, property).empty(); }
  static std::string where(const std::string& name, std::string_view property) {
    return "profile " + name + ": " + std::string(property);
  }
  static std::string session_name(const Properties& profile) {
    return has(profile, "role_session_name") ? text(profile, "role_session_name") : std::string(kDefaultSession);
  }

  static Planned plan_keys(const std::string& name, const Properties& profile) {
    for (const char* property : {"aws_access_key_id", "aws_secret_access_key"}) {
      if (!has(profile, property)) return refuse(where(name, property), "missing", "must stand beside its other half");
    }
    return SourcePlan{FixedKeys{Credentials{.access_key_id = text(profile, "aws_access_key_id"),
                                            .secret_access_key = Secret{text(profile, "aws_secret_access_key")},
                                            .session_token = Secret{text(profile, "aws_session_token")},
                                            .expires_at = std::nullopt,
                                            .source = "profile " + name}},
                      "profile " + name};
  }

  static Planned plan_process(const std::string& name, const Properties& profile) {
    auto command = split_command(text(profile, "credential_process"));
    if (!command || command->empty()) {
      return refuse(where(name, "credential_process"), "invalid", "must be a command with closed quotes");
    }
    return SourcePlan{ExternalProcess{*std::move(command)}, "credential_process of profile " + name};
  }

  Planned plan_role(const std::string& name, const Properties& profile) {
    if (has(profile, "mfa_serial")) {
      return refuse(where(name, "mfa_serial"), "unsupported", "nobody is there to type a code");
    }
    if (has(profile, "web_identity_token_file")) {
      return SourcePlan{
          WebIdentity{text(profile, "role_arn"), text(profile, "web_identity_token_file"), session_name(profile)},
          "web identity of profile " + name};
    }
    if (std::ranges::find(on_the_way_, name) != on_the_way_.end() || on_the_way_.size() >= kMaxRolesInARow) {
      return refuse(where(name, "source_profile"), "loop", "the profiles lead in a circle, or through too many roles");
    }
    on_the_way_.push_back(name);
    auto base = plan_base(name, profile);
    if (!base) return std::unexpected(std::move(base).error());
    AssumedRole role{.base = std::make_shared<const SourcePlan>(*std::move(base)),
                     .role_arn = text(profile, "role_arn"),
                     .session_name = session_name(profile),
                     .external_id = text(profile, "external_id")};
    if (has(profile, "duration_seconds")) {
      const auto seconds = whole_number(text(profile, "duration_seconds"), 900, 43'200);
      if (!seconds) return refuse(where(name, "duration_seconds"), "invalid", "must be from 900 to 43200");
      role.duration = std::chrono::seconds{*seconds};
    }
    return SourcePlan{std::move(role), "role of profile " + name};
  }

  Result<SourcePlan> plan_base(const std::string& name, const Properties& profile) {
    const std::string source = text(profile, "source_profile");
    const std::string kind = text(profile, "credential_source");
    if (source.empty() == kind.empty()) {
      return refuse(where(name, "source_profile"), "missing",
                    "a role_arn needs either source_profile or credential_source beside it");
    }
    auto base = source.empty() ? plan_kind(name, kind) : plan_source(name, source);
    if (!base) return std::unexpected(std::move(base).error());
    if (*base) return **std::move(base);
    return refuse(where(name, source.empty() ? "credential_source" : "source_profile"), "missing",
                  "there are no credentials at what it names");
  }

  Planned plan_source(const std::string& name, const std::string& source) {
    if (profiles_.find(source) == nullptr) {
      return refuse(where(name, "source_profile"), "unknown_profile", "names a profile that is in neither file");
    }
    // A profile may name itself: then its own keys ask for its role.
    return source == name ? plan_keys(name, *profiles_.find(source)) : plan(source);
  }

  Planned plan_kind(const std::string& name, const std::string& kind) {
    if (kind == "Environment") return plan_environment(lookup_);
    if (kind == "EcsContainer") return plan_container(lookup_);
    if (kind == "Ec2InstanceMetadata") return plan_metadata(lookup_);
    return refuse(where(name, "credential_source"), "invalid",
                  "must be Environment, EcsContainer or Ec2InstanceMetadata");
  }

  const Lookup& lookup_;
  const Profiles& profiles_;
  std::vector<std::string> on_the_way_;
};

}  // namespace

Result<SourcePlan> plan_credentials(const Lookup& lookup, const Profiles& profiles, const std::string& profile) {
  for (const auto step : {&plan_environment, &plan_web_identity}) {
    auto planned = step(lookup);
    if (!planned) return std::unexpected(std::move(planned).error());
    if (*planned) return **std::move(planned);
  }
  auto of_profile = ProfilePlanner(lookup, profiles).plan(profile);
  if (!of_profile) return std::unexpected(std::move(of_profile).error());
  if (*of_profile) return **std::move(of_profile);
  auto of_container = plan_container(lookup);
  if (!of_container) return std::unexpected(std::move(of_container).error());
  if (*of_container) return **std::move(of_container);
  return plan_metadata(lookup);
}

std::optional<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;  // a word has begun, perhaps an empty one
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < command.size();
    if (escapes) {
      word += command[++i];
      open = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t') {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != '\0') return std::nullopt;
  if (open) words.push_back(std::move(word));
  return words;
}

}  // namespace lazaret::aws
