// The plan of credentials, and each source against an imposter of its endpoint.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aws/credentials/plan.h"
#include "aws/credentials/source.h"
#include "aws/curl/transport.h"
#include "tests/support/aws_parts.h"
#include "tests/support/http_imposter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/signature_check.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;
using testing_support::ConstantRandom;
using testing_support::HttpImposter;
using testing_support::ImposterRequest;
using testing_support::ManualClock;
using testing_support::Misdeed;
using testing_support::RecordingPause;
using testing_support::signature_fault;
using testing_support::TemporaryFolder;

using Variables = std::map<std::string, std::string, std::less<>>;

Lookup lookup_in(Variables variables) {
  return [all = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = all.find(name);
    if (found == all.end()) return std::nullopt;
    return found->second;
  };
}

Profiles profiles_of(std::string_view config) {
  Profiles profiles;
  EXPECT_TRUE(parse_profiles(config, ProfileFile::kConfig, "config", profiles));
  return profiles;
}

Result<SourcePlan> plan_of(Variables variables, std::string_view config = "", const std::string& profile = "default") {
  return plan_credentials(lookup_in(std::move(variables)), profiles_of(config), profile);
}

std::string chosen(Variables variables, std::string_view config = "", const std::string& profile = "default") {
  const auto plan = plan_of(std::move(variables), config, profile);
  return plan ? plan->name : "refused: " + plan.error().faults.at(0).where;
}

const Variables kKeys{{"AWS_ACCESS_KEY_ID", "AKID"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
constexpr std::string_view kKeyProfile = "[default]\naws_access_key_id = P\naws_secret_access_key = s\n";

Variables with(Variables variables, std::string name, std::string value) {
  variables[std::move(name)] = std::move(value);
  return variables;
}

TEST(CredentialsPlan, TakesTheFirstThatIsSetUp) {
  Variables all = with(with(with(kKeys, "AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), "AWS_ROLE_ARN", "arn"),
                       "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
  EXPECT_EQ(chosen(all, kKeyProfile), "environment");
  for (const auto& [name, value] : kKeys)
    all.erase(name);
  EXPECT_EQ(chosen(all, kKeyProfile), "web identity");
  all.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  EXPECT_EQ(chosen(all, kKeyProfile), "profile default");
  EXPECT_EQ(chosen(all), "container endpoint");
  EXPECT_EQ(chosen({}), "instance metadata");
}

TEST(CredentialsPlan, TakesTheKeysOfTheEnvironmentWhole) {
  const auto plan = plan_of(kKeys);
  ASSERT_TRUE(plan);
  const Credentials keys = std::get<FixedKeys>(plan->how).credentials;
  EXPECT_EQ(keys.access_key_id, "AKID");
  EXPECT_EQ(keys.secret_access_key.reveal(), "s");
  EXPECT_EQ(keys.session_token.reveal(), "t");
}

TEST(CredentialsPlan, NamesTheHalfThatIsMissing) {
  EXPECT_EQ(chosen({{"AWS_ACCESS_KEY_ID", "AKID"}}), "refused: AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(chosen({{"AWS_SECRET_ACCESS_KEY", "s"}}), "refused: AWS_ACCESS_KEY_ID");
  EXPECT_EQ(chosen({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}), "refused: AWS_ROLE_ARN");
  EXPECT_EQ(chosen({}, "[default]\naws_access_key_id = P\n"), "refused: profile default: aws_secret_access_key");
}

TEST(CredentialsPlan, FollowsARoleToItsSource) {
  const auto plan = plan_of({},
                            "[profile lab]\nrole_arn = arn:lab\nsource_profile = base\nexternal_id = x\n"
                            "duration_seconds = 900\n"
                            "[profile base]\naws_access_key_id = P\naws_secret_access_key = s\n",
                            "lab");
  ASSERT_TRUE(plan);
  const auto& role = std::get<AssumedRole>(plan->how);
  EXPECT_EQ(role.role_arn, "arn:lab");
  EXPECT_EQ(role.external_id, "x");
  EXPECT_EQ(role.duration, 900s);
  EXPECT_EQ(std::get<FixedKeys>(role.base->how).credentials.access_key_id, "P");
}

TEST(CredentialsPlan, AProfileMayAskForItsOwnRole) {
  EXPECT_EQ(chosen({}, std::string(kKeyProfile) + "role_arn = arn\nsource_profile = default\n"),
            "role of profile default");
}

TEST(CredentialsPlan, ARoleMayBeAskedForByTheMachine) {
  for (const auto& [kind, base] : std::map<std::string, std::string>{{"Environment", "environment"},
                                                                     {"EcsContainer", "container endpoint"},
                                                                     {"Ec2InstanceMetadata", "instance metadata"}}) {
    const Variables variables{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}};
    const auto profiles = profiles_of("[profile a]\nrole_arn = arn\ncredential_source = " + kind + "\n");
    auto lookup = kind == "Environment" ? kKeys : variables;
    const auto plan = plan_credentials(lookup_in(lookup), profiles, "a");
    // The keys of the environment come before any profile.
    if (kind == "Environment") {
      EXPECT_EQ(plan->name, "environment");
    } else {
      EXPECT_EQ(std::get<AssumedRole>(plan->how).base->name, base);
    }
  }
}

TEST(CredentialsPlan, RefusesWhatItCannotDo) {
  const auto refused = [](const std::string& text) { return chosen({}, "[default]\n" + text); };
  EXPECT_EQ(refused("sso_session = s\n"), "refused: profile default: sso_session");
  EXPECT_EQ(refused("role_arn = r\nmfa_serial = m\nsource_profile = default\n"),
            "refused: profile default: mfa_serial");
  EXPECT_EQ(refused("role_arn = r\n"), "refused: profile default: source_profile");
  EXPECT_EQ(refused("role_arn = r\nsource_profile = gone\n"), "refused: profile default: source_profile");
  EXPECT_EQ(refused("role_arn = r\ncredential_source = Elsewhere\n"), "refused: profile default: credential_source");
  EXPECT_EQ(refused("role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = default\n"),
            "refused: profile default: source_profile");
  EXPECT_EQ(refused("credential_process = \"open\n"), "refused: profile default: credential_process");
}

TEST(CredentialsPlan, SendsTheTokenOfAContainerOnlyWhereItMayGo) {
  const auto asked = [](const std::string& url) { return chosen({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}}); };
  for (const char* url : {"http://169.254.170.23/v1/credentials", "http://localhost:1234/x?y=z", "http://127.0.0.1/",
                          "http://[::1]:80/c", "http://[fd00:ec2::23]/v1", "https://anywhere.example.org/c"})
    EXPECT_EQ(asked(url), "container endpoint") << url;
  for (const char* url : {"http://example.org/c", "http://169.254.170.24/", "http://10.0.0.1/", "nonsense", "ftp://h/",
                          "http://127.0.0.1@evil.example.org/", "http://127.0.0.1/a b"})
    EXPECT_EQ(asked(url), "refused: AWS_CONTAINER_CREDENTIALS_FULL_URI") << url;
}

TEST(CredentialsPlan, SaysWhatIsMissingWhereTheInstanceMustNotBeAsked) {
  EXPECT_EQ(chosen({{"AWS_EC2_METADATA_DISABLED", "true"}}), "refused: AWS_ACCESS_KEY_ID");
}

TEST(SplitCommand, ReadsWordsAsAShellWould) {
  EXPECT_EQ(split_command(R"(/opt/tool --name "two words" 'it''s' a\ b "")"),
            (std::vector<std::string>{"/opt/tool", "--name", "two words", "its", "a b", ""}));
  EXPECT_EQ(split_command("  "), std::vector<std::string>{});
  EXPECT_FALSE(split_command("\"open"));
}

class CredentialsSourceTest : public ::testing::Test {
 protected:
  SourceParts parts() {
    return {.transport = *transport,
            .clock = clock,
            .random = random,
            .pause = pause,
            .sts = *parse_endpoint(imposter.url()),
            .region = "eu-west-1"};
  }
  Result<Credentials> fetch(const SourcePlan& plan, const Call& call = {}) {
    return make_source(plan, parts())->fetch(call);
  }
  std::string end_text(std::chrono::milliseconds from_now) const { return format_rfc3339(clock.now() + from_now); }
  std::string json_keys(const std::string& id) const {
    return R"({"Code":"Success","AccessKeyId":")" + id + R"(","SecretAccessKey":"s3cr3t","Token":"t","Expiration":")" +
           end_text(1h) + "\"}";
  }
  std::string role_answer(const std::string& operation) const {
    return "<" + operation + "Response><" + operation + "Result><Credentials><AccessKeyId>ASIA</AccessKeyId>" +
           "<SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" + end_text(1h) +
           "</Expiration></Credentials></" + operation + "Result></" + operation + "Response>";
  }
  std::string write(const std::string& name, std::string_view text) const {
    const auto path = folder.path() / name;
    std::ofstream(path, std::ios::trunc) << text;
    return path;
  }
  SourcePlan process(const std::string& script) const {
    return {ExternalProcess{{"/bin/sh", "-c", script}}, "the process"};
  }
  SourcePlan metadata() const {
    return {InstanceMetadata{.endpoint = *parse_endpoint(imposter.url()), .timeout = 5s}, "instance metadata"};
  }
  SourcePlan container(Secret token = {}, std::string token_file = {}) const {
    return {ContainerEndpoint{*parse_endpoint(imposter.url()), "/v1/keys?a=b", std::move(token), std::move(token_file)},
            "container endpoint"};
  }
  static void expect_keys(const Result<Credentials>& got, const std::string& id) {
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(got->access_key_id, id);
    EXPECT_EQ(got->secret_access_key.reveal(), "s3cr3t");
    EXPECT_EQ(got->session_token.reveal(), "t");
    EXPECT_TRUE(got->expires_at);
  }

  HttpImposter imposter;
  TemporaryFolder folder;
  std::unique_ptr<CurlTransport> transport = *CurlTransport::make({.connections = 2});
  ManualClock clock{SystemClock{}.now()};
  ConstantRandom random;
  RecordingPause pause;
};

TEST_F(CredentialsSourceTest, AWebIdentityShowsItsTokenUnsignedAndReadsItEachTime) {
  const SourcePlan plan{WebIdentity{"arn:role", write("token", "first"), "session"}, "web identity"};
  const auto source = make_source(plan, parts());
  for (const char* token : {"first", "second+/="}) {
    write("token", token);
    imposter.script({.body = role_answer("AssumeRoleWithWebIdentity")});
    expect_keys(source->fetch({}), "ASIA");
  }
  const auto seen = imposter.requests();
  EXPECT_EQ(seen[0].body,
            "Version=2011-06-15&Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Arole&RoleSessionName=session&"
            "WebIdentityToken=first");
  EXPECT_TRUE(seen[1].body.ends_with("WebIdentityToken=second%2B%2F%3D"));
  EXPECT_FALSE(seen[0].has_header("authorization"));
}

TEST_F(CredentialsSourceTest, AWebIdentityIsAskedForAgainWhereTheProviderDoesNotAnswer) {
  const SourcePlan plan{WebIdentity{"arn", write("token", "t"), "s"}, "web identity"};
  imposter.script({.misdeed = Misdeed::kCloseAfterReading});
  imposter.script({.status = 503});
  imposter.script({.body = role_answer("AssumeRoleWithWebIdentity")});
  expect_keys(fetch(plan), "ASIA");
  EXPECT_EQ(pause.waits().size(), 2U);
}

TEST_F(CredentialsSourceTest, ARefusedWebIdentitySaysTheCodeAndNothingElse) {
  const SourcePlan plan{WebIdentity{"arn", write("token", "the token"), "s"}, "web identity"};
  imposter.script({.status = 400,
                   .body = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>the token</Message></Error>"
                           "</ErrorResponse>"});
  const auto got = fetch(plan);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().detail, "web identity: the token service answers 400 InvalidIdentityToken");
}

TEST_F(CredentialsSourceTest, ARoleIsAssumedWithTheSignatureOfItsBase) {
  auto base = std::make_shared<const SourcePlan>(
      SourcePlan{FixedKeys{{.access_key_id = "BASE", .secret_access_key = Secret{"base secret"}}}, "profile base"});
  const SourcePlan plan{AssumedRole{base, "arn:lab", "session", "outside", 900s}, "role of profile lab"};
  imposter.script({.body = role_answer("AssumeRole")});
  expect_keys(fetch(plan), "ASIA");
  const ImposterRequest seen = imposter.requests().at(0);
  EXPECT_EQ(signature_fault(seen, {"BASE", "base secret", "", "eu-west-1", "sts"}), "");
  EXPECT_TRUE(seen.body.ends_with("RoleSessionName=session&DurationSeconds=900&ExternalId=outside"));
}

TEST_F(CredentialsSourceTest, AnAnswerOfTheTokenServiceThatIsNotWholeIsRefused) {
  const SourcePlan plan{WebIdentity{"arn", write("token", "t"), "s"}, "web identity"};
  for (const char* body : {"", "<a/>", "{}", "<AssumeRoleWithWebIdentityResponse/>"}) {
    imposter.script({.body = body});
    EXPECT_FALSE(fetch(plan)) << body;
  }
}

TEST_F(CredentialsSourceTest, AContainerIsShownTheTokenOfItsFileBeforeTheOther) {
  imposter.script({.body = json_keys("CONT")});
  imposter.script({.body = json_keys("CONT")});
  expect_keys(fetch(container(Secret{"plain"}, write("token", "of the file"))), "CONT");
  expect_keys(fetch(container(Secret{"plain"})), "CONT");
  const auto seen = imposter.requests();
  EXPECT_EQ(seen[0].header("authorization"), "of the file");
  EXPECT_EQ(seen[1].header("authorization"), "plain");
  EXPECT_EQ(seen[0].target, "/v1/keys?a=b");
}

TEST_F(CredentialsSourceTest, ATokenOfTwoLinesIsNotSent) {
  const auto got = fetch(container({}, write("token", "one\r\nx-injected: two")));
  ASSERT_FALSE(got);
  EXPECT_FALSE(got.error().detail.contains("injected"));
  EXPECT_EQ(imposter.request_count(), 0U);
}

TEST_F(CredentialsSourceTest, AContainersAnswerIsCheckedAndNeverQuoted) {
  for (const char* body :
       {"s3cr3t", "{}", "[]", R"({"AccessKeyId":"A"})", R"({"AccessKeyId":"A","SecretAccessKey":"s3cr3t",
      "Expiration":"soon"})"}) {
    imposter.script({.body = body});
    const auto got = fetch(container());
    ASSERT_FALSE(got) << body;
    EXPECT_FALSE(got.error().detail.contains("s3cr3t"));
  }
  imposter.script({.status = 403, .body = "s3cr3t"});
  EXPECT_EQ(fetch(container()).error().detail, "container endpoint: it answers 403");
}

TEST_F(CredentialsSourceTest, AnInstanceIsAskedWithASessionToken) {
  imposter.script({.body = "session"});
  imposter.script({.body = "the-role\n"});
  imposter.script({.body = json_keys("INST")});
  expect_keys(fetch(metadata()), "INST");
  const auto seen = imposter.requests();
  EXPECT_EQ(seen[0].method + seen[0].target, "PUT/latest/api/token");
  EXPECT_EQ(seen[0].header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(seen[2].target, "/latest/meta-data/iam/security-credentials/the-role");
  EXPECT_EQ(seen[2].header("x-aws-ec2-metadata-token"), "session");
}

TEST_F(CredentialsSourceTest, AnInstanceIsNeverAskedWithoutOne) {
  for (const int status : {403, 404, 405}) {
    imposter.script({.status = status});
    EXPECT_FALSE(fetch(metadata()));
  }
  EXPECT_EQ(imposter.request_count(), 3U);
}

TEST_F(CredentialsSourceTest, ANameOfARoleThatIsNoneIsNotAskedFor) {
  imposter.script({.body = "session"});
  imposter.script({.body = "../../other"});
  EXPECT_FALSE(fetch(metadata()));
  EXPECT_EQ(imposter.request_count(), 2U);
}

TEST_F(CredentialsSourceTest, AProcessPrintsItsKeys) {
  const std::string keys =
      R"({"Version":1,"AccessKeyId":"PROC","SecretAccessKey":"s3cr3t","SessionToken":"t","Expiration":")" +
      end_text(1h) + "\"}";
  expect_keys(fetch(process("echo '" + keys + "'; echo noise >&2")), "PROC");
}

TEST_F(CredentialsSourceTest, AProcessGetsTheEnvironmentWithoutTheKeyOfThisService) {
  ::setenv("SECRET_KEY", "of the service", 1);
  ::setenv("LAZARET_TEST_VAULT", "PROC", 1);
  const auto got = fetch(process(
      R"(echo "{\"Version\":1,\"AccessKeyId\":\"$LAZARET_TEST_VAULT\",\"SecretAccessKey\":\"${SECRET_KEY:-none}\"}")"));
  ::unsetenv("SECRET_KEY");
  ::unsetenv("LAZARET_TEST_VAULT");
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->access_key_id, "PROC");
  EXPECT_EQ(got->secret_access_key.reveal(), "none");
}

TEST_F(CredentialsSourceTest, AProcessGetsSignalsAsAShellWouldGiveThem) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const auto got = fetch(process(
      R"(set -- $(grep SigIgn /proc/$$/status); echo "{\"Version\":1,\"AccessKeyId\":\"$2\",\"SecretAccessKey\":\"s\"}")"));
  std::signal(SIGPIPE, before);
  ASSERT_TRUE(got) << got.error().detail;
  constexpr unsigned long kBrokenPipe = 1UL << (SIGPIPE - 1U);
  EXPECT_EQ(std::stoul(got->access_key_id, nullptr, 16) & kBrokenPipe, 0U);
}

TEST_F(CredentialsSourceTest, AProcessThatFailsIsRefusedWithoutItsOutput) {
  for (const char* script : {"echo s3cr3t; exit 1", "echo s3cr3t", "echo '{\"Version\":2}'", "kill -9 $$", "true"}) {
    const auto got = fetch(process(script));
    ASSERT_FALSE(got) << script;
    EXPECT_FALSE(got.error().detail.contains("s3cr3t"));
  }
  EXPECT_FALSE(fetch({ExternalProcess{{"/nowhere/tool"}}, "the process"}));
}

TEST_F(CredentialsSourceTest, AProcessThatDoesNotEndIsEnded) {
  const Call call{.deadline = std::chrono::steady_clock::now() + 50ms};
  EXPECT_FALSE(fetch(process("sleep 1000"), call));
  // It has closed its output and goes on.
  EXPECT_FALSE(fetch(process("exec >&-; sleep 1000"), {.deadline = std::chrono::steady_clock::now() + 50ms}));
}

TEST_F(CredentialsSourceTest, AProcessThatPrintsTooMuchIsEnded) {
  EXPECT_TRUE(fetch(process("yes")).error().detail.contains("too much"));
}

}  // namespace
}  // namespace lazaret::aws
