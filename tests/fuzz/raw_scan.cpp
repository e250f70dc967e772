// The raw pass over a PDF: tokens, dictionaries, object and xref streams, and the list of objects.
#include "sandbox/pdf/raw_scan.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/finding_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret::sandbox;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t header = bytes.substr(0, 1024).find("%PDF-");
  if (header == std::string_view::npos) return 0;
  const FileReader file(bytes);
  static Inflater inflater;
  FindingList findings;
  const RawScan scan = scan_raw({file, inflater, findings}, bytes.substr(0, 4096), header, 1 << 24);
  std::uint64_t last = 0;
  for (const SeenObject& object : scan.census.objects) {
    if (object.offset < last || object.offset >= size + 1) std::abort();
    last = object.offset;
  }
  return 0;
}
