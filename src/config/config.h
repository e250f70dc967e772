// Config: everything the service is told from outside, checked once, before the port opens. Made from environment
// variables and the text of a `.env` file by one table (variables.cpp); immutable afterwards. Every fault is reported
// at once, by the variable's name.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "document/document.h"

namespace lazaret {

enum class AppEnvironment : std::uint8_t { kDevelopment, kStaging, kProduction };
std::string_view to_string(AppEnvironment environment);

enum class ObjectStoreKind : std::uint8_t { kFile, kS3 };
enum class MetadataStoreKind : std::uint8_t { kSqlite, kDynamoDb };

// What objects ask of the bucket's server side: its own default, or one of these by name.
enum class S3Encryption : std::uint8_t { kBucket, kAes256, kKms };
enum class S3Addressing : std::uint8_t { kAuto, kVirtual, kPath };

enum class Verbosity : std::uint8_t { kDebug, kInfo, kWarning, kError };

using Environment = std::map<std::string, std::string, std::less<>>;

struct Config {
  AppEnvironment app_env = AppEnvironment::kDevelopment;
  std::string host;  // a numeric address
  std::uint16_t port = 0;
  std::optional<std::string> public_url;  // without a trailing slash
  Secret secret_key;                      // empty: one is made at each start (development only)
  ObjectStoreKind object_store = ObjectStoreKind::kFile;
  MetadataStoreKind metadata_store = MetadataStoreKind::kSqlite;
  std::filesystem::path data_dir;
  std::string s3_bucket;
  std::optional<std::string> s3_public_endpoint;  // without a trailing slash
  S3Encryption s3_encryption = S3Encryption::kBucket;
  std::string s3_kms_key_id;
  std::optional<bool> s3_versioning;  // none: as the bucket is
  S3Addressing s3_addressing = S3Addressing::kAuto;
  std::string s3_provider;  // empty: by the endpoint
  bool download_redirect = false;
  std::string dynamodb_table;
  std::chrono::milliseconds store_connect_timeout{};
  std::chrono::milliseconds store_timeout{};
  std::uint32_t store_connections = 0;
  // AWS_* and HOME as they were set, for the module that knows them. Holds secrets: never shown or logged as it is.
  Environment aws;
  std::uint64_t max_file_size = 0;              // bytes
  std::vector<std::string> allowed_extensions;  // lower case, sorted
  std::vector<std::string> categories;
  bool enable_file_scanning = true;
  bool sandbox = true;
  std::vector<std::filesystem::path> yara_rules;
  std::string clamd_socket;  // a path, or a loopback address and port; empty: no antivirus
  std::chrono::milliseconds clamd_timeout{};
  std::chrono::milliseconds clamd_database_age{};  // 0: any
  std::string inspection_policy;                   // sound, as ConfigInput::check_inspection_policy says
  std::uint32_t max_upload_rate = 0;               // files a minute and caller; 0: no limit
  std::chrono::milliseconds pending_lease{};
  std::chrono::milliseconds sweep_interval{};
  std::chrono::milliseconds zombie_window{};  // zero over files
  std::chrono::milliseconds retention_deleted{};
  std::chrono::milliseconds idempotency_ttl{};
  std::chrono::milliseconds header_timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::uint64_t min_body_rate = 0;  // bytes a second
  std::uint32_t max_connections = 0;
  std::uint32_t max_uploads_in_flight = 0;
  std::chrono::milliseconds shutdown_delay{};
  std::chrono::milliseconds shutdown_timeout{};
  OnDuplicate on_duplicate = OnDuplicate::kAllow;
  bool require_if_match = false;
  std::vector<std::string> cors_origins;
  std::vector<std::string> trusted_proxies;  // addresses and CIDR blocks
  std::optional<std::filesystem::path> api_keys_file;
  bool metrics_open = false;
  Verbosity log_level = Verbosity::kInfo;

  bool has_remote_store() const {
    return object_store == ObjectStoreKind::kS3 || metadata_store == MetadataStoreKind::kDynamoDb;
  }
  bool has_embedded_store() const {
    return object_store == ObjectStoreKind::kFile || metadata_store == MetadataStoreKind::kSqlite;
  }
  bool has_keys() const { return api_keys_file.has_value(); }
  bool logs_json() const { return app_env != AppEnvironment::kDevelopment; }
};

// kDerived: left unset, and decided by another variable.
enum class Source : std::uint8_t { kDefault, kEnvironment, kDotenv, kDerived };

// One variable as it was read, for `lazaret config`. `value` of a secret is already masked.
struct Setting {
  std::string name;
  std::string value;
  Source source = Source::kDefault;
};

struct LoadedConfig {
  Config config;
  std::vector<Setting> settings;      // in the table's order
  std::vector<std::string> warnings;  // sentences for the log
};

struct ConfigInput {
  Environment environment;
  std::optional<std::string> dotenv;              // the text of `.env`, where there is one
  std::vector<std::string> checkable_extensions;  // types that have a checker
  // What is wrong with INSPECTION_POLICY, as a sentence without the name; unset: everything is taken.
  std::function<std::expected<void, std::string>(std::string_view)> check_inspection_policy;
};

// kInvalidParameter with a Fault for each variable that is wrong; Fault::where is its name. Pure.
Result<LoadedConfig> load_config(const ConfigInput& input);

// `lazaret config`: NAME=value and where it came from, a line each.
std::string show_settings(const LoadedConfig& loaded);
// What docs/configuration.md and .env.example hold.
std::string config_markdown();
std::string config_dotenv();

}  // namespace lazaret
