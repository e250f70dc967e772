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

enum class Verbosity : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct Config {
  AppEnvironment app_env = AppEnvironment::kDevelopment;
  std::string host;  // a numeric address
  std::uint16_t port = 0;
  std::optional<std::string> public_url;  // without a trailing slash
  Secret secret_key;                      // empty: one is made at each start (development only)
  std::filesystem::path data_dir;
  std::uint64_t max_file_size = 0;              // bytes
  std::vector<std::string> allowed_extensions;  // lower case, sorted
  std::vector<std::string> categories;
  bool enable_file_scanning = true;
  bool sandbox = true;
  std::vector<std::filesystem::path> yara_rules;
  std::string inspection_policy;      // sound, as ConfigInput::check_inspection_policy says
  std::uint32_t max_upload_rate = 0;  // files a minute and caller; 0: no limit
  std::chrono::milliseconds pending_lease{};
  std::chrono::milliseconds sweep_interval{};
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

  bool has_keys() const { return api_keys_file.has_value(); }
  bool logs_json() const { return app_env != AppEnvironment::kDevelopment; }
};

enum class Source : std::uint8_t { kDefault, kEnvironment, kDotenv };

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

using Environment = std::map<std::string, std::string, std::less<>>;

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
