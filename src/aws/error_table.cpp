#include "aws/error_table.h"

#include <algorithm>
#include <array>

namespace lazaret::aws {
namespace {

struct Row {
  std::string_view code;
  Meaning meaning;
};

constexpr Meaning kPasses{ErrorCode::kUnavailable, Remedy::kRepeat};
constexpr Meaning kThrottled{ErrorCode::kUnavailable, Remedy::kSlowDown};
constexpr Meaning kCollided{ErrorCode::kConflict, Remedy::kRepeat};
constexpr Meaning kStaleSession{ErrorCode::kUnavailable, Remedy::kNewCredentials};
constexpr Meaning kClockOff{ErrorCode::kUnavailable, Remedy::kMendClock};
constexpr Meaning kElsewhere{ErrorCode::kUnavailable, Remedy::kOtherRegion};
constexpr Meaning kDamaged{ErrorCode::kUnavailable, Remedy::kSendAgain};
// Of the service to us, or a bucket or table that is not there: to our callers a store that does not work, never their
// own 401, 403 or 404.
constexpr Meaning kMisconfigured{ErrorCode::kUnavailable, Remedy::kNone};
constexpr Meaning kMissing{ErrorCode::kNotFound, Remedy::kNone};
constexpr Meaning kOurFault{ErrorCode::kInternal, Remedy::kNone};
constexpr Meaning kTooBig{ErrorCode::kTooLarge, Remedy::kNone};
constexpr Meaning kUnmet{ErrorCode::kPreconditionFailed, Remedy::kNone};

// Sorted by code. Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
constexpr std::array kRows{
    Row{"AccessDenied", kMisconfigured},
    Row{"AccessDeniedException", kMisconfigured},
    Row{"AuthFailure", kClockOff},
    Row{"AuthorizationHeaderMalformed", kElsewhere},
    Row{"BadDigest", kDamaged},
    Row{"BandwidthLimitExceeded", kThrottled},
    Row{"BucketAlreadyExists", {ErrorCode::kAlreadyExists, Remedy::kNone}},
    Row{"BucketAlreadyOwnedByYou", {ErrorCode::kAlreadyExists, Remedy::kNone}},
    Row{"ConditionalCheckFailedException", kUnmet},
    Row{"ConditionalRequestConflict", kCollided},
    Row{"EC2ThrottledException", kThrottled},
    Row{"EntityTooLarge", kTooBig},
    Row{"ExpiredToken", kStaleSession},
    Row{"ExpiredTokenException", kStaleSession},
    Row{"IDPCommunicationError", kPasses},
    Row{"IllegalLocationConstraintException", kElsewhere},
    Row{"InternalError", kPasses},
    Row{"InternalServerError", kPasses},
    Row{"InvalidAccessKeyId", kStaleSession},
    Row{"InvalidSignatureException", kClockOff},
    Row{"ItemCollectionSizeLimitExceededException", kTooBig},
    Row{"KeyTooLongError", kOurFault},
    Row{"LimitExceededException", kThrottled},
    Row{"MetadataTooLarge", kTooBig},
    Row{"NoSuchBucket", kMisconfigured},
    Row{"NoSuchKey", kMissing},
    Row{"NoSuchUpload", kMissing},
    Row{"NoSuchVersion", kMissing},
    Row{"OperationAborted", kCollided},
    Row{"PermanentRedirect", kElsewhere},
    Row{"PreconditionFailed", kUnmet},
    Row{"PriorRequestNotComplete", kThrottled},
    Row{"ProvisionedThroughputExceededException", kThrottled},
    Row{"Redirect", kElsewhere},
    Row{"ReplicatedWriteConflictException", kCollided},
    Row{"RequestExpired", kClockOff},
    Row{"RequestInTheFuture", kClockOff},
    Row{"RequestLimitExceeded", kThrottled},
    Row{"RequestThrottled", kThrottled},
    Row{"RequestThrottledException", kThrottled},
    Row{"RequestTimeTooSkewed", kClockOff},
    Row{"RequestTimeout", kPasses},
    Row{"RequestTimeoutException", kPasses},
    Row{"ResourceInUseException", {ErrorCode::kConflict, Remedy::kNone}},
    Row{"ResourceNotFoundException", kMisconfigured},
    Row{"ServiceUnavailable", kPasses},
    Row{"SignatureDoesNotMatch", kClockOff},
    Row{"SlowDown", kThrottled},
    Row{"TemporaryRedirect", kElsewhere},
    Row{"ThrottledException", kThrottled},
    Row{"Throttling", kThrottled},
    Row{"ThrottlingException", kThrottled},
    Row{"TokenRefreshRequired", kStaleSession},
    Row{"TooManyRequestsException", kThrottled},
    Row{"TransactionConflictException", kCollided},
    Row{"TransactionInProgressException", kThrottled},
    Row{"UnrecognizedClientException", kStaleSession},
    Row{"XAmzContentSHA256Mismatch", kDamaged},
};
static_assert(std::ranges::is_sorted(kRows, {}, &Row::code));

Meaning meaning_of_status(int status) {
  switch (status) {
    case 301:
    case 302:
    case 307:
      return kElsewhere;
    case 401:
    case 403:
      return kMisconfigured;
    case 404:
      return kMissing;
    case 408:
      return kPasses;
    case 409:
      return {ErrorCode::kConflict, Remedy::kNone};
    case 412:
      return kUnmet;
    case 413:
      return kTooBig;
    case 429:
      return kThrottled;
    case 501:
      return kOurFault;
    default:
      return status >= 500 ? kPasses : kOurFault;
  }
}

}  // namespace

Meaning meaning_of(std::string_view code, int status) {
  const auto row = std::ranges::lower_bound(kRows, code, {}, &Row::code);
  if (row != kRows.end() && row->code == code) return row->meaning;
  return meaning_of_status(status);
}

}  // namespace lazaret::aws
