// An independent reader of Signature Version 4, as a server would check it: from the bytes that came over the wire,
// with code of its own, sharing nothing with src/aws/sigv4.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/http_imposter.h"

namespace lazaret::testing_support {

struct ExpectedSigner {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: none may be sent
  std::string region;
  std::string service;  // "s3" keeps the path as it came; all others normalise it and encode it again
};

// Empty where the signature, in headers or in the query, is right for `signer`; else a sentence that says what is
// wrong. Also checked: that x-amz-content-sha256 is the body's, and that every x-amz-* header is signed.
std::string signature_fault(const ImposterRequest& request, const ExpectedSigner& signer);

}  // namespace lazaret::testing_support
