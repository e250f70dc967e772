// One end of a SOCK_SEQPACKET pair: whole messages with at most one descriptor each. Free functions over a descriptor,
// because a sealed child may use nothing but recvmsg and sendmsg. Never raises SIGPIPE; retries what a signal breaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lazaret::inspect {

// Both ends close on exec.
Result<std::pair<UniqueFd, UniqueFd>> make_channel();

enum class Sent : std::uint8_t {
  kDone,
  kGone,    // nobody is at the other end
  kFailed,  // anything else; errno says
};
enum class Blocking : std::uint8_t { kWait, kDoNotWait };
Sent send_message(int channel, std::string_view bytes, int descriptor = -1, Blocking blocking = Blocking::kWait);

struct Received {
  enum class Kind : std::uint8_t {
    kMessage,
    kEnd,      // the other side closed after it had read everything
    kReset,    // the other side closed and left something unread
    kTooLong,  // a message beyond the cap, or with more descriptors than asked for; it is lost
    kNothing,  // kDoNotWait, and nothing is there
    kFailed,
  };
  Kind kind = Kind::kFailed;
  std::string bytes;
  UniqueFd descriptor;
};
enum class Descriptors : std::uint8_t { kNone, kOne };
Received receive_message(int channel, std::size_t longest, Descriptors descriptors,
                         Blocking blocking = Blocking::kWait);

}  // namespace lazaret::inspect
