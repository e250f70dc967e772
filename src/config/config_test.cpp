// Configuration as operators meet it: values, sources, refusals, and the documents made from the table.
#include "config/config.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/dotenv.h"
#include "config/values.h"

namespace lazaret {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";  // obviously fake

Result<LoadedConfig> load(Environment environment, std::optional<std::string> dotenv = {}) {
  ConfigInput input;
  input.environment = std::move(environment);
  input.dotenv = std::move(dotenv);
  input.checkable_extensions = {"pdf"};
  input.check_inspection_policy = [](std::string_view text) -> std::expected<void, std::string> {
    if (text != "wrong") return {};
    return std::unexpected("has wrong, which is no outcome");
  };
  return load_config(input);
}

// Names of the variables that are at fault.
std::vector<std::string> faults(const Result<LoadedConfig>& loaded) {
  std::vector<std::string> names;
  if (loaded) return names;
  for (const Fault& fault : loaded.error().faults)
    names.push_back(fault.where);
  return names;
}

TEST(Config, HasADefaultForEverything) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.host, "127.0.0.1");
  EXPECT_EQ(loaded->config.port, 8000);
  EXPECT_EQ(loaded->config.max_file_size, 52'428'800U);
  EXPECT_EQ(loaded->config.retention_deleted, std::chrono::hours{30 * 24});
  EXPECT_THAT(loaded->config.allowed_extensions, ElementsAre("pdf"));
  EXPECT_EQ(loaded->config.categories.size(), 5U);
  EXPECT_FALSE(loaded->config.logs_json());
}

TEST(Config, ReadsTheEnvironmentBeforeDotenv) {
  const auto loaded = load({{"PORT", "9000"}}, "PORT=1\nMAX_FILE_SIZE=10MB # small\n");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.port, 9000);
  EXPECT_EQ(loaded->config.max_file_size, 10U << 20U);
  EXPECT_THAT(loaded->settings, Contains(testing::AllOf(Field(&Setting::name, "MAX_FILE_SIZE"),
                                                        Field(&Setting::source, Source::kDotenv))));
}

TEST(Config, ReportsEveryFaultAtOnceByName) {
  const auto loaded =
      load({{"PORT", "99999"}, {"MAX_FILE_SIZE", "big"}, {"SANDBOX", "maybe"}, {"HOST", "example.org"}});
  EXPECT_THAT(faults(loaded), ElementsAre("HOST", "PORT", "MAX_FILE_SIZE", "SANDBOX"));
}

TEST(Config, ReadsTheAliasOfTheFirstVersion) {
  EXPECT_EQ(load({{"FLASK_ENV", "dev"}})->config.app_env, AppEnvironment::kDevelopment);
  EXPECT_THAT(faults(load({{"FLASK_ENV", "production"}, {"APP_ENV", "development"}})), ElementsAre("FLASK_ENV"));
  EXPECT_TRUE(load({{"FLASK_ENV", "dev"}, {"APP_ENV", "development"}}));
  EXPECT_THAT(faults(load({{"FLASK_ENV", "testing"}, {"APP_ENV", "development"}})), ElementsAre("FLASK_ENV"));
  EXPECT_THAT(faults(load({{"FLASK_ENV", "testing"}})), ElementsAre("FLASK_ENV"));
}

TEST(Config, RefusesWeakSettingsInProduction) {
  const auto loaded = load({{"APP_ENV", "production"}, {"ENABLE_FILE_SCANNING", "false"}, {"SANDBOX", "off"}});
  EXPECT_THAT(faults(loaded), ElementsAre("SECRET_KEY", "API_KEYS_FILE", "ENABLE_FILE_SCANNING", "SANDBOX"));
}

TEST(Config, StartsInProductionWhenEverythingIsStrong) {
  const auto loaded = load({{"APP_ENV", "prod"}, {"SECRET_KEY", kKey}, {"API_KEYS_FILE", "keys"}, {"HOST", "0.0.0.0"}});
  ASSERT_TRUE(loaded) << loaded.error().faults.front().detail;
  EXPECT_TRUE(loaded->config.logs_json());
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Config, WarnsInStagingWhereProductionRefuses) {
  const auto loaded = load({{"APP_ENV", "staging"}, {"SECRET_KEY", kKey}, {"SANDBOX", "off"}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->warnings.size(), 2U);
  EXPECT_THAT(faults(load({{"APP_ENV", "staging"}, {"SECRET_KEY", "short"}})), ElementsAre("SECRET_KEY"));
}

TEST(Config, ListensOnLoopbackOnlyWithoutKeys) {
  EXPECT_THAT(faults(load({{"HOST", "0.0.0.0"}})), ElementsAre("HOST"));
  EXPECT_TRUE(load({{"HOST", "::1"}}));
  EXPECT_TRUE(load({{"HOST", "0.0.0.0"}, {"API_KEYS_FILE", "keys"}}));
}

TEST(Config, FindsClamdAtAPathOrOnThisMachine) {
  const auto socket = [](const char* text) { return load({{"CLAMD_SOCKET", text}})->config.clamd_socket; };
  EXPECT_EQ(socket("/run/clamav/clamd.ctl"), "/run/clamav/clamd.ctl");
  EXPECT_EQ(socket("127.0.0.1:3310"), "127.0.0.1:3310");
  EXPECT_EQ(socket("localhost:3310"), "127.0.0.1:3310");
  EXPECT_EQ(socket("[::1]:3310"), "[::1]:3310");
  EXPECT_EQ(load({})->config.clamd_socket, "");
}

TEST(Config, RefusesAClamdElsewhere) {
  for (const std::string& text :
       {std::string("10.0.0.7:3310"), std::string("clamav:3310"), std::string("0.0.0.0:3310"), std::string("127.0.0.1"),
        std::string("127.0.0.1:0"), std::string("127.0.0.1:65536"), std::string("127.0.0.1:x"), std::string("::1:3310"),
        std::string("[127.0.0.1]:3310"), std::string("[::1]"), std::string("run/clamd"), std::string(":3310"),
        "/" + std::string(107, 'x')}) {
    EXPECT_THAT(faults(load({{"CLAMD_SOCKET", text}})), ElementsAre("CLAMD_SOCKET")) << text;
  }
}

TEST(Config, RefusesVariablesOfAntivirusWithoutAClamd) {
  EXPECT_THAT(faults(load({{"CLAMD_TIMEOUT", "5s"}})), ElementsAre("CLAMD_TIMEOUT"));
  EXPECT_THAT(faults(load({{"CLAMD_DATABASE_AGE", "0"}})), ElementsAre("CLAMD_DATABASE_AGE"));
  EXPECT_THAT(faults(load({{"CLAMD_SOCKET", "far:1"}, {"CLAMD_TIMEOUT", "5s"}})), ElementsAre("CLAMD_SOCKET"));
  EXPECT_TRUE(load({{"CLAMD_SOCKET", "/run/clamd"}, {"CLAMD_TIMEOUT", "5s"}, {"CLAMD_DATABASE_AGE", "0"}}));
}

TEST(Config, SaysThatAntivirusIsNotUsedWithoutScanning) {
  const auto loaded = load({{"CLAMD_SOCKET", "/run/clamd"}, {"ENABLE_FILE_SCANNING", "false"}});
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->warnings, ElementsAre(testing::HasSubstr("CLAMD_SOCKET")));
}

TEST(Config, KeepsEverythingOnThisMachineUnlessToldOtherwise) {
  const auto loaded = load({});
  EXPECT_EQ(loaded->config.object_store, ObjectStoreKind::kFile);
  EXPECT_EQ(loaded->config.metadata_store, MetadataStoreKind::kSqlite);
  EXPECT_EQ(loaded->config.zombie_window, std::chrono::milliseconds{0});
  EXPECT_FALSE(loaded->config.has_remote_store());
}

TEST(Config, AStoreIsWhereItsBucketOrTableSays) {
  const auto cloud = load({{"S3_BUCKET", "documents"}, {"DYNAMODB_TABLE", "documents"}});
  ASSERT_TRUE(cloud);
  EXPECT_EQ(cloud->config.object_store, ObjectStoreKind::kS3);
  EXPECT_EQ(cloud->config.metadata_store, MetadataStoreKind::kDynamoDb);
  EXPECT_EQ(cloud->config.zombie_window, std::chrono::minutes{20});
  EXPECT_THAT(cloud->settings,
              Contains(testing::AllOf(Field(&Setting::name, "OBJECT_STORE"), Field(&Setting::value, "s3"),
                                      Field(&Setting::source, Source::kDerived))));
  const auto mixed = load({{"S3_BUCKET", "documents"}});
  EXPECT_EQ(mixed->config.metadata_store, MetadataStoreKind::kSqlite);
  EXPECT_TRUE(mixed->config.has_embedded_store());
}

TEST(Config, RefusesWhatContradictsTheChosenStore) {
  EXPECT_THAT(faults(load({{"OBJECT_STORE", "file"}, {"S3_BUCKET", "documents"}})), ElementsAre("S3_BUCKET"));
  EXPECT_THAT(faults(load({{"METADATA_STORE", "sqlite"}, {"DYNAMODB_TABLE", "documents"}})),
              ElementsAre("DYNAMODB_TABLE"));
  EXPECT_THAT(faults(load({{"OBJECT_STORE", "s3"}})), ElementsAre("S3_BUCKET"));
  EXPECT_THAT(faults(load({{"OBJECT_STORE", "gcs"}, {"S3_BUCKET", "documents"}})), ElementsAre("OBJECT_STORE"));
  EXPECT_EQ(load({{"METADATA_STORE", "dynamodb"}})->config.dynamodb_table, "medical-documents");
}

TEST(Config, RefusesWhatHasNoEffectOnTheChosenStores) {
  EXPECT_THAT(faults(load({{"ZOMBIE_WINDOW", "5m"}, {"DOWNLOAD_REDIRECT", "true"}, {"STORE_TIMEOUT", "5s"}})),
              UnorderedElementsAre("ZOMBIE_WINDOW", "DOWNLOAD_REDIRECT", "STORE_TIMEOUT"));
  EXPECT_TRUE(load({{"METADATA_STORE", "dynamodb"}, {"STORE_TIMEOUT", "5s"}}));
  EXPECT_THAT(faults(load({{"S3_BUCKET", "documents"}, {"S3_KMS_KEY_ID", "alias/documents"}})),
              ElementsAre("S3_KMS_KEY_ID"));
  EXPECT_TRUE(load({{"S3_BUCKET", "documents"}, {"S3_KMS_KEY_ID", "alias/documents"}, {"S3_ENCRYPTION", "kms"}}));
}

TEST(Config, ChecksTheNamesOfBucketAndTable) {
  for (const char* name : {"ab", "Documents", "-documents", "a..b", "192.168.0.1", "a_b"})
    EXPECT_THAT(faults(load({{"S3_BUCKET", name}})), ElementsAre("S3_BUCKET")) << name;
  for (const char* name : {"ab", "a table", "a/b"})
    EXPECT_THAT(faults(load({{"DYNAMODB_TABLE", name}})), ElementsAre("DYNAMODB_TABLE")) << name;
}

TEST(Config, FindsTheAwsVariablesAndShowsTheirSecretsToNobody) {
  const auto loaded =
      load({{"AWS_SECRET_ACCESS_KEY", "obviously-fake"}, {"AWS_REGION", "eu-central-1"}, {"HOME", "/h"}},
           "AWS_SESSION_TOKEN=fake-token\nAWS_REGION=us-east-1\nAWS_WEB_IDENTITY_TOKEN_FILE=/t\n");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.aws.at("AWS_REGION"), "eu-central-1");
  EXPECT_EQ(loaded->config.aws.at("AWS_SESSION_TOKEN"), "fake-token");
  EXPECT_EQ(loaded->config.aws.at("HOME"), "/h");
  const std::string shown = show_settings(*loaded);
  EXPECT_THAT(shown, HasSubstr("AWS_SECRET_ACCESS_KEY=(set, 14 bytes)"));
  EXPECT_THAT(shown, HasSubstr("AWS_SESSION_TOKEN=(set, 10 bytes)"));
  EXPECT_THAT(shown, HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE=/t"));
  EXPECT_THAT(shown, Not(HasSubstr("obviously-fake")));
  EXPECT_THAT(shown, Not(HasSubstr("HOME=")));
}

TEST(Config, RefusesTypesWithoutAChecker) {
  EXPECT_THAT(faults(load({{"ALLOWED_EXTENSIONS", "pdf,exe"}})), ElementsAre("ALLOWED_EXTENSIONS"));
  EXPECT_THAT(load({{"ALLOWED_EXTENSIONS", " .PDF , pdf"}})->config.allowed_extensions, ElementsAre("pdf"));
}

TEST(Config, NoticesSlipsInDotenv) {
  const auto loaded = load({}, "MAX_FILESIZE=1MB\n");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().faults.front().detail, HasSubstr("MAX_FILE_SIZE"));
  EXPECT_THAT(loaded.error().faults.front().detail, HasSubstr("line 1"));
}

TEST(Config, RefusesWhatItDoesNotKnowInDotenvAndLeavesTheEnvironmentAlone) {
  EXPECT_THAT(faults(load({}, "TZ=UTC\nPORT=9000\n")), ElementsAre("TZ"));
  EXPECT_TRUE(load({{"TZ", "UTC"}, {"MAX_FILESIZE", "1MB"}}, "AWS_REGION=eu-central-1\n"));
}

TEST(Config, ReportsRelationsBesideOtherFaults) {
  EXPECT_THAT(faults(load({{"APP_ENV", "production"}, {"PORT", "99999"}})),
              ElementsAre("PORT", "SECRET_KEY", "API_KEYS_FILE"));
}

TEST(Config, ReportsFaultsOfTheEnvironmentBesideThoseOfDotenv) {
  EXPECT_THAT(faults(load({{"PORT", "99999"}}, "A='open\nSANDBOX=maybe\n")), ElementsAre(".env", "PORT", "SANDBOX"));
}

TEST(Config, SaysNothingOfRelationsToALineThatCouldNotBeRead) {
  EXPECT_THAT(faults(load({{"APP_ENV", "production"}}, "SECRET_KEY='open\n")), ElementsAre(".env"));
}

TEST(Config, NeverQuotesASecretInAFault) {
  const auto loaded = load({{"APP_ENV", "staging"}, {"SECRET_KEY", "hunter2"}}, "API_KEYS_FILE='hunter2\n");
  ASSERT_FALSE(loaded);
  for (const Fault& fault : loaded.error().faults)
    EXPECT_THAT(fault.detail, Not(HasSubstr("hunter2")));
}

TEST(Config, RefusesControlCharacters) {
  EXPECT_THAT(faults(load({{"DATA_DIR", "data\x1b[2J"}})), ElementsAre("DATA_DIR"));
  EXPECT_THAT(faults(load({}, "PUBLIC_URL=\"https://a.example\\n\"\n")), ElementsAre("PUBLIC_URL"));
}

TEST(Config, SwitchesAVariableOfDotenvOffWithAnEmptyOneInTheEnvironment) {
  const auto loaded = load({{"PORT", ""}}, "PORT=9000\n");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.port, 8000);
}

TEST(Config, KeepsLeasesLongEnoughToWriteAFile) {
  EXPECT_THAT(faults(load({{"PENDING_LEASE", "4s"}})), ElementsAre("PENDING_LEASE"));
  EXPECT_TRUE(load({{"PENDING_LEASE", "5s"}}));
}

TEST(Config, TakesFilesFromOneByteToFiveGigabytes) {
  EXPECT_TRUE(load({{"MAX_FILE_SIZE", "5GB"}}));
  EXPECT_TRUE(load({{"MAX_FILE_SIZE", "1"}}));
  EXPECT_THAT(faults(load({{"MAX_FILE_SIZE", "5368709121"}})), ElementsAre("MAX_FILE_SIZE"));
  EXPECT_THAT(faults(load({{"MAX_FILE_SIZE", "0"}})), ElementsAre("MAX_FILE_SIZE"));
}

TEST(Config, ChecksCategoriesAndWordsOfAFixedSet) {
  EXPECT_THAT(load({{"CATEGORIES", "lab_results, x-rays"}})->config.categories.size(), 2U);
  EXPECT_THAT(faults(load({{"CATEGORIES", "Lab Results"}, {"ON_DUPLICATE", "maybe"}, {"LOG_LEVEL", "loud"}})),
              ElementsAre("CATEGORIES", "ON_DUPLICATE", "LOG_LEVEL"));
  EXPECT_EQ(load({{"ON_DUPLICATE", "reject"}})->config.on_duplicate, OnDuplicate::kReject);
}

TEST(Config, TakesAnEmptyValueForNone) {
  EXPECT_EQ(load({{"PORT", ""}})->config.port, 8000);
}

TEST(Config, NeverShowsASecret) {
  const auto loaded = load({{"SECRET_KEY", kKey}});
  const std::string shown = show_settings(*loaded);
  EXPECT_THAT(shown, Not(HasSubstr(kKey)));
  EXPECT_THAT(shown, HasSubstr("SECRET_KEY=(set, 32 bytes)"));
}

TEST(Config, ChecksOriginsAndNetworks) {
  EXPECT_THAT(faults(load({{"CORS_ORIGINS", "https://a.example/path"}})), ElementsAre("CORS_ORIGINS"));
  EXPECT_THAT(faults(load({{"CORS_ORIGINS", "*"}})), ElementsAre("CORS_ORIGINS"));
  EXPECT_THAT(load({{"CORS_ORIGINS", "https://A.example:8443,http://b.example"}})->config.cors_origins,
              ElementsAre("https://a.example:8443", "http://b.example"));
  EXPECT_THAT(load({{"CORS_ORIGINS", "https://a.example:443,http://[::1]:80"}})->config.cors_origins,
              ElementsAre("https://a.example", "http://[::1]"));
  EXPECT_THAT(faults(load({{"TRUSTED_PROXIES", "10.0.0.0/33"}})), ElementsAre("TRUSTED_PROXIES"));
  EXPECT_TRUE(load({{"TRUSTED_PROXIES", "10.0.0.0/8,::1"}}));
}

TEST(Values, ReadSizesAndDurations) {
  using namespace std::chrono_literals;
  EXPECT_EQ(config::parse_size("50MB", 1, 1U << 30U), 52'428'800U);
  EXPECT_EQ(config::parse_size("52428800", 1, 1U << 30U), 52'428'800U);
  EXPECT_EQ(config::parse_size("1 kb", 1, 1U << 30U), 1024U);
  for (const char* text : {"", "-1", "1.5MB", "1TB", "0", "99999999999999999999", "18446744073709551615GB", "MB"}) {
    EXPECT_FALSE(config::parse_size(text, 1, 1U << 30U)) << text;
  }
  EXPECT_EQ(config::parse_duration("500ms", 0ms, 24h), 500ms);
  EXPECT_EQ(config::parse_duration("12h", 0ms, 24h), 12h);
  EXPECT_EQ(config::parse_duration("0", 0ms, 24h), 0ms);
  for (const char* text : {"", "10", "5x", "-5s", "2d", "1.5s", "99999999999999999999d"}) {
    EXPECT_FALSE(config::parse_duration(text, 0ms, 24h)) << text;
  }
}

TEST(Values, ReadPublicUrls) {
  EXPECT_EQ(config::parse_base_url("https://a.example/docs/"), "https://a.example/docs");
  EXPECT_EQ(config::parse_base_url("http://[::1]:8000"), "http://[::1]:8000");
  for (const char* text : {"a.example", "ftp://a", "https://", "https://u@a", "https://a?x", "https://a:99999",
                           "https://a b", "javascript:alert(1)"}) {
    EXPECT_FALSE(config::parse_base_url(text)) << text;
  }
}

TEST(Dotenv, UnderstandsQuotesCommentsAndExport) {
  const auto entries = config::parse_dotenv(
      "# a comment\n\nexport A=1\nB = two words # note\nC='single # $x'\nD=\"line\\nbreak\" # note\nE=a#b\r\nF=\n");
  ASSERT_THAT(entries.faults, IsEmpty());
  std::vector<std::string> values;
  values.reserve(entries.entries.size());
  for (const auto& entry : entries.entries)
    values.push_back(entry.value);
  EXPECT_THAT(values, ElementsAre("1", "two words", "single # $x", "line\nbreak", "a#b", ""));
}

TEST(Dotenv, NamesTheLineThatIsWrong) {
  for (const char* text : {"nonsense", "1A=2", "A='open", "A=\"x\" y", "A=1\nA=2", "=x"}) {
    EXPECT_EQ(config::parse_dotenv(text).faults.size(), 1U) << text;
  }
  const auto faulty = config::parse_dotenv("A=1\nB='x\nC=3\n");
  ASSERT_EQ(faulty.faults.size(), 1U);
  EXPECT_THAT(faulty.faults.front().detail, HasSubstr("Line 2"));
  EXPECT_EQ(faulty.entries.size(), 2U);
}

TEST(Dotenv, IsBoundedInSizeLinesAndFaults) {
  EXPECT_EQ(config::parse_dotenv(std::string(config::kMaxDotenvBytes + 1, '#')).faults.size(), 1U);
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "N" + std::to_string(i) + "=1\n";
  EXPECT_EQ(config::parse_dotenv(many).entries.size(), config::kMaxDotenvEntries);
  EXPECT_EQ(config::parse_dotenv(many).faults.size(), 1U);
  std::string bad;
  for (int i = 0; i < 1000; ++i)
    bad += "?\n";
  EXPECT_EQ(config::parse_dotenv(bad).faults.size(), config::kMaxDotenvFaults + 1);
}

TEST(Dotenv, ReadsNoLineWithANul) {
  EXPECT_EQ(config::parse_dotenv(std::string("A=127.0.0.1\0x", 13)).faults.size(), 1U);
}

std::string committed(const char* name) {
  std::ifstream file(std::string(LAZARET_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConfigDocs, AreTheTablesOwn) {
  EXPECT_EQ(committed("docs/configuration.md"), config_markdown())
      << "run: lazaret config --markdown > docs/configuration.md";
  EXPECT_EQ(committed(".env.example"), config_dotenv()) << "run: lazaret config --dotenv > .env.example";
}

TEST(ConfigDocs, ATemplateIsItselfAValidDotenv) {
  EXPECT_TRUE(load({}, config_dotenv()));
}

TEST(Config, AsksWhetherAnInspectionPolicyIsSound) {
  EXPECT_EQ(load({{"INSPECTION_POLICY", "active=reject"}})->config.inspection_policy, "active=reject");
  const auto refused = load({{"INSPECTION_POLICY", "wrong"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().faults.front().detail, "INSPECTION_POLICY has wrong, which is no outcome.");
}

}  // namespace
}  // namespace lazaret
