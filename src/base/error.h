// Error and Result: how every fallible function of Lazaret answers.
//
// An Error has two readers who never meet: `detail` is for the log, `faults` is for the client. What a client is
// told is derived from the code and the faults, never from `detail`, which may quote an upstream or the system.
// Exceptions are for bugs and std::bad_alloc; a library that throws is wrapped where it is called.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lazaret {

enum class ErrorCode : std::uint8_t {
  kInvalidParameter,  // a query parameter or argument; `faults` names it
  kInvalidField,      // a member of a document or form; `faults` holds JSON Pointers
  kInvalidCursor,
  kMalformedJson,
  kDigestMismatch,  // the bytes are not those the caller announced
  kUnauthenticated,
  kForbidden,
  kNotFound,
  kAlreadyExists,
  kConflict,
  kQuarantined,
  kIdempotencyInProgress,
  kIdempotencyKeyReused,
  kPreconditionFailed,
  kTooLarge,
  kExtensionNotAllowed,
  kUnsupportedMedia,
  kTypeMismatch,
  kRejected,  // inspection says no; the findings travel beside the error
  kRateLimited,
  kOverloaded,   // a bounded queue of ours is full
  kUnavailable,  // a store or the inspector does not answer
  kDeadline,
  kCancelled,
  kCorrupt,  // stored data that is not what was stored
  kInternal,
};

// Stable snake_case name, for logs and metrics.
std::string_view to_string(ErrorCode code);

// Whether the same call may be made again.
enum class Retry : std::uint8_t {
  kNever,
  kSafe,       // nothing happened
  kAmbiguous,  // the effect may have happened
};

// One fault a client can mend. All three texts are shown to the client.
struct Fault {
  std::string where;   // a JSON Pointer ("/categories/1"), or the name of a parameter or variable
  std::string code;    // stable snake_case: "too_long", "unknown_category", ...
  std::string detail;  // a sentence: what is wrong and what the limit is
  bool operator==(const Fault&) const = default;
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  Retry retry = Retry::kNever;
  std::string detail;         // for the log only
  std::vector<Fault> faults;  // for the client
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string detail, Retry retry = Retry::kNever) {
  return std::unexpected(Error{code, retry, std::move(detail), {}});
}

inline std::unexpected<Error> fail_with(ErrorCode code, std::vector<Fault> faults) {
  return std::unexpected(Error{code, Retry::kNever, {}, std::move(faults)});
}

// An Error for a failed system call: `what` and the text of `error_number` in the detail. ENOSPC, EDQUOT, EMFILE,
// ENFILE and ENOMEM are kUnavailable and safe to retry, everything else is kInternal.
Error system_error(std::string_view what, int error_number);

}  // namespace lazaret
