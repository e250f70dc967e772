#include "metadata/dynamodb/faults.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "metadata/dynamodb/home.h"

namespace lazaret::dynamo {
namespace {

struct Advice {
  std::string_view code;  // DynamoDB's
  std::string_view sentence;
};

constexpr std::array kAdvice{
    Advice{"ExpiredTokenException",
           "the session token has expired: give new credentials, or a source that renews them"},
    Advice{"InvalidSignatureException",
           "the secret key does not belong to the access key: correct AWS_SECRET_ACCESS_KEY or the profile"},
    Advice{"UnrecognizedClientException",
           "the access key or the session token is not known there: correct AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN or "
           "the profile"},
};
constexpr std::string_view kClockIsOff =
    "the clock of this machine and that of the store differ by more than 5 minutes: set it (NTP)";

// The same code stands for a wrong secret and for a wrong clock; only the message tells them apart.
bool is_about_the_clock(const aws::Failure& failure) {
  if (failure.code != "InvalidSignatureException") return false;
  return failure.body.contains("Signature expired") || failure.body.contains("Signature not yet current");
}

std::string_view advice_for(const aws::Failure& failure) {
  if (is_about_the_clock(failure)) return kClockIsOff;
  const auto* found = std::ranges::find(kAdvice, failure.code, &Advice::code);
  return found == kAdvice.end() ? std::string_view{} : found->sentence;
}

std::string where(const TablePlace& place) {
  return "dynamodb: " + place.endpoint + " (region " + place.region + ")";
}

}  // namespace

Error explain_refusal(aws::Failure failure, const TablePlace& place) {
  const std::string_view advice = advice_for(failure);
  const bool denied = failure.code.starts_with("AccessDenied");
  const bool answered = failure.status != 0;
  Error error = to_error(std::move(failure));
  if (denied) {
    error.detail =
        where(place) + " denies access to table " + place.table +
        ": the policy of the credentials in use must allow dynamodb:DescribeTable and the calls of docs/operations.md";
  } else if (!answered) {
    error.detail = where(place) + " cannot be reached, see to AWS_REGION, the endpoint, the way there and the " +
                   "credentials: " + error.detail;
  } else {
    std::string sentence = where(place) + " refuses to describe table " + place.table + ": ";
    if (!advice.empty()) sentence.append(advice).append("; ");
    error.detail = sentence + error.detail;
  }
  return error;
}

Error explain_missing_table(const TablePlace& place) {
  return {.code = ErrorCode::kUnavailable,
          .retry = Retry::kNever,
          .detail = "dynamodb: table " + place.table + " is not in region " + place.region + " at " + place.endpoint +
                    ": check AWS_REGION and DYNAMODB_TABLE, or run `lazaret init`",
          .faults = {}};
}

}  // namespace lazaret::dynamo
