#include "config/config.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "config/dotenv.h"
#include "config/values.h"
#include "config/variables.h"

namespace lazaret {
namespace {

using config::Exposure;
using config::Variable;

constexpr std::string_view kAlias = "FLASK_ENV";
constexpr std::string_view kAwsPrefix = "AWS_";
constexpr std::size_t kLeastSecretBytes = 32;

struct Given {
  std::string_view value;
  Source source = Source::kDefault;
};

// The environment wins over `.env`, also with an empty value: that is how people switch a variable off.
class Lookup {
 public:
  Lookup(const Environment& environment, std::vector<config::DotenvEntry> dotenv)
      : environment_(environment), dotenv_(std::move(dotenv)) {}

  std::optional<Given> find(std::string_view name) const {
    if (const auto found = environment_.find(name); found != environment_.end()) {
      return found->second.empty() ? std::nullopt : std::optional(Given{found->second, Source::kEnvironment});
    }
    const auto entry = std::ranges::find(dotenv_, name, &config::DotenvEntry::name);
    if (entry == dotenv_.end() || entry->value.empty()) return std::nullopt;
    return Given{entry->value, Source::kDotenv};
  }

  // Names that are set, in order, each once.
  std::set<std::string_view> names() const {
    std::set<std::string_view> names;
    for (const auto& [name, value] : environment_)
      names.insert(name);
    for (const config::DotenvEntry& entry : dotenv_)
      names.insert(entry.name);
    std::erase_if(names, [this](std::string_view name) { return !find(name); });
    return names;
  }
  const std::vector<config::DotenvEntry>& dotenv() const { return dotenv_; }

 private:
  const Environment& environment_;
  std::vector<config::DotenvEntry> dotenv_;
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t i = 0; i <= b.size(); ++i)
    row[i] = i;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t swapped = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = std::exchange(row[k], std::min({row[k] + 1, row[k - 1] + 1, swapped}));
    }
  }
  return row.back();
}

// The variable that was probably meant: at most two letters away, one in short names.
std::optional<std::string_view> nearest(std::string_view name) {
  if (name.size() > 64) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = name.size() <= 5 ? 2 : 3;
  for (const Variable& known : config::variables()) {
    const std::size_t distance = edit_distance(name, known.name);
    if (distance >= best_distance) continue;
    best = known.name;
    best_distance = distance;
  }
  return best;
}

bool is_known(std::string_view name) {
  return name == kAlias || name.starts_with(kAwsPrefix) ||
         std::ranges::any_of(config::variables(), [&](const Variable& known) { return known.name == name; });
}

// Of the AWS variables: keys and tokens, though not files that hold one.
bool is_secret(std::string_view aws_name) {
  return aws_name.ends_with("SECRET_ACCESS_KEY") || aws_name.ends_with("_TOKEN");
}

std::string masked(std::string_view value) {
  return fmt::format("(set, {} bytes)", value.size());
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

class Loader {
 public:
  Loader(const ConfigInput& input, Lookup lookup, std::vector<Fault> dotenv_faults)
      : input_(input),
        lookup_(std::move(lookup)),
        dotenv_is_whole_(dotenv_faults.empty()),
        faults_(std::move(dotenv_faults)) {}

  Result<LoadedConfig> load() {
    for (const Variable& variable : config::variables())
      read(variable);
    choose_stores();
    read_aws();
    check_dotenv_names();
    check_types();
    check_policy();
    // What stands in a line that could not be read may be the very thing a relation asks for.
    if (dotenv_is_whole_ && !is_faulty("APP_ENV") && !is_faulty(kAlias)) {
      check_secret_key();
      check_weak_settings();
      check_relations();
      check_stores();
    }
    if (!faults_.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults_));
    return std::move(loaded_);
  }

 private:
  void fault(std::string_view name, std::string_view what) {
    faults_.push_back({std::string(name), "invalid", fmt::format("{} {}.", name, what)});
  }
  bool is_faulty(std::string_view name) const {
    return std::ranges::find(faults_, name, &Fault::where) != faults_.end();
  }

  void read(const Variable& variable) {
    std::string_view name = variable.name;
    std::optional<Given> given = lookup_.find(name);
    if (name == "APP_ENV") {
      if (const auto alias = lookup_.find(kAlias)) {
        if (given) check_alias(variable, *given, *alias);
        if (!given) name = kAlias;
        if (!given) given = alias;
      }
    }
    const Given used = given.value_or(Given{variable.default_value, Source::kDefault});
    const bool secret = variable.exposure == Exposure::kSecret;
    loaded_.settings.push_back({std::string(variable.name),
                                secret && !used.value.empty() ? masked(used.value) : std::string(used.value),
                                used.source});
    if (used.value.empty()) return;
    if (!secret && has_control_characters(used.value)) return fault(name, "must not hold control characters");
    if (auto applied = variable.apply(used.value, loaded_.config); !applied) fault(name, applied.error());
  }

  // Left unset, a store is where its bucket or table says: no file goes silently to a local disk.
  void choose_stores() {
    Config& config = loaded_.config;
    if (!lookup_.find("OBJECT_STORE") && lookup_.find("S3_BUCKET")) {
      config.object_store = ObjectStoreKind::kS3;
      derive("OBJECT_STORE", "s3");
    }
    if (!lookup_.find("METADATA_STORE") && lookup_.find("DYNAMODB_TABLE")) {
      config.metadata_store = MetadataStoreKind::kDynamoDb;
      derive("METADATA_STORE", "dynamodb");
    }
    if (config.object_store == ObjectStoreKind::kFile) {
      config.zombie_window = {};
      if (!lookup_.find("ZOMBIE_WINDOW")) derive("ZOMBIE_WINDOW", "0s");
    }
  }

  void derive(std::string_view name, std::string_view value) {
    const auto setting = std::ranges::find(loaded_.settings, name, &Setting::name);
    setting->value = value;
    setting->source = Source::kDerived;
  }

  // The AWS variables are known to their own module; here they are found, and shown without their secrets.
  void read_aws() {
    for (const std::string_view name : lookup_.names()) {
      const bool is_aws = name.starts_with(kAwsPrefix);
      if (!is_aws && name != "HOME") continue;
      const Given given = *lookup_.find(name);
      loaded_.config.aws.emplace(name, given.value);
      if (!is_aws) continue;
      loaded_.settings.push_back(
          {std::string(name), is_secret(name) ? masked(given.value) : std::string(given.value), given.source});
      if (has_control_characters(given.value)) fault(name, "must not hold control characters");
    }
  }

  // FLASK_ENV is read where APP_ENV is not set; beside it, it must say the same.
  void check_alias(const Variable& app_env, const Given& given, const Given& alias) {
    Config one;
    Config other;
    if (!app_env.apply(given.value, one)) return;  // APP_ENV's own fault
    if (app_env.apply(alias.value, other) && one.app_env == other.app_env) return;
    fault(kAlias, "contradicts APP_ENV: set one of them");
  }

  // The environment holds everybody's variables; `.env` is ours, and a slip there must not pass for a setting.
  void check_dotenv_names() {
    for (const config::DotenvEntry& entry : lookup_.dotenv()) {
      if (is_known(entry.name)) continue;
      const auto meant = nearest(entry.name);
      faults_.push_back({entry.name, "unknown",
                         fmt::format("{} (line {} of .env) is not a variable of this service{}", entry.name, entry.line,
                                     meant ? fmt::format("; is {} meant?", *meant) : std::string("."))});
    }
  }

  void check_types() {
    for (const std::string& extension : loaded_.config.allowed_extensions) {
      if (std::ranges::find(input_.checkable_extensions, extension) == input_.checkable_extensions.end()) {
        fault("ALLOWED_EXTENSIONS", fmt::format("has {}, a type without a checker; there are: {}", extension,
                                                fmt::join(input_.checkable_extensions, ", ")));
      }
    }
  }

  void check_policy() {
    if (!input_.check_inspection_policy) return;
    const auto checked = input_.check_inspection_policy(loaded_.config.inspection_policy);
    if (!checked) fault("INSPECTION_POLICY", checked.error());
  }

  void check_secret_key() {
    const Config& config = loaded_.config;
    const bool development = config.app_env == AppEnvironment::kDevelopment;
    const std::string_view environment = to_string(config.app_env);
    if (config.secret_key.empty()) {
      if (development) return;
      fault("SECRET_KEY", fmt::format("must be set in {}: at least {} random bytes", environment, kLeastSecretBytes));
    } else if (config.secret_key.size() < kLeastSecretBytes) {
      if (development) return warn("SECRET_KEY is shorter than 32 bytes; staging and production refuse it.");
      fault("SECRET_KEY", fmt::format("has {} bytes; {} needs at least {}", config.secret_key.size(), environment,
                                      kLeastSecretBytes));
    }
  }

  void check_weak_settings() {
    const Config& config = loaded_.config;
    weak(!config.has_keys(), "API_KEYS_FILE", "must name a file of keys in production: without one everybody may call");
    weak(!config.enable_file_scanning, "ENABLE_FILE_SCANNING", "must be true in production");
    weak(!config.sandbox, "SANDBOX", "must be on in production");
  }

  void check_relations() {
    const Config& config = loaded_.config;
    const bool production = config.app_env == AppEnvironment::kProduction;  // refuses to be without keys anyway
    if (!config.has_keys() && !is_faulty("API_KEYS_FILE") && !is_faulty("HOST") && !production &&
        !config::is_loopback(config.host)) {
      fault("HOST", "must be a loopback address such as 127.0.0.1 while there is no API_KEYS_FILE");
    }
    if (!config.clamd_socket.empty() && !config.enable_file_scanning && !production) {
      warn("CLAMD_SOCKET is not used while ENABLE_FILE_SCANNING is false.");
    }
    if (!is_faulty("SWEEP_INTERVAL") && !is_faulty("RETENTION_DELETED") &&
        config.sweep_interval > config.retention_deleted) {
      fault("SWEEP_INTERVAL", "must not be longer than RETENTION_DELETED");
    }
  }

  void check_stores() {
    const Config& config = loaded_.config;
    const bool s3 = config.object_store == ObjectStoreKind::kS3;
    const bool dynamodb = config.metadata_store == MetadataStoreKind::kDynamoDb;
    if (s3 && config.s3_bucket.empty() && !is_faulty("S3_BUCKET")) {
      fault("S3_BUCKET", "must name the bucket while OBJECT_STORE is s3");
    }
    if (!config.s3_kms_key_id.empty() && config.s3_encryption != S3Encryption::kKms && !is_faulty("S3_ENCRYPTION")) {
      fault("S3_KMS_KEY_ID", "has no effect unless S3_ENCRYPTION is kms");
    }
    for (const Variable& variable : config::variables()) {
      if (!lookup_.find(variable.name) || is_faulty(variable.name)) continue;
      if (is_faulty("OBJECT_STORE") || is_faulty("METADATA_STORE")) continue;
      switch (variable.scope) {
        case config::Scope::kAlways:
          break;
        case config::Scope::kS3:
          if (!s3) fault(variable.name, "has no effect while OBJECT_STORE is file");
          break;
        case config::Scope::kDynamoDb:
          if (!dynamodb) fault(variable.name, "has no effect while METADATA_STORE is sqlite");
          break;
        case config::Scope::kRemoteStores:
          if (!s3 && !dynamodb) fault(variable.name, "has no effect while both stores are embedded");
          break;
        case config::Scope::kClamd:
          if (config.clamd_socket.empty() && !is_faulty("CLAMD_SOCKET")) {
            fault(variable.name, "has no effect without CLAMD_SOCKET");
          }
          break;
      }
    }
  }

  // Refused in production, warned of in staging, usual in development.
  void weak(bool is_weak, std::string_view name, std::string_view what) {
    if (!is_weak || is_faulty(name)) return;
    if (loaded_.config.app_env == AppEnvironment::kProduction) fault(name, what);
    if (loaded_.config.app_env == AppEnvironment::kStaging) warn(fmt::format("{} {}.", name, what));
  }

  void warn(std::string sentence) { loaded_.warnings.push_back(std::move(sentence)); }

  const ConfigInput& input_;
  Lookup lookup_;
  bool dotenv_is_whole_;
  LoadedConfig loaded_;
  std::vector<Fault> faults_;
};

}  // namespace

std::string_view to_string(AppEnvironment environment) {
  static constexpr std::array<std::string_view, 3> kNames{"development", "staging", "production"};
  return kNames.at(std::to_underlying(environment));
}

Result<LoadedConfig> load_config(const ConfigInput& input) {
  config::Dotenv dotenv = config::parse_dotenv(input.dotenv.value_or(std::string()));
  return Loader(input, Lookup(input.environment, std::move(dotenv.entries)), std::move(dotenv.faults)).load();
}

}  // namespace lazaret
