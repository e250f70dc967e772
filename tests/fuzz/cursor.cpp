// Cursors: hostile text is refused; what is accepted encodes to itself.
#include "document/cursor.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "document/query_parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret;
  static const Secret kKey{"0123456789abcdef0123456789abcdef"};
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  Query query;
  const auto position = read_cursor(query, text, kKey);
  if (position && make_cursor(query, *position, kKey) != text) std::abort();
  return 0;
}
