// What services and endpoints of credentials answer: bodies and headers from outside are read without falling over, and
// what is taken from them is what it claims to be.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/attempt.h"
#include "aws/credentials/exchange.h"
#include "aws/error_answer.h"
#include "aws/retry.h"
#include "aws/xml.h"

namespace {

using namespace lazaret;
using namespace lazaret::aws;

void require(bool holds) {
  if (!holds) std::abort();
}

int depth_of(const XmlNode& node) {
  int deepest = 0;
  for (const XmlNode& child : node.children)
    deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const XmlLimits limits{.bytes = 100'000, .elements = 100, .depth = 5};
  if (const auto root = parse_xml(text, limits)) require(depth_of(*root) <= limits.depth);

  const HttpResponse response{
      .status = 400,
      .headers = {{"x-amzn-errortype", text}, {"x-amz-bucket-region", text}, {"retry-after", text}, {"date", text}},
      .body = text};
  const ErrorAnswer answer = read_error(response);
  require(answer.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
  require(answer.message.find_first_of("\r\n") == std::string::npos);
  require(answer.code.find_first_of(" \r\n<>\"") == std::string::npos);
  static_cast<void>(is_error_document(response));
  if (const auto hint = retry_hint(response)) require(hint->count() >= 0);
  static_cast<void>(setback_of(Operation{.name = "Fuzz"}, response));
  if (const auto credentials = read_credentials_json(text, "fuzz")) {
    require(!credentials->access_key_id.empty() && is_header_value(credentials->access_key_id));
    require(is_header_value(credentials->session_token.reveal()));
  }
  static_cast<void>(parse_endpoint(text));
  return 0;
}
