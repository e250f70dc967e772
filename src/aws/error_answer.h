// ErrorAnswer: what a refusal says about itself, whether it speaks XML (S3, STS), JSON (DynamoDB), HTML (a proxy) or
// nothing at all. Pure; the answer is text from outside.
#pragma once

#include <string>

#include "aws/http.h"

namespace lazaret::aws {

struct ErrorAnswer {
  std::string code;     // "NoSuchKey"; empty where none is said
  std::string message;  // for operators; may quote what was sent
  std::string region;   // the bucket's own, where the answer names it; checked to look like one
  std::string request_id;
};

ErrorAnswer read_error(const HttpResponse& response);

// The root element of the body is an Error: S3 says so even under status 200.
bool is_error_document(const HttpResponse& response);

}  // namespace lazaret::aws
