#include "config/config.h"

#include <algorithm>
#include <array>
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
constexpr std::size_t kLeastSecretBytes = 32;

struct Given {
  std::string_view value;
  Source source = Source::kDefault;
};

// The environment wins over `.env`. An empty value is the same as none: that is how people switch a variable off.
class Lookup {
 public:
  Lookup(const Environment& environment, std::vector<config::DotenvEntry> dotenv)
      : environment_(environment), dotenv_(std::move(dotenv)) {}

  std::optional<Given> find(std::string_view name) const {
    if (const auto found = environment_.find(name); found != environment_.end() && !found->second.empty()) {
      return Given{found->second, Source::kEnvironment};
    }
    for (const config::DotenvEntry& entry : dotenv_) {
      if (entry.name == name && !entry.value.empty()) return Given{entry.value, Source::kDotenv};
    }
    return std::nullopt;
  }
  const std::vector<config::DotenvEntry>& dotenv() const { return dotenv_; }

 private:
  const Environment& environment_;
  std::vector<config::DotenvEntry> dotenv_;
};

class Loader {
 public:
  Loader(const ConfigInput& input, Lookup lookup) : input_(input), lookup_(std::move(lookup)) {}

  Result<LoadedConfig> load() {
    for (const Variable& variable : config::variables())
      read(variable);
    for (const config::Unbuilt& unbuilt : config::unbuilt_variables()) {
      if (lookup_.find(unbuilt.name)) {
        fault(unbuilt.name, fmt::format("is not supported: this version does not have {}", unbuilt.feature));
      }
    }
    check_dotenv_names();
    check_types();
    if (faults_.empty()) check_relations();
    if (!faults_.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults_));
    return std::move(loaded_);
  }

 private:
  void fault(std::string_view name, std::string_view what) {
    faults_.push_back({std::string(name), "invalid", fmt::format("{} {}.", name, what)});
  }

  void read(const Variable& variable) {
    std::optional<Given> given = lookup_.find(variable.name);
    if (variable.name == "APP_ENV") given = with_alias(given);
    const Given used = given.value_or(Given{variable.default_value, Source::kDefault});
    const bool secret = variable.exposure == Exposure::kSecret;
    loaded_.settings.push_back(
        {std::string(variable.name),
         secret && !used.value.empty() ? fmt::format("(set, {} bytes)", used.value.size()) : std::string(used.value),
         used.source});
    if (used.value.empty()) return;
    if (auto applied = variable.apply(used.value, loaded_.config); !applied) fault(variable.name, applied.error());
  }

  // FLASK_ENV is read where APP_ENV is not set; two that disagree are a fault.
  std::optional<Given> with_alias(const std::optional<Given>& given) {
    const auto alias = lookup_.find(kAlias);
    if (!alias) return given;
    if (!given) return alias;
    Config one;
    Config other;
    const auto apply = config::variables().front().apply;
    if (apply(given->value, one) && apply(alias->value, other) && one.app_env != other.app_env) {
      fault(kAlias, "contradicts APP_ENV: set one of them");
    }
    return given;
  }

  // `.env` is ours: a name that is nearly one of ours is a slip, and a slip must not pass for a setting.
  void check_dotenv_names() {
    for (const config::DotenvEntry& entry : lookup_.dotenv()) {
      if (is_known(entry.name)) continue;
      if (const auto meant = nearest(entry.name)) {
        fault(entry.name, fmt::format("(line {} of .env) is not a variable; is {} meant?", entry.line, *meant));
        faults_.back().detail.pop_back();  // the question mark ends the sentence
      } else {
        loaded_.warnings.push_back(fmt::format("{} in .env is not a variable of this service.", entry.name));
      }
    }
  }

  static bool is_known(std::string_view name) {
    return name == kAlias || name.starts_with("AWS_") ||
           std::ranges::any_of(config::variables(), [&](const Variable& known) { return known.name == name; }) ||
           std::ranges::any_of(config::unbuilt_variables(), [&](const auto& known) { return known.name == name; });
  }

  static std::size_t distance(std::string_view a, std::string_view b) {
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

  static std::optional<std::string_view> nearest(std::string_view name) {
    if (name.size() > 64) return std::nullopt;
    for (const Variable& known : config::variables()) {
      if (known.name.size() > 4 && distance(name, known.name) <= 2) return known.name;
    }
    return std::nullopt;
  }

  void check_types() {
    for (const std::string& extension : loaded_.config.allowed_extensions) {
      if (std::ranges::find(input_.checkable_extensions, extension) == input_.checkable_extensions.end()) {
        fault("ALLOWED_EXTENSIONS", fmt::format("has {}, a type without a checker; there are: {}", extension,
                                                fmt::join(input_.checkable_extensions, ", ")));
      }
    }
  }

  void check_relations() {
    const Config& config = loaded_.config;
    const bool production = config.app_env == AppEnvironment::kProduction;
    const bool development = config.app_env == AppEnvironment::kDevelopment;
    const std::string_view environment = to_string(config.app_env);
    if (!development && config.secret_key.empty()) {
      fault("SECRET_KEY", fmt::format("must be set in {}: at least {} random bytes", environment, kLeastSecretBytes));
    }
    if (!config.secret_key.empty() && config.secret_key.size() < kLeastSecretBytes) {
      if (development) {
        loaded_.warnings.push_back("SECRET_KEY is shorter than 32 bytes; staging and production refuse it.");
      } else {
        fault("SECRET_KEY", fmt::format("has {} bytes; {} needs at least {}", config.secret_key.size(), environment,
                                        kLeastSecretBytes));
      }
    }
    weak(!config.has_keys(), "API_KEYS_FILE", "must name a file of keys in production: without one everybody may call");
    weak(!config.enable_file_scanning, "ENABLE_FILE_SCANNING", "must be true in production");
    weak(!config.sandbox, "SANDBOX", "must be on in production");
    if (!config.has_keys() && !production && !config::is_loopback(config.host)) {
      fault("HOST", "must be a loopback address such as 127.0.0.1 while there is no API_KEYS_FILE");
    }
    if (config.sweep_interval > config.retention_deleted) {
      fault("SWEEP_INTERVAL", "must not be longer than RETENTION_DELETED");
    }
  }

  // Refused in production, warned of in staging, usual in development.
  void weak(bool is_weak, std::string_view name, std::string_view what) {
    if (!is_weak) return;
    if (loaded_.config.app_env == AppEnvironment::kProduction) fault(name, what);
    if (loaded_.config.app_env == AppEnvironment::kStaging) {
      loaded_.warnings.push_back(fmt::format("{} {}.", name, what));
    }
  }

  const ConfigInput& input_;
  Lookup lookup_;
  LoadedConfig loaded_;
  std::vector<Fault> faults_;
};

}  // namespace

std::string_view to_string(AppEnvironment environment) {
  static constexpr std::array<std::string_view, 3> kNames{"development", "staging", "production"};
  return kNames.at(std::to_underlying(environment));
}

Result<LoadedConfig> load_config(const ConfigInput& input) {
  auto dotenv = config::parse_dotenv(input.dotenv.value_or(std::string()));
  if (!dotenv) return std::unexpected(std::move(dotenv.error()));
  return Loader(input, Lookup(input.environment, std::move(*dotenv))).load();
}

}  // namespace lazaret
