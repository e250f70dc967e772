#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace lazaret {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidParameter:
      return "invalid_parameter";
    case ErrorCode::kInvalidField:
      return "invalid_field";
    case ErrorCode::kInvalidCursor:
      return "invalid_cursor";
    case ErrorCode::kMalformedJson:
      return "malformed_json";
    case ErrorCode::kDigestMismatch:
      return "digest_mismatch";
    case ErrorCode::kUnauthenticated:
      return "unauthenticated";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kAlreadyExists:
      return "already_exists";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kQuarantined:
      return "quarantined";
    case ErrorCode::kIdempotencyInProgress:
      return "idempotency_in_progress";
    case ErrorCode::kIdempotencyKeyReused:
      return "idempotency_key_reused";
    case ErrorCode::kPreconditionFailed:
      return "precondition_failed";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kExtensionNotAllowed:
      return "extension_not_allowed";
    case ErrorCode::kUnsupportedMedia:
      return "unsupported_media";
    case ErrorCode::kTypeMismatch:
      return "type_mismatch";
    case ErrorCode::kRejected:
      return "rejected";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kOverloaded:
      return "overloaded";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kDeadline:
      return "deadline";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

Error system_error(std::string_view what, int error_number) {
  std::string detail(what);
  detail += ": ";
  detail += std::generic_category().message(error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Error{ErrorCode::kUnavailable, Retry::kSafe, std::move(detail), {}};
    default:
      return Error{ErrorCode::kInternal, Retry::kNever, std::move(detail), {}};
  }
}

}  // namespace lazaret
