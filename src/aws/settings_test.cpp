#include "aws/settings.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Lookup lookup_in(Variables variables) {
  return [all = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = all.find(name);
    if (found == all.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

Profiles profiles_of(std::string_view config) {
  Profiles profiles;
  EXPECT_TRUE(parse_profiles(config, ProfileFile::kConfig, "config", profiles));
  return profiles;
}

Settings settings_of(Variables variables, std::string_view config = "") {
  const auto settings = resolve_settings(lookup_in(std::move(variables)), profiles_of(config));
  EXPECT_TRUE(settings);
  return settings.value_or(Settings{});
}

// The variable or property that is refused; empty where all is taken.
std::string refused(Variables variables, std::string_view config = "") {
  const auto settings = resolve_settings(lookup_in(std::move(variables)), profiles_of(config));
  return settings ? "" : settings.error().faults.at(0).where;
}

std::string s3_url(const Settings& settings) {
  const Endpoint endpoint = endpoint_of(settings, Service::kS3);
  return endpoint.scheme + "://" + endpoint.authority() + endpoint.base_path;
}

TEST(Settings, TakesTheRegionFromVariablesThenTheProfile) {
  const char* config = "[profile lab]\nregion = eu-central-1\n";
  EXPECT_EQ(settings_of({{"AWS_REGION", "us-east-2"}, {"AWS_DEFAULT_REGION", "us-west-1"}}).region, "us-east-2");
  EXPECT_EQ(settings_of({{"AWS_DEFAULT_REGION", "us-west-1"}, {"AWS_PROFILE", "lab"}}, config).region, "us-west-1");
  const Settings of_profile = settings_of({{"AWS_PROFILE", "lab"}}, config);
  EXPECT_EQ(of_profile.region, "eu-central-1");
  EXPECT_EQ(of_profile.region_source, "profile lab: region");
}

TEST(Settings, HasARegionWhereNothingNamesOne) {
  EXPECT_EQ(settings_of({}).region, "ap-southeast-1");
  EXPECT_EQ(settings_of({{"AWS_ENDPOINT_URL", "http://localhost:9000"}}).region, "us-east-1");
}

TEST(Settings, RefusesEachWrongValueByItsName) {
  EXPECT_EQ(refused({{"AWS_REGION", "Frankfurt"}}), "AWS_REGION");
  EXPECT_EQ(refused({{"AWS_PROFILE", "missing"}}), "AWS_PROFILE");
  EXPECT_EQ(refused({{"AWS_ENDPOINT_URL", "localhost:9000"}}), "AWS_ENDPOINT_URL");
  EXPECT_EQ(refused({{"AWS_ENDPOINT_URL_S3", "http://u:p@h"}}), "AWS_ENDPOINT_URL_S3");
  EXPECT_EQ(refused({{"AWS_MAX_ATTEMPTS", "0"}}), "AWS_MAX_ATTEMPTS");
  EXPECT_EQ(refused({{"AWS_MAX_ATTEMPTS", "3x"}}), "AWS_MAX_ATTEMPTS");
  EXPECT_EQ(refused({{"AWS_USE_FIPS_ENDPOINT", "yes"}}), "AWS_USE_FIPS_ENDPOINT");
  EXPECT_EQ(refused({{"AWS_SDK_UA_APP_ID", "two words"}}), "AWS_SDK_UA_APP_ID");
  EXPECT_EQ(refused({}, "[default]\nregion = (x)\n"), "profile default: region");
}

TEST(Settings, RefusesWhatItDoesNotSupportByItsName) {
  EXPECT_EQ(refused({{"AWS_RETRY_MODE", "adaptive"}}), "AWS_RETRY_MODE");
  EXPECT_EQ(refused({}, "[default]\nretry_mode = legacy\n"), "profile default: retry_mode");
  EXPECT_EQ(refused({{"AWS_STS_REGIONAL_ENDPOINTS", "legacy"}}), "AWS_STS_REGIONAL_ENDPOINTS");
  EXPECT_EQ(refused({{"AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_REQUIRED"}}), "AWS_REQUEST_CHECKSUM_CALCULATION");
  EXPECT_EQ(refused({{"AWS_SIGV4A_SIGNING_REGION_SET", "*"}}), "AWS_SIGV4A_SIGNING_REGION_SET");
  EXPECT_EQ(refused({{"AWS_RETRY_MODE", "standard"}, {"AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_SUPPORTED"}}), "");
}

TEST(Settings, TellsEveryFaultAtOnce) {
  const auto settings =
      resolve_settings(lookup_in({{"AWS_REGION", "X"}, {"AWS_MAX_ATTEMPTS", "x"}, {"AWS_RETRY_MODE", "x"}}), {});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().faults.size(), 3U);
}

TEST(Settings, FipsAndDualStackAreAwsOwn) {
  EXPECT_EQ(refused({{"AWS_USE_FIPS_ENDPOINT", "true"}, {"AWS_ENDPOINT_URL", "http://localhost:1"}}),
            "AWS_USE_FIPS_ENDPOINT");
  EXPECT_EQ(refused({{"AWS_USE_DUALSTACK_ENDPOINT", "true"}, {"AWS_ENDPOINT_URL", "http://localhost:1"}}),
            "AWS_USE_DUALSTACK_ENDPOINT");
}

TEST(Settings, WarnsOfAnEndpointWithoutTls) {
  EXPECT_EQ(settings_of({{"AWS_ENDPOINT_URL", "http://storage.example.org"}}).warnings.size(), 1U);
  EXPECT_TRUE(settings_of({{"AWS_ENDPOINT_URL", "http://127.0.0.1:9000"}}).warnings.empty());
  EXPECT_TRUE(settings_of({{"AWS_ENDPOINT_URL", "https://storage.example.org"}}).warnings.empty());
}

TEST(Settings, TakesTheRestAsItIs) {
  const Settings settings = settings_of({{"AWS_CA_BUNDLE", "/etc/ca.pem"}, {"AWS_MAX_ATTEMPTS", "7"}},
                                        "[default]\nmax_attempts = 2\nsdk_ua_app_id = clinic\n");
  EXPECT_EQ(settings.ca_bundle, "/etc/ca.pem");
  EXPECT_EQ(settings.max_attempts, 7);
  EXPECT_EQ(settings.app_id, "clinic");
}

// Official data, where it is at hand.
class EndpointSuite : public ::testing::Test {
 protected:
  static json::Node read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto root = json::parse(text, "", {.bytes = 8'000'000, .depth = 40});
    EXPECT_TRUE(root) << path;
    return root.value_or(json::Node{});
  }
  void SetUp() override {
    const char* given = std::getenv("LAZARET_AWS_VECTORS");
    folder_ = std::string(given != nullptr ? given : LAZARET_AWS_VECTORS) + "/endpoint-rules";
    if (!std::filesystem::is_directory(folder_)) GTEST_SKIP() << "the endpoint rules are not at " << folder_;
  }
  static std::string text(const json::Node& node, std::string_view name) {
    const json::Node* found = node.find(name);
    return found == nullptr ? "" : found->text;
  }
  static bool truth(const json::Node& node, std::string_view name) {
    const json::Node* found = node.find(name);
    return found != nullptr && found->boolean;
  }
  std::string folder_;
};

// Cases of a plain region, for which the rules give an endpoint; the rest are of features that this service lacks.
bool is_plain(const json::Node& parameters) {
  static const std::vector<std::string> kPlain{"Region", "UseFIPS", "UseDualStack"};
  const json::Node* region = parameters.find("Region");
  return region != nullptr && region->text != "local" && region->text != "aws-global" &&
         std::ranges::all_of(parameters.names,
                             [](const std::string& name) { return std::ranges::find(kPlain, name) != kPlain.end(); });
}

TEST_F(EndpointSuite, AgreesWithThePublishedRules) {
  std::size_t checked = 0;
  for (const auto& [name, service] :
       {std::pair("s3", Service::kS3), std::pair("dynamodb", Service::kDynamoDb), std::pair("sts", Service::kSts)}) {
    const json::Node root = read(folder_ + "/endpoint-rules/" + name + "/endpoint-tests-1.json");
    for (const json::Node& each : root.find("testCases")->items) {
      const json::Node* parameters = each.find("params");
      const json::Node* endpoint = each.find("expect")->find("endpoint");
      if (parameters == nullptr || endpoint == nullptr || !is_plain(*parameters)) continue;
      Settings settings{.region = text(*parameters, "Region")};
      settings.use_fips = truth(*parameters, "UseFIPS");
      settings.use_dualstack = truth(*parameters, "UseDualStack");
      EXPECT_EQ("https://" + endpoint_of(settings, service).authority(), text(*endpoint, "url"));
      ++checked;
    }
  }
  EXPECT_GT(checked, 80U);
}

// As lines of the file that the case describes.
std::string config_of(const json::Node& suite) {
  std::string config;
  const json::Node& profiles = *suite.find("profiles");
  for (std::size_t i = 0; i < profiles.names.size(); ++i) {
    config += "[profile " + profiles.names[i] + "]\n";
    for (std::size_t k = 0; k < profiles.items[i].names.size(); ++k)
      config += profiles.items[i].names[k] + " = " + profiles.items[i].items[k].text + "\n";
  }
  const json::Node& services = *suite.find("services");
  for (std::size_t i = 0; i < services.names.size(); ++i) {
    config += "[services " + services.names[i] + "]\n";
    for (std::size_t k = 0; k < services.items[i].names.size(); ++k) {
      config += services.items[i].names[k] +
                " =\n  endpoint_url = " + services.items[i].items[k].find("endpoint_url")->text + "\n";
    }
  }
  return config;
}

TEST_F(EndpointSuite, FindsConfiguredEndpointsInThePublishedOrder) {
  const json::Node root = read(folder_ + "/configured_endpoint_urls/profile-tests.json");
  const json::Node& suite = root.find("testSuites")->items.at(0);
  const std::string config = config_of(suite);
  std::size_t checked = 0;
  for (const json::Node& each : suite.find("endpointUrlTests")->items) {
    if (text(each, "client_config") != "default") continue;  // of code that sets the endpoint itself
    SCOPED_TRACE(text(each, "name"));
    Variables variables{{"AWS_PROFILE", text(each, "profile")}};
    const json::Node& environment = *suite.find("environments")->find(text(each, "environment"));
    for (std::size_t i = 0; i < environment.names.size(); ++i)
      variables[environment.names[i]] = environment.items[i].text;
    const Settings settings = settings_of(variables, config);
    const Endpoint endpoint = endpoint_of(settings, text(each, "service") == "s3" ? Service::kS3 : Service::kDynamoDb);
    EXPECT_EQ(endpoint.scheme + "://" + endpoint.authority(), text(*each.find("output"), "endpointUrl"));
    ++checked;
  }
  EXPECT_GT(checked, 15U);
}

TEST(Settings, ReachesAwsUnlessAnEndpointIsConfigured) {
  EXPECT_EQ(s3_url(settings_of({{"AWS_REGION", "eu-west-1"}})), "https://s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(s3_url(settings_of({{"AWS_ENDPOINT_URL_S3", "https://ceph.example.org/gateway"}})),
            "https://ceph.example.org/gateway");
}

}  // namespace
}  // namespace lazaret::aws
