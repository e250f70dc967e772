// What S3's refusals mean to those behind the port: an error code of ours, and a sentence that tells an operator what
// to mend. Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/client.h"
#include "base/error.h"

namespace lazaret {

// Where the calls go, as the sentences name it.
struct S3Place {
  std::string bucket;
  std::string endpoint;  // "https://s3.eu-central-1.amazonaws.com"
  std::string region;
};

// kNotFound only for an object that is not there. A bucket that is missing, rights, credentials and clocks are the
// operator's to mend: kUnavailable, whatever status S3 chose. `what` says what was tried: "put a/key".
Error explain_s3(const aws::Failure& failure, const S3Place& place, std::string_view what);

}  // namespace lazaret
