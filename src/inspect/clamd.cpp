#include "inspect/clamd.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <unistd.h>

namespace lazaret::inspect {
namespace {

using SteadyClock = std::chrono::steady_clock;

PullBytes bytes_of(const SealedBlob& blob) {
  return [&blob, at = std::uint64_t{0}](std::span<std::byte> room) mutable -> Result<std::size_t> {
    const std::size_t wanted = std::min<std::uint64_t>(room.size(), blob.size() - at);
    if (wanted == 0) return 0;
    ssize_t got = -1;
    do {
      got = ::pread(blob.fd(), room.data(), wanted, static_cast<off_t>(at));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return std::unexpected(system_error("read the spool file", errno));
    if (got == 0) return fail(ErrorCode::kInternal, "the spool file is shorter than it was");
    at += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  };
}

PullBytes bytes_of(const std::string& text) {
  return [rest = std::string_view(text)](std::span<std::byte> room) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), count);
    rest.remove_prefix(count);
    return count;
  };
}

template <class Parse>
auto read_by(Parse parse, Result<std::string> reply) -> decltype(parse(*reply)) {
  if (!reply) return std::unexpected(std::move(reply.error()));
  return parse(*reply);
}

Fault bad_setting(const ClamdTrial& trial) {
  return {"CLAMD_SOCKET", "clamd_setting",
          "CLAMD_SOCKET names a clamd that " + std::string(trial.because) +
              " (clamd.conf: " + std::string(trial.setting) + ")."};
}

Fault too_small(std::uint64_t size, const std::string& answer) {
  const std::string bytes = std::to_string(size);
  return {
      "MAX_FILE_SIZE", "clamd_limit",
      "MAX_FILE_SIZE is more than clamd looks at: clamd.conf must say StreamMaxLength and MaxFileSize of at least " +
          bytes + ", and MaxScanSize of at least twice that (" + answer + ")."};
}

// For who cannot mend a configuration.
Error as_unavailable(const Error& error) {
  std::string detail = error.detail;
  for (const Fault& fault : error.faults)
    detail.append(detail.empty() ? "" : " ").append(fault.detail);
  return {ErrorCode::kUnavailable, Retry::kSafe, std::move(detail), {}};
}

}  // namespace

Clamd::Clamd(ClamdOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), turns_(options_.scans, clock) {}

Result<std::unique_ptr<Clamd>> Clamd::start(ClamdOptions options, const Clock& clock) {
  std::unique_ptr<Clamd> clamd(new Clamd(std::move(options), clock));
  if (auto tried = clamd->try_settings({}); !tried) return std::unexpected(std::move(tried.error()));
  if (auto tried = clamd->try_largest_file({}); !tried) return std::unexpected(std::move(tried.error()));
  clamd->trusted_until_ = clock.steady_now() + clamd->options_.trust;
  return clamd;
}

Result<ClamdAnswer> Clamd::scan(const Call& call, const SealedBlob& blob) {
  const auto turn = turns_.take(call);
  if (!turn) return std::unexpected(turn.error());
  auto version = fresh_version(call);
  if (!version) return std::unexpected(std::move(version.error()));
  if (auto relied = rely_on_settings(call, Renew::kWhenOld); !relied) return std::unexpected(std::move(relied.error()));
  auto hit = ask("scan", call, bytes_of(blob));
  if (!hit) return std::unexpected(std::move(hit.error()));
  return ClamdAnswer{std::move(*version), std::move(*hit)};
}

Result<ClamdVersion> Clamd::probe(const Call& call) {
  auto version = fresh_version(call);
  if (!version) return version;
  if (auto relied = rely_on_settings(call, Renew::kWhenFailed); !relied) {
    return std::unexpected(std::move(relied.error()));
  }
  return version;
}

Result<ClamdVersion> Clamd::fresh_version(const Call& call) {
  const auto start = SteadyClock::now();
  auto version = read_by(parse_clamd_version,
                         clamd_exchange(options_.peer, call, clock_, {"VERSION", {}, options_.version_limit}));
  observe("version", start, version ? nullptr : &version.error());
  if (!version) return version;
  auto checked = check_database_age(*version, clock_.now(), options_.database_age);
  if (!checked) return std::unexpected(std::move(checked.error()));
  return version;
}

// One caller tries the settings; meanwhile the others rely on what was known, if it was good.
Result<void> Clamd::rely_on_settings(const Call& call, Renew renew) {
  const std::unique_lock trying(trying_, std::try_to_lock);
  {
    const std::lock_guard lock(mutex_);
    const bool is_old = renew == Renew::kWhenOld && clock_.steady_now() >= trusted_until_;
    if (!distrust_ && (!is_old || !trying.owns_lock())) return {};
    if (!trying.owns_lock()) return std::unexpected(*distrust_);
  }
  const auto tried = try_settings(call);
  const std::lock_guard lock(mutex_);
  if (tried) {
    distrust_.reset();
    trusted_until_ = clock_.steady_now() + options_.trust;
    return {};
  }
  const ErrorCode code = tried.error().code;
  if (code == ErrorCode::kCancelled || code == ErrorCode::kDeadline) return tried;  // says nothing of clamd
  distrust_ = as_unavailable(tried.error());
  return std::unexpected(*distrust_);
}

Result<void> Clamd::try_settings(const Call& call) {
  std::vector<Fault> faults;
  for (const ClamdTrial& trial : trials_) {
    const auto hit = ask("trial", call, bytes_of(trial.bytes));
    if (!hit) return std::unexpected(hit.error());
    if (!*hit || (*hit)->code != trial.expected) faults.push_back(bad_setting(trial));
  }
  if (!faults.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults));
  return {};
}

Result<void> Clamd::try_largest_file(const Call& call) {
  if (options_.largest_file == 0) return {};
  const auto hit = ask("trial", call, largest_file_trial(options_.largest_file));
  if (hit && *hit && (*hit)->code == FindingCode::kAntivirus) return {};
  const std::string answer = !hit ? hit.error().detail : *hit ? (*hit)->signature : "clamd called it clean";
  return fail_with(ErrorCode::kInvalidParameter, {too_small(options_.largest_file, answer)});
}

Result<std::optional<ClamdHit>> Clamd::ask(std::string_view purpose, const Call& call, PullBytes bytes) {
  const auto start = SteadyClock::now();
  auto hit = read_by(parse_clamd_scan,
                     clamd_exchange(options_.peer, call, clock_, {"INSTREAM", std::move(bytes), options_.scan_limit}));
  observe(purpose, start, hit ? nullptr : &hit.error());
  return hit;
}

void Clamd::observe(std::string_view call, SteadyClock::time_point start, const Error* error) {
  // A clamd that failed may be another one when it is back: the next scan tries it again.
  if (error != nullptr && error->code == ErrorCode::kUnavailable) {
    const std::lock_guard lock(mutex_);
    trusted_until_ = {};
  }
  if (!options_.observe) return;
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start);
  options_.observe(call, error == nullptr ? "ok" : to_string(error->code), time);
}

}  // namespace lazaret::inspect
