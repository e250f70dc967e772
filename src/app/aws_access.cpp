#include "app/aws_access.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "app/version.h"
#include "aws/credentials/plan.h"
#include "aws/credentials/source.h"
#include "config/values.h"

namespace lazaret {
namespace {

// Servers drop connections that are idle for about 5 s (S3) and 20 s (DynamoDB).
constexpr std::chrono::seconds kS3ConnectionAge{4};
constexpr std::chrono::seconds kDynamoDbConnectionAge{18};

aws::Lookup lookup_in(const Environment& variables) {
  return [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

// The sentences of the AWS settings leave out whose they are.
std::unexpected<Error> named(Error error) {
  for (Fault& fault : error.faults) {
    if (!fault.detail.starts_with(fault.where)) fault.detail = fault.where + " " + fault.detail;
  }
  return std::unexpected(std::move(error));
}

bool is_in_the_clear(const aws::Endpoint& endpoint) {
  return endpoint.scheme == "http" && endpoint.host != "localhost" && !config::is_loopback(endpoint.host);
}

}  // namespace

AwsAccess::AwsAccess(const Config& config, const Parts& parts, aws::Settings settings)
    : config_(config), parts_(parts), settings_(std::move(settings)) {}

Result<std::unique_ptr<AwsAccess>> AwsAccess::make(const Config& config, const Parts& parts) {
  const aws::Lookup lookup = lookup_in(config.aws);
  auto profiles = aws::read_profiles(lookup);
  if (!profiles) return named(std::move(profiles.error()));
  auto settings = aws::resolve_settings(lookup, *profiles);
  if (!settings) return named(std::move(settings.error()));
  for (const std::string& warning : settings->warnings)
    parts.log.write(LogLevel::kWarning, "config", {{"detail", warning}});
  std::unique_ptr<AwsAccess> access(new AwsAccess(config, parts, std::move(*settings)));
  if (config.object_store == ObjectStoreKind::kS3) {
    if (auto checked = access->check_endpoint(aws::Service::kS3, "AWS_ENDPOINT_URL_S3"); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
  }
  if (config.metadata_store == MetadataStoreKind::kDynamoDb) {
    if (auto checked = access->check_endpoint(aws::Service::kDynamoDb, "AWS_ENDPOINT_URL_DYNAMODB"); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
  }
  if (auto connected = access->connect(); !connected) return std::unexpected(std::move(connected.error()));
  if (auto found = access->find_credentials(lookup, *profiles); !found) {
    return std::unexpected(std::move(found.error()));
  }
  return access;
}

Result<void> AwsAccess::check_endpoint(aws::Service service, std::string_view variable) const {
  const aws::Endpoint endpoint = aws::endpoint_of(settings_, service);
  if (!is_in_the_clear(endpoint)) return {};
  std::string sentence = fmt::format("{} is plain http to {}: use https beyond this machine.", variable, endpoint.host);
  if (config_.app_env == AppEnvironment::kProduction) {
    return fail_with(ErrorCode::kInvalidParameter, {{std::string(variable), "invalid", std::move(sentence)}});
  }
  parts_.log.write(LogLevel::kWarning, "config", {{"detail", sentence}});
  return {};
}

Result<void> AwsAccess::connect() {
  const auto open = [this](std::unique_ptr<aws::CurlTransport>& transport, std::size_t connections,
                           std::chrono::seconds age) -> Result<void> {
    auto made = aws::CurlTransport::make({.connections = connections,
                                          .waiters = 16 * connections,
                                          .connection_age = age,
                                          .ca_bundle = settings_.ca_bundle,
                                          .proxy = {}});
    if (!made) return std::unexpected(std::move(made.error()));
    transport = std::move(*made);
    return {};
  };
  if (auto opened = open(s3_transport_, config_.store_connections, kS3ConnectionAge); !opened) return opened;
  if (auto opened = open(dynamodb_transport_, config_.store_connections, kDynamoDbConnectionAge); !opened)
    return opened;
  return open(credentials_transport_, 1, kS3ConnectionAge);
}

Result<void> AwsAccess::find_credentials(const aws::Lookup& lookup, const aws::Profiles& profiles) {
  auto plan = aws::plan_credentials(lookup, profiles, settings_.profile);
  if (!plan) return named(std::move(plan.error()));
  parts_.log.write(LogLevel::kInfo, "credentials", {{"source", plan->name}, {"region", settings_.region}});
  credentials_ = aws::make_credentials(*plan, {.transport = *credentials_transport_,
                                               .clock = parts_.clock,
                                               .random = parts_.random,
                                               .pause = pause_,
                                               .sts = aws::endpoint_of(settings_, aws::Service::kSts),
                                               .region = settings_.region});
  return {};
}

aws::Client::Parts AwsAccess::parts_for(aws::Transport& transport) {
  return {.transport = transport, .credentials = *credentials_, .clock = parts_.clock, .random = parts_.random};
}

aws::Client::Parts AwsAccess::s3_parts() {
  return parts_for(*s3_transport_);
}

aws::Client::Parts AwsAccess::dynamodb_parts() {
  return parts_for(*dynamodb_transport_);
}

aws::ClientOptions AwsAccess::client_options(aws::ClientOptions options) const {
  options.endpoint = aws::endpoint_of(settings_, options.service);
  options.region = settings_.region;
  options.max_attempts = settings_.max_attempts.value_or(options.max_attempts);
  options.user_agent = "lazaret/" + std::string(kVersion);
  if (!settings_.app_id.empty()) options.user_agent += " app/" + settings_.app_id;
  options.on_mended = [&log = parts_.log](const std::string& what) {
    log.write(LogLevel::kWarning, "store_mended", {{"detail", what}});
  };
  return options;
}

aws::TransportLimits AwsAccess::limits() const {
  aws::TransportLimits limits;
  limits.connect = config_.store_connect_timeout;
  limits.total = config_.store_timeout;
  return limits;
}

}  // namespace lazaret
