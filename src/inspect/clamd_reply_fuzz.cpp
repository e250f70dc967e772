// A clamd that says anything: what is understood is bounded and safe to show, and clean is one answer alone.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/clamd_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret::inspect;
  const std::string_view reply(reinterpret_cast<const char*>(data), size);
  if (const auto answer = parse_clamd_scan(reply)) {
    if (!*answer && reply.find("stream: OK") != 0) std::abort();
    if (*answer && ((*answer)->signature.empty() || (*answer)->signature.size() > kLongestSignature)) std::abort();
    if (*answer && reply.find(" FOUND") == std::string_view::npos) std::abort();
  }
  if (const auto version = parse_clamd_version(reply)) {
    if (version->database.empty() == version->dated.has_value()) std::abort();
    if (to_string(*version).size() > 80) std::abort();
  }
  for (const char c : printable_reply(reply)) {
    if (c < 0x20 || c > 0x7e) std::abort();
  }
  return 0;
}
