#include "objects/s3/faults.h"

#include <algorithm>
#include <array>

namespace lazaret {
namespace {

struct Advice {
  std::string_view code;  // S3's
  std::string_view sentence;
};

constexpr std::array kAdvice{
    Advice{"NoSuchBucket", "there is no such bucket: create it with `lazaret init`, or correct S3_BUCKET"},
    Advice{"AllAccessDisabled", "the bucket is disabled: correct S3_BUCKET, or ask whom it belongs to"},
    Advice{"AccessDenied",
           "these credentials may not do this: grant them the rights on the bucket that docs/operations lists, or use "
           "others"},
    Advice{"InvalidAccessKeyId", "the access key is not known there: correct AWS_ACCESS_KEY_ID or the profile"},
    Advice{"SignatureDoesNotMatch",
           "the secret key does not belong to the access key: correct AWS_SECRET_ACCESS_KEY "
           "or the profile"},
    Advice{"ExpiredToken", "the session token has expired: give new credentials, or a source that renews them"},
    Advice{"TokenRefreshRequired", "the session token has expired: give new credentials, or a source that renews them"},
    Advice{"InvalidToken", "the session token is not valid there: correct AWS_SESSION_TOKEN, or unset it"},
    Advice{"RequestTimeTooSkewed",
           "the clock of this machine and that of the store differ by more than 15 minutes: set it (NTP)"},
    Advice{"PermanentRedirect", "the bucket lies in another region: set AWS_REGION to it"},
    Advice{"AuthorizationHeaderMalformed", "the bucket lies in another region: set AWS_REGION to it"},
    Advice{"IllegalLocationConstraintException", "the bucket lies in another region: set AWS_REGION to it"},
    Advice{"InvalidBucketName", "no bucket can have that name: correct S3_BUCKET"},
    Advice{"BucketAlreadyExists", "the name belongs to another account: choose another S3_BUCKET"},
    Advice{"SlowDown", "the store asks to slow down"},
    Advice{"NotImplemented", "the store cannot do this"},
};

bool is_missing_object(const aws::Failure& failure) {
  if (failure.status != 404) return false;
  // HEAD has no body, so no code.
  return failure.code.empty() || failure.code == "NoSuchKey" || failure.code == "NoSuchVersion" ||
         failure.code == "NotFound";
}

ErrorCode port_code(const aws::Failure& failure) {
  // What the way to the store says, not the store.
  constexpr std::array kKept{ErrorCode::kDeadline, ErrorCode::kCancelled, ErrorCode::kCorrupt, ErrorCode::kOverloaded,
                             ErrorCode::kInternal};
  if (is_missing_object(failure)) return ErrorCode::kNotFound;
  const bool kept = std::ranges::find(kKept, failure.error.code) != kKept.end();
  return kept ? failure.error.code : ErrorCode::kUnavailable;
}

std::string_view advice_for(const aws::Failure& failure) {
  constexpr std::string_view kDenied = "AccessDenied";
  constexpr std::string_view kNotReached =
      "it was not reached, see to AWS_REGION, the endpoint, the way there and the credentials";
  if (failure.status == 0) return failure.error.code == ErrorCode::kUnavailable ? kNotReached : std::string_view{};
  // Of a HEAD nothing but the status says so.
  const std::string_view code = failure.code.empty() && failure.status == 403 ? kDenied : failure.code;
  const auto* found = std::ranges::find(kAdvice, code, &Advice::code);
  return found == kAdvice.end() ? std::string_view{} : found->sentence;
}

}  // namespace

Error explain_s3(const aws::Failure& failure, const S3Place& place, std::string_view what) {
  Error error{.code = port_code(failure), .retry = failure.error.retry, .detail = std::string(what), .faults = {}};
  if (error.code == ErrorCode::kNotFound) {
    error.detail += ": no such object";
    return error;
  }
  error.detail += " (bucket " + place.bucket + " at " + place.endpoint + ", region " + place.region + "): ";
  if (const std::string_view advice = advice_for(failure); !advice.empty()) error.detail.append(advice).append("; ");
  error.detail += failure.error.detail;
  return error;
}

}  // namespace lazaret
