#include "app/commands.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "app/exit_codes.h"
#include "app/version.h"
#include "app/wire.h"
#include "base/encoding.h"
#include "config/dotenv.h"
#include "document/json.h"
#include "document/validation.h"
#include "http/api/key_file.h"

extern char** environ;

namespace lazaret {
namespace {

// The whole of a small file; nullopt where there is none.
Result<std::optional<std::string>> read_small_file(const char* path, std::size_t most) {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) {
    if (errno == ENOENT) return std::nullopt;
    return std::unexpected(system_error(path, errno));
  }
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error(path, errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

// A local file as the inspector takes it: open, its size and checksum known.
Result<SealedBlob> open_blob(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return std::unexpected(system_error("open", errno));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kInvalidParameter, "not a regular file");
  Sha256 hash;
  std::array<std::byte, std::size_t{64} * 1024> buffer{};
  std::uint64_t size = 0;
  for (;;) {
    const ssize_t got = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read", errno));
    if (got == 0) break;
    hash.update(std::span(buffer.data(), static_cast<std::size_t>(got)));
    size += static_cast<std::uint64_t>(got);
  }
  return SealedBlob(std::move(file), {}, size, hash.finish());
}

std::string inspection_line(const std::string& file, const Inspection& inspection) {
  std::string line = R"({"file":)";
  append_json_string(line, file);
  line += R"(,"content_type":)";
  append_json_string(line, inspection.content_type);
  line += fmt::format(R"(,"action":"{}","extracted":{},"verdict":{}}})", to_string(inspection.action),
                      inspection.extracted.text(), verdict_to_json(inspection.verdict));
  return line;
}

std::string error_line(const std::string& file, const Error& error) {
  std::string line = R"({"file":)";
  append_json_string(line, file);
  line += R"(,"error":)";
  append_json_string(line, to_string(error.code));
  line += R"(,"detail":)";
  append_json_string(line, error.detail);
  return line + "}";
}

// A path as text a terminal and a JSON reader can take.
std::string printable(const std::filesystem::path& path) {
  std::string text = path.string();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return is_valid_utf8(path.string()) ? path.string() : text;
}

// The file of keys that the configuration names.
Result<std::filesystem::path> keys_file() {
  auto loaded = load_config_of_process();
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  if (!loaded->config.api_keys_file) {
    return fail_with(ErrorCode::kInvalidParameter,
                     {{"API_KEYS_FILE", "missing", "API_KEYS_FILE must name the file that holds the keys' hashes."}});
  }
  return *loaded->config.api_keys_file;
}

}  // namespace

Result<LoadedConfig> load_config_of_process() {
  ConfigInput input;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    input.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  auto dotenv = read_small_file(".env", config::kMaxDotenvBytes);
  if (!dotenv) {
    return fail_with(ErrorCode::kInvalidParameter, {{".env", "unreadable", "The file .env cannot be read."}});
  }
  input.dotenv = std::move(*dotenv);
  input.checkable_extensions = checkable_types();
  input.check_inspection_policy = check_inspection_policy;
  return load_config(input);
}

void print_faults(const Error& error) {
  for (const Fault& fault : error.faults)
    fmt::print(stderr, "lazaret: {}\n", fault.detail);
  if (error.faults.empty()) fmt::print(stderr, "lazaret: {}: {}\n", to_string(error.code), error.detail);
}

int report_failure(const Error& error, int otherwise) {
  print_faults(error);
  return error.code == ErrorCode::kInvalidParameter ? kExitConfig : otherwise;
}

int run_version() {
  fmt::print("lazaret {}\n", kVersion);
  return kExitOk;
}

int run_config() {
  const auto loaded = load_config_of_process();
  if (!loaded) {
    print_faults(loaded.error());
    return kExitConfig;
  }
  fmt::print("{}", show_settings(*loaded));
  return kExitOk;
}

int run_inspect(const std::vector<std::filesystem::path>& files) {
  const auto loaded = load_config_of_process();
  if (!loaded) {
    print_faults(loaded.error());
    return kExitConfig;
  }
  const SystemClock clock;
  auto inspector = start_inspector(loaded->config, clock, InspectorUse::kFilesAtHand);
  if (!inspector) {
    print_faults(inspector.error());
    return kExitError;
  }
  int status = kExitOk;
  for (const std::filesystem::path& path : files) {
    const std::string name = printable(path);
    auto blob = open_blob(path);
    auto inspection = blob ? (*inspector)->inspect({}, *blob, {extension_of(name), {}})
                           : Result<Inspection>(std::unexpected(std::move(blob.error())));
    if (!inspection) {
      fmt::print("{}\n", error_line(name, inspection.error()));
      status = kExitError;
      continue;
    }
    fmt::print("{}\n", inspection_line(name, *inspection));
    if (inspection->verdict.outcome != Outcome::kClean && status == kExitOk) status = kExitFindings;
  }
  return status;
}

int run_sample(const sample::SampleOptions& options) {
  const auto written = sample::write_samples(options);
  if (!written) {
    print_faults(written.error());
    return kExitCannotCreate;
  }
  for (const std::filesystem::path& path : *written)
    fmt::print("{}\n", path.string());
  return kExitOk;
}

int run_key_new(const std::string& name, const std::string& scopes) {
  const auto file = keys_file();
  if (!file) return report_failure(file.error(), kExitCannotCreate);
  const auto parsed = http::Scopes::parse(scopes);
  if (!parsed) return report_failure(parsed.error(), kExitCannotCreate);
  const SystemClock clock;
  SystemRandom random;
  const auto key = http::new_key(*file, name, *parsed, clock, random);
  if (!key) return report_failure(key.error(), kExitCannotCreate);
  // The one place where a key is shown, once, to the person who asked for it.
  fmt::print("{}\n", key->reveal());
  fmt::print(stderr, "Keep it: it is shown this once, and {} holds only its hash.\n", file->string());
  return kExitOk;
}

int run_key_list() {
  const auto file = keys_file();
  if (!file) return report_failure(file.error(), kExitCannotCreate);
  const auto keys = http::list_keys(*file);
  if (!keys && keys.error().code == ErrorCode::kNotFound) return kExitOk;
  if (!keys) return report_failure(keys.error(), kExitCannotCreate);
  for (const http::KeyRecord& key : *keys) {
    fmt::print("{:<32} {:<18} {}\n", key.name, key.scopes.to_string(), format_rfc3339(key.created));
  }
  return kExitOk;
}

int run_key_revoke(const std::string& name) {
  const auto file = keys_file();
  if (!file) return report_failure(file.error(), kExitCannotCreate);
  if (auto revoked = http::revoke_key(*file, name); !revoked) return report_failure(revoked.error(), kExitCannotCreate);
  return kExitOk;
}

}  // namespace lazaret
