#include "app/serve.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/version.h"
#include "app/wire.h"
#include "base/unique_fd.h"

namespace lazaret {
namespace {

using std::chrono::milliseconds;

// Signals end the service in order; they are read, so that no handler runs in the middle of anything.
class StopSignals {
 public:
  // Before any thread is made: threads inherit the mask.
  StopSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
      sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    fd_ = UniqueFd(signalfd(-1, &set_, SFD_CLOEXEC));
  }

  // True when a signal came within `time`; without one it waits for ever.
  bool wait(std::optional<milliseconds> time) const {
    pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    for (;;) {
      const int ready = ::poll(&entry, 1, time ? static_cast<int>(time->count()) : -1);
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      signalfd_siginfo info{};
      return ::read(fd_.get(), &info, sizeof info) == sizeof info;
    }
  }

 private:
  sigset_t set_{};
  UniqueFd fd_;
};

// A connection, its spool file and its store handles are descriptors; the usual soft limit of 1,024 is a trap.
void raise_descriptor_limit(const Config& config, const Log& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
  const rlim_t wanted = config.max_connections + 4UL * config.max_uploads_in_flight + 64;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
    log.write(LogLevel::kWarning, "few_descriptors",
              {{"limit", static_cast<std::uint64_t>(limit.rlim_cur)},
               {"wanted", static_cast<std::uint64_t>(wanted)},
               {"detail", "raise the limit of open files or lower MAX_CONNECTIONS"}});
  }
}

// Else the allocator hands what a page of a list took back to the kernel, which clears it again for the next page: a
// fifth of the page's time. So much is kept by each thread that answers.
void keep_freed_memory() {
  constexpr int kKeptBytes = 1 << 20;
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  mallopt(M_MMAP_THRESHOLD, kKeptBytes);
}

LogLevel log_level(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::kDebug:
      return LogLevel::kDebug;
    case Verbosity::kInfo:
      return LogLevel::kInfo;
    case Verbosity::kWarning:
      return LogLevel::kWarning;
    case Verbosity::kError:
      return LogLevel::kError;
  }
  return LogLevel::kInfo;
}

// The orderly end. A second signal skips the waiting.
void shut_down(Service& service, const Config& config, const StopSignals& signals, const Log& log) {
  log.write(LogLevel::kInfo, "stopping", {{"delay_ms", config.shutdown_delay.count()}});
  service.say_not_ready();
  const bool hurry = config.shutdown_delay.count() > 0 && signals.wait(config.shutdown_delay);
  service.close_listener();
  const bool whole = service.finish(hurry ? milliseconds{0} : config.shutdown_timeout);
  log.write(LogLevel::kInfo, "stopped", {{"cancelled", !whole}});
}

}  // namespace

int serve() {
  const auto loaded = load_config_of_process();
  if (!loaded) {
    print_faults(loaded.error());
    return kExitConfig;
  }
  const Config& config = loaded->config;
  const StopSignals signals;
  const SystemClock clock;
  SystemRandom random;
  const Log log(
      {.level = log_level(config.log_level), .format = config.logs_json() ? LogFormat::kJson : LogFormat::kText},
      clock);
  for (const std::string& warning : loaded->warnings)
    log.write(LogLevel::kWarning, "config", {{"detail", warning}});
  raise_descriptor_limit(config, log);
  keep_freed_memory();

  auto service = Service::start(config, log, clock, random);
  if (!service) {
    print_faults(service.error());
    return service.error().code == ErrorCode::kInvalidParameter ? kExitConfig : kExitUnavailable;
  }
  log.write(LogLevel::kInfo, "listening",
            {{"version", kVersion},
             {"address", config.host},
             {"port", (*service)->port()},
             {"environment", to_string(config.app_env)}});
  signals.wait(std::nullopt);
  shut_down(**service, config, signals, log);
  return kExitOk;
}

}  // namespace lazaret
