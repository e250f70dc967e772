#include "aws/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "aws/attempt.h"

namespace lazaret::aws {
namespace {

constexpr std::string_view kOwnEndpointRegion = "us-east-1";
constexpr std::string_view kDefaultRegion = "ap-southeast-1";
constexpr std::size_t kMaxRegionBytes = 32;
constexpr std::size_t kMaxAppIdBytes = 50;
constexpr int kMostAttempts = 20;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Settings whose other values would need what is not there: set to one of those, they are refused by name.
struct OnlyValue {
  std::string_view variable;
  std::string_view property;  // of a profile; empty: none
  std::string_view value;
  std::string_view why;
};
constexpr std::array kOnlyValues{
    OnlyValue{"AWS_RETRY_MODE", "retry_mode", "standard", "this service has the standard mode only"},
    OnlyValue{"AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", "regional",
              "tokens come from the region's endpoint"},
    OnlyValue{"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "s3_us_east_1_regional_endpoint", "regional",
              "the bucket is reached by its region's endpoint"},
    OnlyValue{"AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation", "when_supported",
              "every payload is hashed and signed"},
    OnlyValue{"AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation", "when_supported",
              "every answer that carries a checksum is checked"},
    OnlyValue{"AWS_ENDPOINT_DISCOVERY_ENABLED", "endpoint_discovery_enabled", "false", "endpoints are not discovered"},
    OnlyValue{"AWS_S3_USE_ARN_REGION", "s3_use_arn_region", "false", "buckets are named, not given as an ARN"},
};
// Without a value that is supported.
constexpr std::array<std::string_view, 2> kUnsupported{"AWS_SIGV4A_SIGNING_REGION_SET", "AWS_DEFAULTS_MODE"};

class Resolver {
 public:
  Resolver(const Lookup& lookup, const Profiles& profiles) : lookup_(lookup), profiles_(profiles) {}

  Result<Settings> resolve() {
    choose_profile();
    refuse_unsupported();
    settings_.use_fips = truth("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    settings_.use_dualstack = truth("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    take_attempts();
    take_ca_bundle();
    take_app_id();
    take_endpoints();
    take_region();
    if (!faults_.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults_));
    return std::move(settings_);
  }

 private:
  struct Given {
    std::string value;
    std::string where;  // the variable, or "profile NAME: property"
  };

  void fault(std::string where, std::string code, std::string detail) {
    faults_.push_back({std::move(where), std::move(code), std::move(detail)});
  }

  void choose_profile() {
    for (const char* variable : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
      const auto name = lookup_(variable);
      if (!name) continue;
      settings_.profile = *name;
      profile_ = profiles_.find(*name);
      if (profile_ == nullptr) fault(variable, "unknown_profile", "names a profile that is in neither file");
      return;
    }
    profile_ = profiles_.find("default");
  }

  // The variable wins over the profile.
  std::optional<Given> find(std::string_view variable, std::string_view property) const {
    if (auto value = lookup_(variable)) return Given{*std::move(value), std::string(variable)};
    return in_profile(profile_, property);
  }
  std::optional<Given> in_profile(const Properties* properties, std::string_view property) const {
    if (properties == nullptr || property.empty()) return std::nullopt;
    const auto found = properties->find(property);
    if (found == properties->end() || found->second.empty()) return std::nullopt;
    return Given{found->second, "profile " + settings_.profile + ": " + std::string(property)};
  }

  void refuse_unsupported() {
    for (const OnlyValue& only : kOnlyValues) {
      const auto given = find(only.variable, only.property);
      if (!given || lower(given->value) == only.value) continue;
      fault(given->where, "unsupported", "must be " + std::string(only.value) + ": " + std::string(only.why));
    }
    for (const std::string_view variable : kUnsupported) {
      if (lookup_(variable)) fault(std::string(variable), "unsupported", "is not supported by this service");
    }
  }

  bool truth(std::string_view variable, std::string_view property) {
    const auto given = find(variable, property);
    if (!given) return false;
    const std::string value = lower(given->value);
    if (value != "true" && value != "false") fault(given->where, "invalid", "must be true or false");
    return value == "true";
  }

  void take_attempts() {
    const auto given = find("AWS_MAX_ATTEMPTS", "max_attempts");
    if (!given) return;
    int count = 0;
    const char* end = given->value.data() + given->value.size();
    const auto parsed = std::from_chars(given->value.data(), end, count);
    if (parsed.ec != std::errc{} || parsed.ptr != end || count < 1 || count > kMostAttempts) {
      return fault(given->where, "invalid", "must be a whole number from 1 to 20");
    }
    settings_.max_attempts = count;
  }

  void take_ca_bundle() {
    if (const auto given = find("AWS_CA_BUNDLE", "ca_bundle")) settings_.ca_bundle = given->value;
  }

  void take_app_id() {
    const auto given = find("AWS_SDK_UA_APP_ID", "sdk_ua_app_id");
    if (!given) return;
    const bool sound =
        given->value.size() <= kMaxAppIdBytes && std::ranges::all_of(given->value, [](unsigned char c) {
          return std::isalnum(c) != 0 || std::string_view("!$%&*+-.,^_`|~").contains(static_cast<char>(c));
        });
    if (!sound) return fault(given->where, "invalid", "must be at most 50 letters, digits and signs of a token");
    settings_.app_id = given->value;
  }

  void take_endpoints() {
    if (truth("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")) return;
    settings_.s3_endpoint = endpoint("AWS_ENDPOINT_URL_S3", "s3.endpoint_url");
    settings_.dynamodb_endpoint = endpoint("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb.endpoint_url");
    settings_.sts_endpoint = endpoint("AWS_ENDPOINT_URL_STS", "sts.endpoint_url");
    const bool own = settings_.s3_endpoint || settings_.dynamodb_endpoint || settings_.sts_endpoint;
    if (own && settings_.use_fips)
      fault("AWS_USE_FIPS_ENDPOINT", "conflict", "cannot be used with an endpoint of one's own");
    if (own && settings_.use_dualstack) {
      fault("AWS_USE_DUALSTACK_ENDPOINT", "conflict", "cannot be used with an endpoint of one's own");
    }
  }

  // Variables before profiles, a service's own before the one for all.
  std::optional<Given> find_endpoint(std::string_view variable, std::string_view property) const {
    for (const std::string_view name : {variable, std::string_view("AWS_ENDPOINT_URL")}) {
      if (auto value = lookup_(name)) return Given{*std::move(value), std::string(name)};
    }
    if (const auto section = in_profile(profile_, "services")) {
      const auto found = profiles_.services.find(section->value);
      const Properties* services = found == profiles_.services.end() ? nullptr : &found->second;
      if (auto given = in_profile(services, property)) return given;
    }
    return in_profile(profile_, "endpoint_url");
  }

  std::optional<Endpoint> endpoint(std::string_view variable, std::string_view property) {
    const auto given = find_endpoint(variable, property);
    if (!given) return std::nullopt;
    auto parsed = parse_endpoint(given->value);
    if (!parsed) {
      const bool told = std::ranges::find(faults_, given->where, &Fault::where) != faults_.end();
      if (!told)
        fault(given->where, "invalid", "must be a URL like https://storage.example.org:9000, without query or user");
      return std::nullopt;
    }
    if (parsed->scheme == "http" && !is_loopback(parsed->host)) {
      const std::string warning = given->where + ": " + parsed->authority() +
                                  " is reached without TLS; documents and their data travel in the clear";
      auto& warnings = settings_.warnings;
      if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(warning);
    }
    return parsed;
  }

  static bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
  }

  void take_region() {
    auto given = find("AWS_REGION", "");
    if (!given) given = find("AWS_DEFAULT_REGION", "region");
    if (!given) {
      const bool own = settings_.s3_endpoint || settings_.dynamodb_endpoint;
      settings_.region = own ? kOwnEndpointRegion : kDefaultRegion;
      settings_.region_source = "default";
      return;
    }
    const bool sound = given->value.size() <= kMaxRegionBytes && std::ranges::all_of(given->value, [](unsigned char c) {
                         return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
                       });
    if (!sound) return fault(given->where, "invalid", "must be a region like eu-central-1");
    settings_.region = given->value;
    settings_.region_source = given->where;
  }

  const Lookup& lookup_;
  const Profiles& profiles_;
  const Properties* profile_ = nullptr;
  Settings settings_;
  std::vector<Fault> faults_;
};

struct Partition {
  std::string_view prefix;  // of its regions
  std::string_view suffix;
  std::string_view dualstack_suffix;
};
// The last is the rest of the world.
constexpr std::array kPartitions{
    Partition{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    Partition{"us-isob-", "sc2s.sgov.gov", "sc2s.sgov.gov"},
    Partition{"us-isof-", "csp.hci.ic.gov", "csp.hci.ic.gov"},
    Partition{"us-iso-", "c2s.ic.gov", "c2s.ic.gov"},
    Partition{"eu-isoe-", "cloud.adc-e.uk", "cloud.adc-e.uk"},
    Partition{"", "amazonaws.com", "api.aws"},
};

std::string host_of_aws(const Settings& settings, Service service) {
  const auto* partition =
      std::ranges::find_if(kPartitions, [&](const Partition& p) { return settings.region.starts_with(p.prefix); });
  std::string name(signing_name(service));
  // In GovCloud the plain endpoints of these are the validated ones.
  const bool fips_is_plain =
      service != Service::kS3 && settings.region.starts_with("us-gov-") && !settings.use_dualstack;
  if (settings.use_fips && !fips_is_plain) name += "-fips";
  if (service == Service::kS3) {
    if (settings.use_dualstack) name += ".dualstack";
    return name + "." + settings.region + "." + std::string(partition->suffix);
  }
  const std::string_view suffix = settings.use_dualstack ? partition->dualstack_suffix : partition->suffix;
  return name + "." + settings.region + "." + std::string(suffix);
}

}  // namespace

const std::optional<Endpoint>& Settings::own_endpoint(Service service) const {
  switch (service) {
    case Service::kS3:
      return s3_endpoint;
    case Service::kDynamoDb:
      return dynamodb_endpoint;
    case Service::kSts:
      return sts_endpoint;
  }
  return s3_endpoint;
}

Result<Settings> resolve_settings(const Lookup& lookup, const Profiles& profiles) {
  return Resolver(lookup, profiles).resolve();
}

Endpoint endpoint_of(const Settings& settings, Service service) {
  if (const auto& own = settings.own_endpoint(service)) return *own;
  return {.scheme = "https", .host = host_of_aws(settings, service)};
}

}  // namespace lazaret::aws
