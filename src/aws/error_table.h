// What a service's refusal means: a table of error codes, with the HTTP status as fallback for codes that are new,
// and for answers without one (HEAD, proxies). Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace lazaret::aws {

// What the retry loop may do about it.
enum class Remedy : std::uint8_t {
  kNone,
  kRepeat,          // a fault that passes: again after the short delay
  kSlowDown,        // throttled: again after the long delay; nothing was done
  kMendClock,       // once, where the answer's Date shows that our clock is off
  kNewCredentials,  // once, with credentials asked for anew
  kOtherRegion,     // once, in the region that the answer names
  kSendAgain,       // once: the bytes were damaged on the way
};

struct Meaning {
  ErrorCode code = ErrorCode::kInternal;
  Remedy remedy = Remedy::kNone;
};

// `code` may be empty.
Meaning meaning_of(std::string_view code, int status);

}  // namespace lazaret::aws
