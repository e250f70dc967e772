// wire.cpp builds the service from its configuration. It alone names the supervisor and the server, and stores.cpp the
// concrete stores; everything else knows ports.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "config/config.h"
#include "intake/inspector.h"
#include "intake/spool.h"
#include "obs/log.h"
#include "obs/metrics.h"

namespace lazaret {

// Extensions that have a checker.
std::vector<std::string> checkable_types();

// What is wrong with an INSPECTION_POLICY, as a sentence without its name.
std::expected<void, std::string> check_inspection_policy(std::string_view text);

// What an inspector may tell of itself; either may be null. Both outlive it.
struct InspectorWatchers {
  const Log* log = nullptr;
  Metrics* metrics = nullptr;
};
// kEveryUpload: antivirus must take a file of MAX_FILE_SIZE, which is tried. kFilesAtHand: that is not tried.
enum class InspectorUse : std::uint8_t { kEveryUpload, kFilesAtHand };
// The inspector that configuration describes: the sandbox, and clamd where it is named.
Result<std::unique_ptr<Inspector>> start_inspector(const Config& config, const Clock& clock, InspectorUse use,
                                                   InspectorWatchers watchers = {});
// One that also makes the clean copies that policy asks for, in `spool`, which outlives it.
Result<std::unique_ptr<Inspector>> start_sanitising_inspector(const Config& config, const Clock& clock,
                                                              const Spool& spool, InspectorWatchers watchers);

// A running service. Everything it is made of lives in here; the destructor ends what is left in reverse order.
class Service {
 public:
  // Opens the stores, starts the inspector, sweeps what a crash left, listens. kInvalidParameter faults are the
  // configuration's; any other error is something that cannot be had.
  static Result<std::unique_ptr<Service>> start(const Config& config, const Log& log, const Clock& clock,
                                                Random& random);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::uint16_t port() const;

  // The orderly end, in order: readiness says no (the listener stays open), the listener closes, requests under way may
  // finish within `timeout`, the rest is cancelled.
  void say_not_ready();
  void close_listener();
  // True when everything under way came to its end in time.
  bool finish(std::chrono::milliseconds timeout);

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lazaret
