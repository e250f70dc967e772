// Forms: however the bytes are cut, the parser sees the same; its limits hold whatever arrives.
#include "http/multipart.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

using namespace lazaret::http;

constexpr MultipartLimits kLimits{.parts = 4, .part_head_bytes = 256, .field_bytes = 64, .preamble_bytes = 32};

struct Recorder final : MultipartHandler {
  Flow part_begin(PartHead head) override {
    if (++parts > kLimits.parts || inside) std::abort();
    inside = true;
    field = !head.filename;
    size = 0;
    log += "[" + head.name + (head.filename ? "|" + head.filename->text() : "") + "|" + head.content_type + ":";
    return Flow::kContinue;
  }
  Flow part_data(std::span<const std::byte> bytes) override {
    size += bytes.size();
    if (!inside || bytes.empty() || (field && size > kLimits.field_bytes)) std::abort();
    log.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Flow::kContinue;
  }
  Flow part_end() override {
    if (!inside) std::abort();
    inside = false;
    log += "]";
    return Flow::kContinue;
  }
  std::string log;
  std::size_t parts = 0;
  std::size_t size = 0;
  bool inside = false;
  bool field = false;
};

struct Outcome {
  std::string log;
  std::optional<MultipartFault> fault;
};

Outcome parse(std::span<const std::byte> bytes, std::size_t piece) {
  Recorder recorder;
  MultipartParser parser("b", kLimits, recorder);
  MultipartResult result;
  while (result && !bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    result = parser.feed(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  if (result) result = parser.finish();
  return {recorder.log, result ? std::nullopt : std::optional(result.error())};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  static_cast<void>(multipart_boundary({reinterpret_cast<const char*>(data), size}));
  const Outcome whole = parse(bytes, size + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Outcome cut = parse(bytes, piece);
    if (cut.fault != whole.fault) std::abort();
    // What was handed on of a field before it grew too large depends on the cut; of everything else it does not.
    if (!whole.fault && cut.log != whole.log) std::abort();
  }
  return 0;
}
