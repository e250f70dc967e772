// Every message between server and inspector, decoded from arbitrary bytes: what is accepted is bounded and is
// written back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/copy_wire.h"
#include "inspect/policy.h"
#include "inspect/protocol.h"
#include "inspect/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret::inspect;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  if (const auto report = decode_report(message)) {
    if (encode_report(*report) != message) std::abort();
    const auto verdict = make_verdict(*report, "engine", Policy(), {});
    if (verdict.findings.size() > lazaret::kMaxFindings) std::abort();
    if (make_extracted(*report).text().size() > lazaret::kMaxExtractedBytes) std::abort();
  }
  if (const auto task = decode_task(message)) {
    if (encode_task(*task) != message) std::abort();
  }
  if (const auto piece = decode_copy_message(message)) {
    const auto* const ending = std::get_if<CopyEnding>(&*piece);
    if ((ending != nullptr ? encode(*ending) : encode_piece(std::get<CopyPiece>(*piece).bytes)) != message)
      std::abort();
  }
  if (const auto hello = decode_hello(message); hello && encode(*hello) != message) std::abort();
  if (const auto event = decode_event(message); event && encode(*event) != message) std::abort();
  if (const auto order = decode_kill(message); order && encode(*order) != message) std::abort();
  return 0;
}
