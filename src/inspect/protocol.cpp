#include "inspect/protocol.h"

#include <algorithm>

#include "inspect/wire_codec.h"

namespace lazaret::inspect {
namespace {

// The number of this protocol is in the marks: a zygote of another build is refused at its hello.
constexpr std::uint32_t kHelloMark = 0x31485A4C;  // "LZH1"
constexpr std::uint32_t kEventMark = 0x31455A4C;  // "LZE1"
constexpr std::uint32_t kKillMark = 0x314B5A4C;   // "LZK1"
constexpr std::size_t kMaxTextBytes = 255;

std::string printable(std::string_view text) {
  std::string kept(text.substr(0, kMaxTextBytes));
  std::ranges::replace_if(kept, [](char c) { return c < ' ' || c > '~'; }, '?');
  return kept;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::string encode(const Hello& hello) {
  Encoder encoder;
  encoder.number(kHelloMark);
  encoder.number(hello.layers);
  encoder.text(printable(hello.versions));
  encoder.text(printable(hello.fault));
  return std::move(encoder).take();
}

Result<Hello> decode_hello(std::string_view message) {
  Decoder decoder(message);
  const bool ours = decoder.number<std::uint32_t>() == kHelloMark;
  Hello hello;
  hello.layers = decoder.number<std::uint8_t>();
  hello.versions = decoder.text(kMaxTextBytes);
  hello.fault = decoder.text(kMaxTextBytes);
  if (!ours || !decoder.finished() || !is_printable(hello.versions) || !is_printable(hello.fault)) {
    return fail(ErrorCode::kCorrupt, "no hello of this build's inspector");
  }
  return hello;
}

std::string encode(const Event& event) {
  Encoder encoder;
  encoder.number(kEventMark);
  encoder.number(event.came);
  encoder.number(event.ended);
  encoder.number(event.status);
  return std::move(encoder).take();
}

Result<Event> decode_event(std::string_view message) {
  Decoder decoder(message);
  const bool ours = decoder.number<std::uint32_t>() == kEventMark;
  Event event;
  event.came = decoder.number<std::uint64_t>();
  event.ended = decoder.number<std::uint64_t>();
  event.status = decoder.number<std::int32_t>();
  if (!ours || !decoder.finished()) return fail(ErrorCode::kCorrupt, "malformed event of the inspector");
  return event;
}

std::string encode(const Kill& kill) {
  Encoder encoder;
  encoder.number(kKillMark);
  encoder.number(kill.serial);
  return std::move(encoder).take();
}

Result<Kill> decode_kill(std::string_view message) {
  Decoder decoder(message);
  const bool ours = decoder.number<std::uint32_t>() == kKillMark;
  Kill kill;
  kill.serial = decoder.number<std::uint64_t>();
  if (!ours || !decoder.finished()) return fail(ErrorCode::kCorrupt, "malformed order to the inspector");
  return kill;
}

}  // namespace lazaret::inspect
