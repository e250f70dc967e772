#include "app/stores.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "app/aws_access.h"
#include "app/examine.h"
#include "aws/retry.h"
#include "base/worker_pool.h"
#include "metadata/dynamodb/reindex.h"
#include "metadata/dynamodb/store.h"
#include "metadata/dynamodb/tables.h"
#include "metadata/sqlite/store.h"
#include "objects/files/data_dir_lock.h"
#include "objects/files/store.h"
#include "objects/s3/setup.h"
#include "objects/s3/store.h"

namespace lazaret {
namespace {

using namespace std::chrono_literals;

// Tables may take minutes to be made.
constexpr auto kSetUpTime = 10min;
constexpr auto kFirstContactTime = 30s;
constexpr std::size_t kReindexThreads = 8;

bool uses_s3(const Config& config) {
  return config.object_store == ObjectStoreKind::kS3;
}
bool uses_dynamodb(const Config& config) {
  return config.metadata_store == MetadataStoreKind::kDynamoDb;
}

aws::Encryption encryption_of(const Config& config) {
  using Kind = aws::Encryption::Kind;
  switch (config.s3_encryption) {
    case S3Encryption::kBucket:
      return {.kind = Kind::kNone, .kms_key_id = {}};
    case S3Encryption::kAes256:
      return {.kind = Kind::kAes256, .kms_key_id = {}};
    case S3Encryption::kKms:
      return {.kind = Kind::kKms, .kms_key_id = config.s3_kms_key_id};
  }
  return {};
}

aws::Addressing addressing_of(const Config& config) {
  switch (config.s3_addressing) {
    case S3Addressing::kAuto:
      return aws::Addressing::kAuto;
    case S3Addressing::kVirtual:
      return aws::Addressing::kVirtualHost;
    case S3Addressing::kPath:
      return aws::Addressing::kPath;
  }
  return aws::Addressing::kAuto;
}

std::optional<aws::Versioning> versioning_of(const Config& config) {
  if (!config.s3_versioning) return std::nullopt;
  return *config.s3_versioning ? aws::Versioning::kEnabled : aws::Versioning::kOff;
}

S3StoreOptions s3_options(const Config& config, const AwsAccess& access) {
  S3StoreOptions options;
  options.client = access.client_options({.service = aws::Service::kS3});
  options.bucket = config.s3_bucket;
  options.addressing = addressing_of(config);
  if (!config.s3_provider.empty()) options.provider = aws::parse_provider(config.s3_provider);
  options.encryption = encryption_of(config);
  options.limits = access.limits();
  if (config.s3_public_endpoint) options.public_endpoint = aws::parse_endpoint(*config.s3_public_endpoint);
  return options;
}

// A client of DynamoDB with what it needs.
struct DynamoDb {
  DynamoDb(AwsAccess& access, const Stores::Parts& parts)
      : client(access.dynamodb_parts(), access.client_options({.service = aws::Service::kDynamoDb,
                                                               .max_attempts = aws::kDynamoDbAttempts,
                                                               .transient_delay = aws::kDynamoDbDelay})),
        db({client, parts.clock, parts.random}, {.limits = access.limits()}) {}
  aws::Client client;
  aws::DynamoDbClient db;
};

Result<std::vector<StoreDrift>> set_up_bucket(const Config& config, AwsAccess& access, const Call& call, Mend mend) {
  S3Setup setup(access.s3_parts(), s3_options(config, access), versioning_of(config));
  auto drifts = mend == Mend::kYes ? setup.init(call) : setup.check(call);
  if (!drifts) return std::unexpected(std::move(drifts.error()));
  std::vector<StoreDrift> found;
  for (Drift& drift : *drifts) {
    found.push_back(
        {"bucket " + config.s3_bucket + ", " + drift.what, std::move(drift.expected), std::move(drift.found)});
  }
  return found;
}

Result<std::vector<StoreDrift>> set_up_tables(const Config& config, DynamoDb& dynamodb, const Call& call, Mend mend) {
  DynamoDbTableOptions options;
  options.table = config.dynamodb_table;
  options.unknown_operations = unknown_operations_at(dynamodb.client.options().endpoint);
  auto drifts = check_dynamodb_tables(dynamodb.db, call, options);
  if (!drifts) return std::unexpected(std::move(drifts.error()));
  std::vector<StoreDrift> found;
  for (dynamo::Drift& drift : *drifts)
    found.push_back({std::move(drift.what), std::move(drift.expected), std::move(drift.found)});
  if (mend == Mend::kYes && !found.empty()) {
    ThreadPause pause;
    if (auto made = init_dynamodb_tables(dynamodb.db, pause, call, options); !made) {
      return std::unexpected(std::move(made.error()));
    }
  }
  return found;
}

// Development makes what it needs. Where it may not, the first use says whether that matters.
void log_made(const Log& log, const Result<std::vector<StoreDrift>>& made) {
  if (!made) {
    log.write(LogLevel::kWarning, "store_not_made", {{"detail", made.error().detail}});
    return;
  }
  for (const StoreDrift& drift : *made)
    log.write(LogLevel::kInfo, "store_made",
              {{"what", drift.what}, {"expected", drift.expected}, {"found", drift.found}});
}

}  // namespace

// Ends in reverse order: stores before what they call, all before the folder's lock.
struct Stores::Opened {
  std::unique_ptr<DataDirLock> lock;
  std::unique_ptr<AwsAccess> access;
  std::optional<WorkerPool> beside;
  std::optional<DynamoDb> dynamodb;
  std::string table;  // of `dynamodb`
  std::unique_ptr<ObjectStore> objects;
  std::unique_ptr<MetadataStore> metadata;

  Result<void> open_objects(const Config& config, const Parts& parts);
  Result<void> open_metadata(const Config& config, const Parts& parts);
  Result<void> open_s3(const Config& config, const Parts& parts);
  Result<void> open_sqlite(const Config& config, const Parts& parts);
  Result<void> open_dynamodb(const Config& config, const Parts& parts);
};

Result<void> Stores::Opened::open_objects(const Config& config, const Parts& parts) {
  if (uses_s3(config)) return open_s3(config, parts);
  auto files = FileStore::open({.root = config.data_dir});
  if (!files) return std::unexpected(std::move(files.error()));
  objects = std::move(*files);
  return {};
}

Result<void> Stores::Opened::open_metadata(const Config& config, const Parts& parts) {
  return uses_dynamodb(config) ? open_dynamodb(config, parts) : open_sqlite(config, parts);
}

Result<void> Stores::Opened::open_s3(const Config& config, const Parts& parts) {
  const auto now = parts.clock.steady_now();
  if (config.app_env == AppEnvironment::kDevelopment) {
    log_made(parts.log, set_up_bucket(config, *access, Call{now + kSetUpTime, {}, "start"}, Mend::kYes));
  }
  auto s3 = std::make_unique<S3Store>(access->s3_parts(), s3_options(config, *access));
  if (auto learned = s3->learn(Call{now + kFirstContactTime, {}, "start"}); !learned) return learned;
  objects = std::move(s3);
  return {};
}

Result<void> Stores::Opened::open_sqlite(const Config& config, const Parts& parts) {
  auto sqlite = SqliteStore::open({.path = (config.data_dir / "lazaret.db").string()});
  if (!sqlite) return std::unexpected(std::move(sqlite.error()));
  // The folder is ours alone, so whoever began these uploads is gone.
  if (auto expired = (*sqlite)->expire_all_leases(Call{}, parts.clock.now()); !expired) return expired;
  metadata = std::move(*sqlite);
  return {};
}

Result<void> Stores::Opened::open_dynamodb(const Config& config, const Parts& parts) {
  const auto now = parts.clock.steady_now();
  dynamodb.emplace(*access, parts);
  table = config.dynamodb_table;
  if (config.app_env == AppEnvironment::kDevelopment) {
    log_made(parts.log, set_up_tables(config, *dynamodb, Call{now + kSetUpTime, {}, "start"}, Mend::kYes));
  }
  beside.emplace(WorkerPool::Options{"dynamodb", config.store_connections, 16UL * config.store_connections});
  auto store = std::make_unique<DynamoDbStore>(DynamoDbStore::Parts{dynamodb->db, parts.clock, *beside},
                                               DynamoDbStoreOptions{.table = config.dynamodb_table});
  if (auto probed = store->probe(Call{now + kFirstContactTime, {}, "start"}); !probed) return probed;
  metadata = std::move(store);
  return {};
}

Result<std::unique_ptr<Stores>> Stores::open(const Config& config, const Parts& parts, Opener opener) {
  auto opened = std::make_unique<Opened>();
  if (opener == Opener::kService || !uses_s3(config) || !uses_dynamodb(config)) {
    auto locked = DataDirLock::acquire(config.data_dir);
    if (!locked) return std::unexpected(std::move(locked.error()));
    opened->lock = std::make_unique<DataDirLock>(std::move(*locked));
  }
  if (config.has_remote_store()) {
    auto access = AwsAccess::make(config, {parts.log, parts.clock, parts.random});
    if (!access) return std::unexpected(std::move(access.error()));
    opened->access = std::move(*access);
  }
  if (auto made = opened->open_objects(config, parts); !made) return std::unexpected(std::move(made.error()));
  if (auto made = opened->open_metadata(config, parts); !made) return std::unexpected(std::move(made.error()));
  return std::unique_ptr<Stores>(new Stores(std::move(opened)));
}

Stores::Stores(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
Stores::~Stores() = default;

ObjectStore& Stores::objects() {
  return *opened_->objects;
}
MetadataStore& Stores::metadata() {
  return *opened_->metadata;
}

std::optional<std::string> Stores::what_to_adopt(const Call& call) {
  if (!opened_->dynamodb) return std::nullopt;
  const auto found = shows_items_to_adopt(opened_->dynamodb->db, call, opened_->table);
  if (!found || !*found) return std::nullopt;  // a right that the service need not have
  return "table " + opened_->table + " holds items of the first version, which no list shows: run `lazaret reindex`";
}

Result<Adoption> Stores::adopt(const Clock& clock, Inspector& inspector, const Spool& spool, const Call& call) {
  WorkerPool beside({.name = "reindex", .threads = kReindexThreads, .queue_limit = 16 * kReindexThreads});
  const auto read = [&](const Call& reading, const Document& document,
                        std::span<const dynamo::ObjectFact>) -> Result<ObjectFacts> {
    auto examined = examine_object(reading, objects(), inspector, spool, document);
    if (!examined) return std::unexpected(std::move(examined.error()));
    return ObjectFacts{examined->size, examined->checksum, std::move(examined->inspection.content_type),
                       std::move(examined->inspection.verdict)};
  };
  ThreadPause pause;
  auto report = reindex_dynamodb({opened_->dynamodb->db, clock, beside}, pause, call, {.table = opened_->table}, read);
  if (!report) return std::unexpected(std::move(report.error()));
  Adoption adoption{report->looked_at,      report->adopted,      report->left_alone, {},
                    report->rows_looked_at, report->rows_unwanted};
  for (const ReindexReport::Problem& problem : report->problems)
    adoption.problems.push_back(fmt::format("{}: {}", problem.id.empty() ? "(no id)" : problem.id, problem.why));
  return adoption;
}

Result<std::vector<StoreDrift>> set_up_stores(const Config& config, const Stores::Parts& parts, const Call& call,
                                              Mend mend) {
  std::vector<StoreDrift> drifts;
  auto access = AwsAccess::make(config, {parts.log, parts.clock, parts.random});
  if (!access) return std::unexpected(std::move(access.error()));
  if (uses_s3(config)) {
    auto found = set_up_bucket(config, **access, call, mend);
    if (!found) return found;
    std::ranges::move(*found, std::back_inserter(drifts));
  }
  if (uses_dynamodb(config)) {
    DynamoDb dynamodb(**access, parts);
    auto found = set_up_tables(config, dynamodb, call, mend);
    if (!found) return found;
    std::ranges::move(*found, std::back_inserter(drifts));
  }
  return drifts;
}

}  // namespace lazaret
