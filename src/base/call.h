// Call: what travels with every request through the line: until when it may take, whether it is still wanted,
// and the name under which the log knows it.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace lazaret {

struct Call {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::stop_token stop;
  std::string request_id;
};

}  // namespace lazaret
