// Values of hostile request heads: paths, queries of links, conditions, ranges, credentials, forwarded addresses. One
// input is lines; each line goes to every parser. What they agree to must hold.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/api/address.h"
#include "http/api/auth.h"
#include "http/api/conditional.h"
#include "http/api/document_handlers.h"
#include "http/api/key_file.h"
#include "http/api/media_type.h"
#include "http/api/problem.h"
#include "http/api/router.h"
#include "http/api/signed_url.h"

namespace {

using namespace lazaret;
using namespace lazaret::http;

void hold(bool truth) {
  if (!truth) std::abort();
}

void try_paths(const std::string& text) {
  const auto resource = find_resource(text);
  if (!resource) return;
  hold(!text.ends_with('/') || text == "/");
  hold(!text.contains("//"));
  hold(!allowed_methods(*resource).empty());
}

void try_conditions(const Headers& headers, const std::string& text) {
  constexpr std::uint64_t kSize = 1000;
  const RangeRequest range = parse_range(text, kSize);
  if (const auto* part = std::get_if<ByteRange>(&range)) {
    hold(part->length > 0 && part->offset < kSize && part->length <= kSize - part->offset);
  }
  const TagHeader tags = parse_tag_header(headers, "If-Match");
  hold(tags.present);
  if (tags.tags && matches_strongly(*tags.tags, "1")) hold(matches_weakly(*tags.tags, "1"));
  static_cast<void>(if_range_holds(&text, "1"));
}

void try_links(const std::string& text) {
  const LinkSigner signer(Secret("not-a-real-key-not-a-real-key-00"));
  const DocumentId id = *DocumentId::parse("01890a5d-ac96-774b-bcce-b302099a8057");
  hold(!signer.open(id, text, Timestamp{}));
}

void try_callers(const Headers& headers, const std::string& text) {
  static_cast<void>(bearer_token(headers));
  static_cast<void>(is_local_host(text));
  static_cast<void>(parse_purge(text));
  static_cast<void>(essence_of(text));
  if (const auto network = Network::parse(text)) {
    static_cast<void>(network->contains(*IpAddress::parse("192.0.2.1")));
  }
  const std::string client = client_address("10.0.0.1", headers, {*Network::parse("10.0.0.0/8")});
  hold(IpAddress::parse(client).has_value());
  const Response problem = make_problem({text, text}, {.errors = {{text, text, text}}});
  hold(!std::get<std::string>(problem.body).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto keys = parse_key_file(input)) hold(*parse_key_file(format_key_file(*keys)) == *keys);
  std::size_t at = 0;
  for (int lines = 0; lines < 64 && at < input.size(); ++lines) {
    const std::size_t end = std::min(input.find('\n', at), input.size());
    const std::string text(input.substr(at, end - at));
    at = end + 1;
    Headers headers;
    for (const char* name : {"If-Match", "Authorization", "X-Forwarded-For"})
      headers.add(name, text);
    try_paths(text);
    try_conditions(headers, text);
    try_links(text);
    try_callers(headers, text);
  }
  return 0;
}
