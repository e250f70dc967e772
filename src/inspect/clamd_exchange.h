// One command to clamd and all that it answers, over a connection of its own: connected, sent, read until clamd closes.
// Every wait has an end, and the answer is capped. Nothing of the answer is believed here; clamd_reply.h reads it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"

namespace lazaret::inspect {

// Fills `room` from its start and says how many bytes that were; 0 is the end.
using PullBytes = std::function<Result<std::size_t>(std::span<std::byte> room)>;

struct ClamdCommand {
  std::string_view name;                   // "PING"
  PullBytes body;                          // of INSTREAM: sent in chunks, each behind its length
  std::chrono::milliseconds limit{2'000};  // from the connection to the end of the answer
};

struct ClamdPeer {
  std::string address;  // "/run/clamav/clamd.ctl", "127.0.0.1:3310" or "[::1]:3310"
  std::chrono::milliseconds connect_limit{1'000};
};

// kUnavailable where clamd is not there, is too slow or breaks off; kDeadline and kCancelled by the call. An answer
// that came before everything was sent is such a break, whatever it says.
Result<std::string> clamd_exchange(const ClamdPeer& peer, const Call& call, const Clock& clock,
                                   const ClamdCommand& command);

}  // namespace lazaret::inspect
