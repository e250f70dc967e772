// Query strings: whatever arrives, a Query that is accepted can say its own next page.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "document/query_parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret;
  static const Categories kKnown = *Categories::make({"lab_results", "patient_records"});
  static const Secret kKey{"0123456789abcdef0123456789abcdef"};
  const auto parameters = parse_query_string({reinterpret_cast<const char*>(data), size});
  if (!parameters) return 0;
  auto query = parse_query(*parameters, kKnown, kKey);
  if (!query) return 0;
  Position position;
  if (query->sort_by == SortBy::kUploadDate) position.key = Timestamp{};
  if (query->sort_by == SortBy::kFilename) position.key = std::string("a");
  if (query->sort_by == SortBy::kSize) position.key = std::uint64_t{1};
  const auto again = parse_query_string(next_page_query(*query, make_cursor(*query, position, kKey)));
  if (!again) std::abort();
  const auto next = parse_query(*again, kKnown, kKey);
  if (!next || next->filter != query->filter || next->after != position) std::abort();
  return 0;
}
