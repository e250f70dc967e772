// What the sources of credentials share: a request that is asked a few times, and the JSON in which most answer. Inside
// this folder only. No text of an answer reaches an error: it may be a secret.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "aws/credentials/credentials.h"
#include "aws/credentials/source.h"
#include "aws/http.h"
#include "base/call.h"
#include "base/error.h"

namespace lazaret::aws {

inline constexpr std::size_t kMaxCredentialsBytes = std::size_t{64} * 1024;

struct Asking {
  std::string what;  // "the container endpoint": for errors
  int attempts = 3;
  std::chrono::milliseconds timeout{2000};  // of each
};

// The answer, whatever its status, once it is neither a transport's fault nor a server's (5xx, 429).
Result<HttpResponse> ask(const Call& call, const SourceParts& parts, const Asking& asking, const HttpRequest& request);

// {"AccessKeyId", "SecretAccessKey", "Token" or "SessionToken", "Expiration"}. `source` is put into the result.
Result<Credentials> read_credentials_json(std::string_view text, std::string_view source);

// One line, without control characters.
bool is_header_value(std::string_view text);

}  // namespace lazaret::aws
