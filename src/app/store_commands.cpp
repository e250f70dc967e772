#include "app/store_commands.h"

#include <fmt/format.h>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/wire.h"

namespace lazaret {
namespace {

// Tables with indexes may take minutes to be made.
constexpr std::chrono::minutes kSetUpTime{15};
// Objects that were taken before there was a limit may be as large as a PUT can be.
constexpr std::uint64_t kLargestObject = std::uint64_t{5} << 30U;

void print_drifts(const std::vector<StoreDrift>& drifts, std::string_view verb) {
  for (const StoreDrift& drift : drifts)
    fmt::print("{}{}: {} (was: {})\n", verb, drift.what, drift.expected, drift.found);
}

}  // namespace

int run_init(Mend mend) {
  const auto loaded = load_config_of_process();
  if (!loaded) return report_failure(loaded.error(), kExitUnavailable);
  if (!loaded->config.has_remote_store()) {
    fmt::print("The embedded stores need nothing made: DATA_DIR is filled at the first start.\n");
    return kExitOk;
  }
  const SystemClock clock;
  SystemRandom random;
  const Log log({.level = LogLevel::kWarning, .format = LogFormat::kText}, clock);
  const Stores::Parts parts{log, clock, random};
  const Call call{clock.steady_now() + kSetUpTime, {}, "init"};
  if (mend == Mend::kYes) {
    const auto made = set_up_stores(loaded->config, parts, call, Mend::kYes);
    if (!made) return report_failure(made.error(), kExitUnavailable);
    print_drifts(*made, "made ");
  }
  const auto left = set_up_stores(loaded->config, parts, call, Mend::kNo);
  if (!left) return report_failure(left.error(), kExitUnavailable);
  for (const StoreDrift& drift : *left)
    fmt::print("{}: expected {}, found {}\n", drift.what, drift.expected, drift.found);
  if (left->empty()) fmt::print("Everything is as it should be.\n");
  // What is left after mending is not ours to change, or the engine has no such thing: told, and no failure.
  return left->empty() || mend == Mend::kYes ? kExitOk : kExitFindings;
}

int run_reindex() {
  const auto loaded = load_config_of_process();
  if (!loaded) return report_failure(loaded.error(), kExitUnavailable);
  if (loaded->config.metadata_store != MetadataStoreKind::kDynamoDb) {
    return report_failure({ErrorCode::kInvalidParameter,
                           Retry::kNever,
                           {},
                           {{"METADATA_STORE", "invalid",
                             "METADATA_STORE must be dynamodb: only its tables were filled by "
                             "an earlier version."}}},
                          kExitUnavailable);
  }
  const SystemClock clock;
  SystemRandom random;
  const Log log({.level = LogLevel::kWarning, .format = LogFormat::kText}, clock);
  auto inspector = start_inspector(loaded->config, clock, InspectorUse::kFilesAtHand);
  if (!inspector) return report_failure(inspector.error(), kExitUnavailable);
  auto stores = Stores::open(loaded->config, {log, clock, random});
  if (!stores) return report_failure(stores.error(), kExitUnavailable);
  const auto spool = Spool::open(loaded->config.data_dir / "spool", kLargestObject);
  if (!spool) return report_failure(spool.error(), kExitUnavailable);
  const auto adoption = (*stores)->adopt(clock, **inspector, *spool, Call{});
  if (!adoption) return report_failure(adoption.error(), kExitUnavailable);
  for (const std::string& problem : adoption->problems)
    fmt::print("left alone: {}\n", problem);
  fmt::print("{} items looked at, {} adopted, {} left alone\n", adoption->looked_at, adoption->adopted,
             adoption->left_alone);
  fmt::print("{} rows of lists looked at, {} that led nowhere removed\n", adoption->rows_looked_at,
             adoption->rows_unwanted);
  return adoption->left_alone == 0 ? kExitOk : kExitFindings;
}

}  // namespace lazaret
