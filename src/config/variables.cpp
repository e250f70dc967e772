#include "config/variables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "config/values.h"
#include "document/validation.h"

namespace lazaret::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Applied = std::expected<void, std::string>;

constexpr std::uint64_t kMebibyte = 1ULL << 20U;
constexpr milliseconds kDay = hours{24};

template <class Member, class Value>
Applied put(Member& member, Parsed<Value> parsed) {
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  member = static_cast<Member>(std::move(*parsed));
  return {};
}

template <auto Member>
Applied truth(std::string_view text, Config& config) {
  return put(config.*Member, parse_truth(text));
}

template <auto Member, std::uint64_t Least, std::uint64_t Most>
Applied count(std::string_view text, Config& config) {
  return put(config.*Member, parse_count(text, Least, Most));
}

template <auto Member, std::uint64_t Least, std::uint64_t Most>
Applied size(std::string_view text, Config& config) {
  return put(config.*Member, parse_size(text, Least, Most));
}

template <auto Member, std::int64_t LeastMillis, std::int64_t MostMillis>
Applied duration(std::string_view text, Config& config) {
  return put(config.*Member, parse_duration(text, milliseconds{LeastMillis}, milliseconds{MostMillis}));
}

// A list whose every item passes `parse`.
template <auto Member, auto Parse>
Applied list(std::string_view text, Config& config) {
  auto items = parse_list(text);
  if (!items) return std::unexpected(std::move(items.error()));
  std::vector<std::string> checked;
  for (const std::string& item : *items) {
    auto value = Parse(item);
    if (!value) return std::unexpected(std::move(value.error()));
    checked.push_back(std::move(*value));
  }
  config.*Member = std::move(checked);
  return {};
}

// One of a few words.
template <class Member, std::size_t N>
Applied word(std::string_view text, Member& member, const std::array<std::pair<std::string_view, Member>, N>& words,
             std::string_view refusal) {
  for (const auto& [name, value] : words) {
    if (name != text) continue;
    member = value;
    return {};
  }
  return std::unexpected(std::string(refusal));
}

Applied app_env(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, AppEnvironment>, 5> kNames{
      {{"development", AppEnvironment::kDevelopment},
       {"dev", AppEnvironment::kDevelopment},
       {"staging", AppEnvironment::kStaging},
       {"production", AppEnvironment::kProduction},
       {"prod", AppEnvironment::kProduction}}};
  return word(text, config.app_env, kNames, "must be development, staging or production");
}

Applied public_url(std::string_view text, Config& config) {
  return put(config.public_url, parse_base_url(text));
}

Applied inspection_policy(std::string_view text, Config& config) {
  config.inspection_policy = text;
  return {};
}

Applied yara_rules(std::string_view text, Config& config) {
  auto items = parse_list(text);
  if (!items) return std::unexpected(std::move(items.error()));
  config.yara_rules.assign(items->begin(), items->end());
  return {};
}

Applied secret_key(std::string_view text, Config& config) {
  config.secret_key = Secret{std::string(text)};
  return {};
}

template <auto Member>
Applied path(std::string_view text, Config& config) {
  if (text.find('\0') != std::string_view::npos) return std::unexpected("must be a path");
  config.*Member = std::filesystem::path(text);
  return {};
}

Applied object_store(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, ObjectStoreKind>, 2> kWords{
      {{"file", ObjectStoreKind::kFile}, {"s3", ObjectStoreKind::kS3}}};
  return word(text, config.object_store, kWords, "must be file or s3");
}

Applied metadata_store(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, MetadataStoreKind>, 2> kWords{
      {{"sqlite", MetadataStoreKind::kSqlite}, {"dynamodb", MetadataStoreKind::kDynamoDb}}};
  return word(text, config.metadata_store, kWords, "must be sqlite or dynamodb");
}

Applied s3_encryption(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, S3Encryption>, 3> kWords{
      {{"bucket", S3Encryption::kBucket}, {"aes256", S3Encryption::kAes256}, {"kms", S3Encryption::kKms}}};
  return word(text, config.s3_encryption, kWords, "must be bucket, aes256 or kms");
}

Applied s3_provider(std::string_view text, Config& config) {
  static constexpr std::array<std::string_view, 6> kNames{"aws", "ceph", "minio", "seaweedfs", "garage", "other"};
  if (std::ranges::find(kNames, text) == kNames.end()) {
    return std::unexpected("must be aws, ceph, minio, seaweedfs, garage or other");
  }
  config.s3_provider = text;
  return {};
}

Applied s3_addressing(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, S3Addressing>, 3> kWords{
      {{"auto", S3Addressing::kAuto}, {"virtual", S3Addressing::kVirtual}, {"path", S3Addressing::kPath}}};
  return word(text, config.s3_addressing, kWords, "must be auto, virtual or path");
}

template <auto Member, auto Parse>
Applied parsed(std::string_view text, Config& config) {
  return put(config.*Member, Parse(text));
}

Parsed<std::string> extension(std::string_view text) {
  std::string name(text.starts_with('.') ? text.substr(1) : text);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

Applied allowed_extensions(std::string_view text, Config& config) {
  auto applied = list<&Config::allowed_extensions, extension>(text, config);
  if (!applied) return applied;
  auto& names = config.allowed_extensions;
  if (names.empty()) return std::unexpected("must name at least one extension");
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return {};
}

Applied categories(std::string_view text, Config& config) {
  auto items = parse_list(text);
  if (!items) return std::unexpected(std::move(items.error()));
  auto made = Categories::make(std::move(*items));
  if (!made) return std::unexpected("must be 1 to 100 different names of a-z, 0-9, _ and -, each at most 64 long");
  config.categories = made->names();
  return {};
}

Applied on_duplicate(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, OnDuplicate>, 3> kNames{
      {{"allow", OnDuplicate::kAllow}, {"flag", OnDuplicate::kFlag}, {"reject", OnDuplicate::kReject}}};
  return word(text, config.on_duplicate, kNames, "must be allow, flag or reject");
}

Applied log_level(std::string_view text, Config& config) {
  static constexpr std::array<std::pair<std::string_view, Verbosity>, 4> kNames{{{"debug", Verbosity::kDebug},
                                                                                 {"info", Verbosity::kInfo},
                                                                                 {"warning", Verbosity::kWarning},
                                                                                 {"error", Verbosity::kError}}};
  return word(text, config.log_level, kNames, "must be debug, info, warning or error");
}

Applied host(std::string_view text, Config& config) {
  return put(config.host, parse_host(text));
}

constexpr std::int64_t operator""_s(unsigned long long value) {
  return static_cast<std::int64_t>(value) * 1000;
}
constexpr std::int64_t operator""_days(unsigned long long value) {
  return static_cast<std::int64_t>(value) * kDay.count();
}

constexpr auto kPlain = Exposure::kPlain;

constexpr std::array kVariables{
    Variable{"APP_ENV", "development",
             "`development`, `staging` or `production` (also `dev`, `prod`; also read from `FLASK_ENV`). Staging and "
             "production log JSON lines and want a `SECRET_KEY`; production refuses every weak setting.",
             kPlain, app_env},
    Variable{"HOST", "127.0.0.1", "The address to listen on. Without `API_KEYS_FILE` it must be a loopback address.",
             kPlain, host},
    Variable{"PORT", "8000", "The port to listen on; `0` takes a free one and logs it.", kPlain,
             count<&Config::port, 0, 65'535>},
    Variable{
        "PUBLIC_URL", "",
        "Where clients reach the service, for example `https://documents.example.org`. Signed links begin with it; "
        "without it they are relative.",
        kPlain, public_url},
    Variable{"SECRET_KEY", "",
             "Signs links and cursors; at least 32 bytes, for example from `openssl rand -base64 32`. Development "
             "makes one at each start, so links and cursors do "
             "not outlive it.",
             Exposure::kSecret, secret_key},
    Variable{
        "OBJECT_STORE", "file",
        "Where the bytes are kept: `file`, under `DATA_DIR`, or `s3`. Left unset while `S3_BUCKET` is set, it is `s3`.",
        kPlain, object_store},
    Variable{
        "METADATA_STORE", "sqlite",
        "Where the metadata is kept: `sqlite`, under `DATA_DIR`, or `dynamodb`. Left unset while `DYNAMODB_TABLE` is "
        "set, it is `dynamodb`.",
        kPlain, metadata_store},
    Variable{"DATA_DIR", "./data",
             "Folder of the embedded stores, and of uploads while they arrive. Over an embedded store one server at a "
             "time: a second one refuses to start.",
             kPlain, path<&Config::data_dir>},
    Variable{"S3_BUCKET", "", "The bucket of the documents' bytes.", kPlain, parsed<&Config::s3_bucket, parse_bucket>,
             Scope::kS3},
    Variable{"S3_PUBLIC_ENDPOINT", "",
             "Under which address clients reach the store, where that is not the service's own: presigned URLs of "
             "`DOWNLOAD_REDIRECT` begin with it.",
             kPlain, parsed<&Config::s3_public_endpoint, parse_base_url>, Scope::kS3},
    Variable{"S3_ENCRYPTION", "bucket",
             "How the store encrypts objects: `bucket` leaves it to the bucket's default, `aes256` (SSE-S3) and `kms` "
             "(SSE-KMS) are asked for with every object.",
             kPlain, s3_encryption, Scope::kS3},
    Variable{"S3_KMS_KEY_ID", "", "The key of `S3_ENCRYPTION=kms`; without it the account's own for S3.", kPlain,
             parsed<&Config::s3_kms_key_id, parse_key_id>, Scope::kS3},
    Variable{
        "S3_VERSIONING", "",
        "Whether `lazaret init` makes the bucket keep versions; without it the bucket stays as it is. What is purged "
        "leaves with all its versions.",
        kPlain, truth<&Config::s3_versioning>, Scope::kS3},
    Variable{
        "S3_ADDRESSING", "auto",
        "Where the bucket's name stands: `virtual`, in the host name; `path`, in the path; `auto`: in the path where "
        "an endpoint is set, else in the host name.",
        kPlain, s3_addressing, Scope::kS3},
    Variable{"S3_PROVIDER", "",
             "Which engine the store is, for what they differ in; without it `aws` on Amazon's own hosts and `other`, "
             "which relies on the least, elsewhere.",
             kPlain, s3_provider, Scope::kS3},
    Variable{
        "DOWNLOAD_REDIRECT", "false",
        "`true` answers a download with 302 to a presigned URL of the store that lives a minute at most, instead of "
        "streaming it.",
        kPlain, truth<&Config::download_redirect>, Scope::kS3},
    Variable{"DYNAMODB_TABLE", "medical-documents",
             "The table of the documents. A second one, with `-index` at its end, holds what lists are made from.",
             kPlain, parsed<&Config::dynamodb_table, parse_table>, Scope::kDynamoDb},
    Variable{"STORE_CONNECT_TIMEOUT", "1s", "How long a connection to a store may take to be made.", kPlain,
             duration<&Config::store_connect_timeout, 10, 60_s>, Scope::kRemoteStores},
    Variable{
        "STORE_TIMEOUT", "10s",
        "How long one call to a store may take, its retries included; a file's transfer has no fixed time, but must "
        "not stall.",
        kPlain, duration<&Config::store_timeout, 100, 600_s>, Scope::kRemoteStores},
    Variable{"STORE_CONNECTIONS", "32", "Connections to each store at a time.", kPlain,
             count<&Config::store_connections, 1, 1024>, Scope::kRemoteStores},
    Variable{"MAX_FILE_SIZE", "52428800", "The largest file, in bytes or as `50MB` (MB is 2^20).", kPlain,
             size<&Config::max_file_size, 1, 5ULL << 30U>},
    Variable{
        "ALLOWED_EXTENSIONS", "pdf",
        "Comma-separated. A type without a checker is refused at start; there are `pdf`, `csv`, `dcm`, `docx`, `jpeg`, "
        "`jpg`, `json`, `png`, `tif`, `tiff`, `txt`, `xlsx` and `xml`.",
        kPlain, allowed_extensions},
    Variable{"CATEGORIES", "patient_records,clinical_guidelines,research_papers,lab_results,medication_schedules",
             "The categories a document may have, comma-separated.", kPlain, categories},
    Variable{"ENABLE_FILE_SCANNING", "true",
             "`false` leaves the type check and the raw-byte stage of inspection and skips the walk of the document. "
             "Production refuses `false`.",
             kPlain, truth<&Config::enable_file_scanning>},
    Variable{
        "SANDBOX", "on",
        "`off` parses without the sandbox's layers, though never in the server's process. Production refuses `off`.",
        kPlain, truth<&Config::sandbox>},
    Variable{"YARA_RULES", "",
             "Files of YARA rules beside our own, comma-separated; a match is malicious. A file that cannot be read or "
             "compiled is refused at start, by file and line. Of YARA's modules only `math` is there.",
             kPlain, yara_rules},
    Variable{"CLAMD_SOCKET", "",
             "Where ClamAV's daemon listens, for antivirus: its Unix socket, or a loopback address with a port. Its "
             "settings "
             "are tried at start; inspection.md says which it must have.",
             kPlain, parsed<&Config::clamd_socket, parse_clamd_socket>},
    Variable{"CLAMD_TIMEOUT", "30s", "How long clamd may take for one file; then the upload is answered 503.", kPlain,
             duration<&Config::clamd_timeout, 100, 600_s>, Scope::kClamd},
    Variable{
        "CLAMD_DATABASE_AGE", "7d",
        "How old clamd's database may be, to within half a day. With an older one uploads are answered 503 and the "
        "service is not ready. `0` takes every database, also one of your own that has no date.",
        kPlain, duration<&Config::clamd_database_age, 0, 365_days>, Scope::kClamd},
    Variable{
        "INSPECTION_POLICY", "",
        "What becomes of a document, where that differs from the defaults of inspection.md: entries `OUTCOME=ACTION` "
        "and `finding.CODE=ACTION`, comma-separated, for example `active=quarantine,finding.javascript=reject`. "
        "Actions are `store`, `sanitise`, `quarantine` and `reject`; the page says which an outcome may be set to.",
        kPlain, inspection_policy},
    Variable{"MAX_UPLOAD_RATE", "10",
             "Files a minute and caller, with a burst as large; `0` is no limit. Counted in each process.", kPlain,
             count<&Config::max_upload_rate, 0, 1'000'000>},
    Variable{"PENDING_LEASE", "60s",
             "How long an upload that was begun may stay uncommitted before the sweeper takes it.", kPlain,
             duration<&Config::pending_lease, 5_s, 1_days>},
    Variable{"SWEEP_INTERVAL", "30s", "How often the sweeper looks.", kPlain,
             duration<&Config::sweep_interval, 100, 1_days>},
    Variable{
        "ZOMBIE_WINDOW", "20m",
        "How long a PUT that was given up may still land in S3: an upload that failed is deleted once more after it. "
        "S3 takes requests that are 15 minutes old. Over files it is 0.",
        kPlain, duration<&Config::zombie_window, 0, 1_days>, Scope::kS3},
    Variable{"RETENTION_DELETED", "30d", "How long a deleted document can be restored; then it is purged.", kPlain,
             duration<&Config::retention_deleted, 1_s, 36500_days>},
    Variable{"IDEMPOTENCY_TTL", "24h", "How long the answer to an `Idempotency-Key` is kept.", kPlain,
             duration<&Config::idempotency_ttl, 1_s, 365_days>},
    Variable{"HEADER_TIMEOUT", "10s", "How long a request's head may take to arrive.", kPlain,
             duration<&Config::header_timeout, 50, 600_s>},
    Variable{"IDLE_TIMEOUT", "75s",
             "How long a connection may wait for its next request; above a load balancer's 60 seconds.", kPlain,
             duration<&Config::idle_timeout, 50, 3600_s>},
    Variable{"MIN_BODY_RATE", "1KB", "Bytes a second that a body must bring on average after its first 10 seconds.",
             kPlain, size<&Config::min_body_rate, 1, 100 * kMebibyte>},
    Variable{"MAX_CONNECTIONS", "4096", "Connections at a time; more are answered 503.", kPlain,
             count<&Config::max_connections, 1, 1'000'000>},
    Variable{"MAX_UPLOADS_IN_FLIGHT", "64", "Uploads at a time; more are answered 503 with Retry-After.", kPlain,
             count<&Config::max_uploads_in_flight, 1, 100'000>},
    Variable{"SHUTDOWN_DELAY", "0s",
             "After SIGTERM: how long readiness answers 503 while the listener stays open, so that a load balancer "
             "notices.",
             kPlain, duration<&Config::shutdown_delay, 0, 600_s>},
    Variable{"SHUTDOWN_TIMEOUT", "30s", "After that: how long requests under way may take to finish.", kPlain,
             duration<&Config::shutdown_timeout, 0, 3600_s>},
    Variable{"ON_DUPLICATE", "allow",
             "Bytes that are already stored: `allow` stores them again, `flag` also names the oldest copy in "
             "`duplicate_of`, `reject` answers 409.",
             kPlain, on_duplicate},
    Variable{"REQUIRE_IF_MATCH", "false", "`true` answers 428 to a change without `If-Match`.", kPlain,
             truth<&Config::require_if_match>},
    Variable{
        "CORS_ORIGINS", "",
        "Origins of web pages that may call, comma-separated, exact. Development also allows any port of localhost "
        "and 127.0.0.1.",
        kPlain, list<&Config::cors_origins, parse_origin>},
    Variable{"TRUSTED_PROXIES", "", "Addresses and CIDR blocks whose `X-Forwarded-For` is believed, comma-separated.",
             kPlain, list<&Config::trusted_proxies, parse_network>},
    Variable{"API_KEYS_FILE", "",
             "File of hashed keys, mode 0600, made by `lazaret key new`; read again when it changes. Without it the "
             "service is open, on loopback only.",
             kPlain, path<&Config::api_keys_file>},
    Variable{"METRICS_OPEN", "false", "`true` serves `/metrics` without a key.", kPlain, truth<&Config::metrics_open>},
    Variable{"LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`.", kPlain, log_level},
};

}  // namespace

std::span<const Variable> variables() {
  return kVariables;
}

}  // namespace lazaret::config
