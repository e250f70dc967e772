// ZygoteProcess: one running lazaret-inspector, owned by the thread that started it (it dies with that thread, by
// PDEATHSIG, and with this object). It inherits no descriptor but its control channel, and nothing of the environment.
// Not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/unique_fd.h"
#include "inspect/protocol.h"

namespace lazaret::inspect {

struct ZygoteOptions {
  std::filesystem::path inspector;
  std::size_t children = 2;  // alive at a time, waiting or at work
  bool sandbox = true;
  std::vector<std::filesystem::path> rules;  // files of YARA rules
};

class ZygoteProcess {
 public:
  static Result<ZygoteProcess> start(const ZygoteOptions& options);
  ZygoteProcess(ZygoteProcess&& other) noexcept;
  ZygoteProcess& operator=(ZygoteProcess&&) = delete;
  ~ZygoteProcess();  // kills and reaps

  pid_t pid() const { return pid_; }
  int control() const { return control_.get(); }

  // Waits for the zygote's hello; `wake` becoming readable calls it off (kCancelled). kUnavailable when it does not
  // come in time, is malformed, or says that the zygote cannot work.
  Result<Hello> wait_for_hello(int wake, std::chrono::milliseconds limit);

  struct News {
    Event event;
    UniqueFd channel;  // valid exactly when event.came is set
  };
  // The next event without waiting; nullopt when there is none. An error: the zygote is gone or talks nonsense.
  Result<std::optional<News>> next_event();

  void kill_worker(std::uint64_t serial);

 private:
  ZygoteProcess(pid_t pid, UniqueFd control) : pid_(pid), control_(std::move(control)) {}

  pid_t pid_ = -1;
  UniqueFd control_;
};

}  // namespace lazaret::inspect
