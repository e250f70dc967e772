// Signing: whatever path, parameters and headers come, a reader with code of its own finds the signature right, for S3
// and for the services that normalise paths, in headers and in URLs.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "tests/support/http_imposter.h"
#include "tests/support/signature_check.h"

namespace {

using namespace lazaret;
using namespace lazaret::aws;
using testing_support::ImposterRequest;
using testing_support::signature_fault;

const Credentials kCredentials{
    .access_key_id = "AKID", .secret_access_key = Secret{"a secret"}, .session_token = Secret{"token/+="}};

void require(bool holds) {
  if (!holds) std::abort();
}

// A piece of the input up to a NUL, taken off it.
std::string take(std::string_view& text) {
  const auto end = text.find('\0');
  std::string piece(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

ImposterRequest as_received(const SignedForm& form) {
  ImposterRequest request{.method = "GET", .target = form.path + "?" + form.query};
  for (const Header& header : form.headers)
    request.headers.emplace_back(header.name, header.value);
  return request;
}

void check(const Signable& request, std::string service, PathRule rule) {
  const SigningScope scope{"eu-west-1", service, rule, *parse_rfc3339("2026-11-24T17:33:00Z")};
  SigningKeys keys;
  const SignedForm form = sign_with_headers(request, scope, kCredentials, keys);
  require(signature_fault(as_received(form), {"AKID", "a secret", "token/+=", "eu-west-1", service}).empty());
  require(form.path.find_first_of(" ?#\r\n") == std::string::npos);
  require(form.query.find_first_of(" #\r\n") == std::string::npos);
  for (const Header& header : form.headers)
    require(header.value.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string hash = sha256("").to_string();
  Signable request{.endpoint = {.scheme = "https", .host = "h"},
                   .path = "/" + take(text),
                   .headers = {{"x-amz-content-sha256", hash}},
                   .payload_hash = hash};
  request.headers.push_back({"x-amz-meta-a", take(text)});
  request.headers.push_back({"x-amz-meta-a-b", take(text)});
  while (!text.empty() && request.query.size() < 20) {
    std::string name = take(text);
    // A pair without a name is nothing that a URL can carry, and the names of a presigned URL are the signer's own.
    if (!name.empty() && !name.starts_with("X-Amz-")) request.query.push_back({std::move(name), take(text)});
  }
  check(request, "s3", PathRule::kKeepAsGiven);
  check(request, "dynamodb", PathRule::kNormalise);

  request.payload_hash = kUnsignedPayload;
  request.headers.clear();
  SigningKeys keys;
  const SigningScope scope{"eu-west-1", "s3", PathRule::kKeepAsGiven, *parse_rfc3339("2026-11-24T17:33:00Z")};
  const SignedForm url = sign_with_query(request, scope, kCredentials, std::chrono::seconds{60}, keys);
  require(signature_fault(as_received(url), {"AKID", "a secret", "token/+=", "eu-west-1", "s3"}).empty());
  return 0;
}
