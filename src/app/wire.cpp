#include "app/wire.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "app/request_log.h"
#include "app/stores.h"
#include "app/sweeper.h"
#include "app/version.h"
#include "base/worker_pool.h"
#include "http/api/api.h"
#include "http/edge/server.h"
#include "inspect/antivirus_inspector.h"
#include "inspect/sanitising_inspector.h"
#include "inspect/supervisor.h"
#include "intake/document_service.h"
#include "intake/intake_service.h"
#include "obs/measured.h"
#include "obs/metrics.h"

namespace lazaret {
namespace {

using namespace std::chrono_literals;

constexpr auto kShortLook = 5s;

std::size_t cores() {
  return std::max(1U, std::thread::hardware_concurrency());
}

// The inspector lies beside the server.
std::filesystem::path inspector_path() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "lazaret-inspector";
}

Result<std::unique_ptr<inspect::Supervisor>> start_supervisor(const Config& config, const Clock& clock,
                                                              inspect::Policy policy) {
  inspect::SupervisorOptions options;
  options.inspector = inspector_path();
  options.children = cores();
  options.queue_limit = std::max<std::size_t>(64, config.max_uploads_in_flight);
  options.walk = config.enable_file_scanning;
  options.sandbox = config.sandbox;
  options.require_isolation = config.app_env == AppEnvironment::kProduction;
  options.engine = "lazaret-inspector " + std::string(kVersion);
  options.rules = config.yara_rules;
  auto started = inspect::Supervisor::start(std::move(options), std::move(policy), clock);
  if (started) return started;
  // The inspector compiles the rules; what is wrong with them is the configuration's fault.
  const std::size_t rules = started.error().detail.find("YARA_RULES: ");
  if (rules == std::string::npos) return started;
  return fail_with(ErrorCode::kInvalidParameter,
                   {{"YARA_RULES", "invalid", started.error().detail.substr(rules) + "."}});
}

Result<std::unique_ptr<inspect::Clamd>> start_clamd(const Config& config, const Clock& clock, InspectorUse use,
                                                    Metrics* metrics) {
  inspect::ClamdOptions options;
  options.peer.address = config.clamd_socket;
  options.scans = {.places = cores(), .queue = std::max<std::size_t>(64, config.max_uploads_in_flight)};
  options.scan_limit = config.clamd_timeout;
  options.database_age = config.clamd_database_age;
  if (use == InspectorUse::kEveryUpload) options.largest_file = config.max_file_size;
  if (metrics != nullptr) {
    options.observe = [metrics](std::string_view call, std::string_view outcome, std::chrono::microseconds time) {
      metrics->antivirus_call(call, outcome, time);
    };
  }
  return inspect::Clamd::start(std::move(options), clock);
}

// What clamd is, and whether it can be relied on already: an old database does not keep the service from starting.
void log_antivirus(const Log& log, inspect::Clamd& clamd) {
  const auto version = clamd.probe({});
  if (version) log.write(LogLevel::kInfo, "antivirus", {{"engine", to_string(*version)}});
  if (!version) log.write(LogLevel::kError, "antivirus", {{"detail", version.error().detail}});
}

// SECRET_KEY, or one that lives as long as the process (development).
Secret secret_key(const Config& config, Random& random) {
  if (!config.secret_key.empty()) return config.secret_key;
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return Secret{std::string(bytes.begin(), bytes.end())};
}

Result<std::unique_ptr<http::KeyRing>> open_keys(const Config& config, const Log& log, const Clock& clock) {
  if (!config.has_keys()) return nullptr;
  auto keys = http::KeyRing::open(*config.api_keys_file, clock, [&log](const Error& error) {
    log.write(LogLevel::kError, "keys_unreadable", {{"detail", error.detail}});
  });
  if (keys && (*keys)->size() > 0) return keys;
  const std::string why = keys ? "holds no key" : "cannot be used (" + keys.error().detail + ")";
  return fail_with(ErrorCode::kInvalidParameter,
                   {{"API_KEYS_FILE", "unusable", "API_KEYS_FILE " + why + ": make one with `lazaret key new NAME`."}});
}

http::ApiOptions api_options(const Config& config, Secret secret, Categories categories) {
  http::ApiOptions options;
  options.secret_key = std::move(secret);
  options.categories = std::move(categories);
  options.allowed_extensions = config.allowed_extensions;
  options.max_file_size = config.max_file_size;
  options.max_upload_rate = config.max_upload_rate;
  options.max_uploads_in_flight = config.max_uploads_in_flight;
  options.cors = {config.cors_origins, config.app_env == AppEnvironment::kDevelopment};
  options.trusted_proxies = config.trusted_proxies;
  options.public_url = config.public_url.value_or("");
  options.version = kVersion;
  options.metrics_open = config.metrics_open;
  options.require_if_match = config.require_if_match;
  options.download_redirect = config.download_redirect;
  return options;
}

http::ServerOptions server_options(const Config& config) {
  http::ServerOptions options;
  options.address = config.host;
  options.port = config.port;
  options.threads = cores();
  options.max_connections = config.max_connections;
  options.header_timeout = config.header_timeout;
  options.idle_timeout = config.idle_timeout;
  options.min_body_rate = config.min_body_rate;
  return options;
}

// What a crash left in a folder of our own is swept at once; copies over remote stores begin at moments of their own.
std::chrono::milliseconds first_sweep_pause(const Config& config, Random& random) {
  if (!config.has_remote_store()) return {};
  const auto interval = static_cast<std::uint64_t>(std::max<std::int64_t>(1, config.sweep_interval.count()));
  return std::chrono::milliseconds{static_cast<std::int64_t>(random.next_u64() % interval)};
}

void log_sandbox(const Log& log, const inspect::SandboxLayers& layers) {
  const bool whole = layers.limits && layers.no_new_privileges && layers.seccomp;
  log.write(whole ? LogLevel::kInfo : LogLevel::kWarning, "sandbox",
            {{"limits", layers.limits},
             {"no_new_privileges", layers.no_new_privileges},
             {"seccomp", layers.seccomp},
             {"landlock", layers.landlock},
             {"namespaces", layers.namespaces}});
}

struct InspectionParts {
  std::unique_ptr<Inspector> inspector;
  inspect::DocumentCleaner* cleaner = nullptr;  // inside the inspector
  inspect::Policy policy;
};

Result<InspectionParts> start_parts(const Config& config, const Clock& clock, InspectorUse use,
                                    InspectorWatchers watchers) {
  auto policy = inspect::Policy::parse(config.inspection_policy);
  if (!policy) return fail(ErrorCode::kInvalidParameter, "INSPECTION_POLICY " + policy.error());
  auto supervisor = start_supervisor(config, clock, *policy);
  if (!supervisor) return std::unexpected(std::move(supervisor.error()));
  if (watchers.log != nullptr) log_sandbox(*watchers.log, (*supervisor)->layers());
  InspectionParts parts{nullptr, supervisor->get(), *policy};
  parts.inspector = std::move(*supervisor);
  if (config.clamd_socket.empty() || !config.enable_file_scanning) return parts;
  auto clamd = start_clamd(config, clock, use, watchers.metrics);
  if (!clamd) return std::unexpected(std::move(clamd.error()));
  if (watchers.log != nullptr) log_antivirus(*watchers.log, **clamd);
  parts.inspector =
      std::make_unique<inspect::AntivirusInspector>(std::move(parts.inspector), std::move(*clamd), std::move(*policy));
  return parts;
}

}  // namespace

std::vector<std::string> checkable_types() {
  return inspect::checkable_extensions();
}

std::expected<void, std::string> check_inspection_policy(std::string_view text) {
  auto policy = inspect::Policy::parse(text);
  if (!policy) return std::unexpected(std::move(policy.error()));
  return {};
}

Result<std::unique_ptr<Inspector>> start_inspector(const Config& config, const Clock& clock, InspectorUse use,
                                                   InspectorWatchers watchers) {
  auto inspection = start_parts(config, clock, use, watchers);
  if (!inspection) return std::unexpected(std::move(inspection.error()));
  return std::move(inspection->inspector);
}

Result<std::unique_ptr<Inspector>> start_sanitising_inspector(const Config& config, const Clock& clock,
                                                              const Spool& spool, InspectorWatchers watchers) {
  auto inspection = start_parts(config, clock, InspectorUse::kEveryUpload, watchers);
  if (!inspection) return std::unexpected(std::move(inspection.error()));
  return std::make_unique<inspect::SanitisingInspector>(
      inspect::SanitisingInspector::Parts{std::move(inspection->inspector), *inspection->cleaner, spool},
      std::move(inspection->policy));
}

// Members end in reverse order: the server before what it calls, the stores before the folder's lock.
struct Service::Parts {
  Parts(const Log& to, const Clock& by, Random& from) : log(to), clock(by), random(from) {}

  const Log& log;
  const Clock& clock;
  Random& random;
  ThreadPause pause;
  Metrics metrics;
  RequestLog request_log{log, metrics};
  std::unique_ptr<Stores> stores;
  std::optional<Spool> spool;
  std::unique_ptr<Inspector> unmeasured_inspector;
  std::unique_ptr<http::KeyRing> keys;
  std::optional<MeasuredObjectStore> objects;
  std::optional<MeasuredMetadataStore> metadata;
  std::optional<MeasuredInspector> inspector;
  std::optional<WorkerPool> beside;
  std::optional<WorkerPool> hashing;
  std::optional<WorkerPool> disk;
  std::optional<WorkerPool> work;
  std::optional<LeaseKeeper> leases;
  std::optional<IntakeService> intake;
  std::optional<DocumentService> documents;
  std::unique_ptr<http::Api> api;
  std::optional<Sweeper> sweeper;
  std::unique_ptr<http::Server> server;

  Result<void> open_stores(const Config& config);
  Result<void> start_inspection(const Config& config);
  void build_services(const Config& config);
  Result<void> listen(const Config& config);
  void watch();
};

Result<void> Service::Parts::open_stores(const Config& config) {
  auto opened = Stores::open(config, {log, clock, random});
  if (!opened) return std::unexpected(std::move(opened.error()));
  stores = std::move(*opened);
  if (const auto todo = stores->what_to_adopt({clock.steady_now() + kShortLook, {}, "start"})) {
    log.write(LogLevel::kWarning, "items_to_adopt", {{"detail", *todo}});
  }
  auto spooling = Spool::open(config.data_dir / "spool", config.max_file_size);
  if (!spooling) return std::unexpected(std::move(spooling.error()));
  spool.emplace(std::move(*spooling));
  if (config.object_store == ObjectStoreKind::kS3) spool->never_write_back();
  objects.emplace(stores->objects(), metrics);
  metadata.emplace(stores->metadata(), metrics);
  return {};
}

Result<void> Service::Parts::start_inspection(const Config& config) {
  auto started = start_sanitising_inspector(config, clock, *spool, {&log, &metrics});
  if (!started) return std::unexpected(std::move(started.error()));
  unmeasured_inspector = std::move(*started);
  inspector.emplace(*unmeasured_inspector, metrics);
  return {};
}

void Service::Parts::build_services(const Config& config) {
  // Uploads beyond the limit are turned away at the head, so these queues hold what was admitted and short calls.
  const std::size_t queue = config.max_connections + 2UL * config.max_uploads_in_flight;
  // A thread that calls a remote store waits for most of its time: there are as many as may call at once.
  const std::size_t callers = config.has_remote_store() ? config.store_connections : 0;
  beside.emplace(WorkerPool::Options{"beside", 2 * cores(), queue});
  // No queue: where no thread is idle, whoever writes hashes too. A file alone gains by it, many at once would lose.
  hashing.emplace(WorkerPool::Options{"hash", std::max<std::size_t>(1, cores() / 2), 0});
  spool->hash_on(*hashing);
  disk.emplace(WorkerPool::Options{"disk", std::max(2 * cores(), callers), queue});
  work.emplace(WorkerPool::Options{"work", std::max({std::size_t{8}, 4 * cores(), callers}), queue});
  leases.emplace(*metadata, clock, config.pending_lease);
  const std::chrono::milliseconds zombies = config.zombie_window;
  intake.emplace(IntakeService::Parts{*inspector, *metadata, *objects, clock, random, *beside, *leases},
                 IntakeService::Options{.pending_lease = config.pending_lease,
                                        .idempotency_ttl = config.idempotency_ttl,
                                        .zombie_window = zombies,
                                        .on_duplicate = config.on_duplicate});
  documents.emplace(DocumentService::Parts{*metadata, *objects, clock, random, pause},
                    DocumentService::Options{.retention = config.retention_deleted, .zombie_window = zombies});
  sweeper.emplace(Sweeper::Parts{*metadata, *objects, clock, log, metrics},
                  Sweeper::Options{.interval = config.sweep_interval,
                                   .retention = config.retention_deleted,
                                   .zombie_window = zombies,
                                   .first_pause = first_sweep_pause(config, random)});
}

Result<void> Service::Parts::listen(const Config& config) {
  auto ring = open_keys(config, log, clock);
  if (!ring) return std::unexpected(std::move(ring.error()));
  keys = std::move(*ring);
  auto categories = Categories::make(config.categories);
  if (!categories) return std::unexpected(std::move(categories.error()));
  auto made = http::Api::make({*intake, *documents, *spool, *metadata, *objects, *inspector, keys.get(), request_log,
                               clock, random, [this] { return metrics.text(); }},
                              api_options(config, secret_key(config, random), std::move(*categories)));
  if (!made) return std::unexpected(std::move(made.error()));
  api = std::move(*made);
  watch();
  auto started = http::Server::start(server_options(config), *api, *disk, *work);
  if (!started) return std::unexpected(std::move(started.error()));
  server = std::move(*started);
  leases->start();
  sweeper->start();
  return {};
}

void Service::Parts::watch() {
  metrics.watch("lazaret_uploads_in_flight", "Uploads admitted and not yet answered.",
                [this] { return static_cast<double>(api->uploads_in_flight()); });
  metrics.watch("lazaret_work_queue", "Calls waiting for a thread of the work pool.",
                [this] { return static_cast<double>(work->queued()); });
  metrics.watch("lazaret_disk_queue", "Calls waiting for a thread of the disk pool.",
                [this] { return static_cast<double>(disk->queued()); });
}

Result<std::unique_ptr<Service>> Service::start(const Config& config, const Log& log, const Clock& clock,
                                                Random& random) {
  auto parts = std::make_unique<Parts>(log, clock, random);
  if (auto opened = parts->open_stores(config); !opened) return std::unexpected(std::move(opened.error()));
  if (auto started = parts->start_inspection(config); !started) return std::unexpected(std::move(started.error()));
  parts->build_services(config);
  if (auto listening = parts->listen(config); !listening) return std::unexpected(std::move(listening.error()));
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() = default;

std::uint16_t Service::port() const {
  return parts_->server->port();
}
void Service::say_not_ready() {
  parts_->api->set_draining();
}
void Service::close_listener() {
  parts_->server->close_listener();
}

bool Service::finish(std::chrono::milliseconds timeout) {
  const bool whole = parts_->server->finish(timeout);
  parts_->sweeper->stop();
  return whole;
}

}  // namespace lazaret
