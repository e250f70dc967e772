// Clamd: ClamAV's daemon, asked over its socket. It fails open, so it is not believed until its settings were tried by
// their effect (clamd_trials.h): at start, and again from time to time and after every failure. An answer that is late,
// broken or not understood, settings that let things pass, and a database that is too old are errors, never clean.
// Thread-safe; bounded in scans at a time and in callers waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "inspect/clamd_exchange.h"
#include "inspect/clamd_reply.h"
#include "inspect/clamd_trials.h"
#include "inspect/turns.h"
#include "intake/spool.h"

namespace lazaret::inspect {

struct ClamdOptions {
  ClamdPeer peer;
  Turns::Limits scans{.places = 2, .queue = 64};
  std::chrono::milliseconds version_limit{2'000};
  std::chrono::milliseconds scan_limit{30'000};
  std::chrono::milliseconds trust{60'000};    // how long the trials are relied on
  std::chrono::milliseconds database_age{0};  // the oldest database that is relied on; 0: any
  std::uint64_t largest_file = 0;             // clamd must take one of this size whole; 0: not tried
  // Each call ("version", "scan", "trial"): how it ended ("ok" or an error code) and how long it took. May be empty.
  std::function<void(std::string_view call, std::string_view outcome, std::chrono::microseconds time)> observe;
};

struct ClamdAnswer {
  ClamdVersion version;
  std::optional<ClamdHit> hit;  // nullopt: clean
};

class Clamd {
 public:
  // kUnavailable where clamd does not answer; kInvalidParameter with a fault for each setting that will not do. A
  // database that is too old shows later, by scan() and probe().
  static Result<std::unique_ptr<Clamd>> start(ClamdOptions options, const Clock& clock);
  Clamd(const Clamd&) = delete;
  Clamd& operator=(const Clamd&) = delete;

  // kUnavailable, kOverloaded, kDeadline or kCancelled where there is no answer that can be relied on.
  Result<ClamdAnswer> scan(const Call& call, const SealedBlob& blob);
  // Whether a scan would be relied on, without one where that is known.
  Result<ClamdVersion> probe(const Call& call);

 private:
  enum class Renew : std::uint8_t { kWhenOld, kWhenFailed };
  Clamd(ClamdOptions options, const Clock& clock);

  Result<ClamdVersion> fresh_version(const Call& call);
  Result<void> rely_on_settings(const Call& call, Renew renew);
  Result<void> try_settings(const Call& call);
  Result<void> try_largest_file(const Call& call);
  Result<std::optional<ClamdHit>> ask(std::string_view purpose, const Call& call, PullBytes bytes);
  void observe(std::string_view call, std::chrono::steady_clock::time_point start, const Error* error);

  const ClamdOptions options_;
  const Clock& clock_;
  const std::vector<ClamdTrial> trials_ = clamd_trials();
  Turns turns_;

  std::mutex trying_;  // held by who tries the settings
  std::mutex mutex_;
  std::optional<Error> distrust_;  // why the last trials failed
  std::chrono::steady_clock::time_point trusted_until_{};
};

}  // namespace lazaret::inspect
