// Client: keeps a fixed number of connections busy with one request each (a closed loop), on one thread with epoll.
// Bodies of answers are dropped inside the kernel, so that downloading costs the generator next to nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <netinet/in.h>

#include "base/error.h"
#include "request.h"

namespace lazaret::bench {

struct RunOptions {
  sockaddr_in address{};
  std::size_t connections = 1;
  std::uint64_t requests = 0;                   // 0: until the time is over
  std::chrono::milliseconds time{0};            // 0: until the requests are done
  std::chrono::milliseconds warm_up{0};         // before the clock starts; counts nowhere
  std::chrono::milliseconds patience{120'000};  // a request that takes longer is an error
  int expected_status = 200;
};

struct RunResult {
  std::uint64_t answers = 0;  // with the expected status, within the time
  std::uint64_t errors = 0;   // other statuses, broken and refused connections
  std::map<std::string, std::uint64_t> error_kinds;
  double seconds = 0;
  std::vector<float> latencies_ms;  // of `answers`, from the first byte sent to the last received
};

Result<RunResult> run_load(RequestSource& source, const RunOptions& options);

}  // namespace lazaret::bench
