#include "inspect/copy_wire.h"

#include <utility>

#include "inspect/wire_codec.h"

namespace lazaret::inspect {
namespace {

constexpr std::uint32_t kPieceMark = 0x31435A4C;   // "LZC1"
constexpr std::uint32_t kEndingMark = 0x31465A4C;  // "LZF1"
constexpr std::size_t kMarkBytes = 4;
constexpr auto kLastEnd = static_cast<std::uint8_t>(std::to_underlying(CopyEnd::kCount) - 1);

}  // namespace

std::string encode_piece(std::string_view bytes) {
  Encoder encoder;
  encoder.number(kPieceMark);
  return std::move(encoder).take().append(bytes);
}

std::string encode(const CopyEnding& ending) {
  Encoder encoder;
  encoder.number(kEndingMark);
  encoder.number(std::to_underlying(ending.end));
  encoder.number(ending.size);
  return std::move(encoder).take();
}

Result<CopyMessage> decode_copy_message(std::string_view message) {
  Decoder decoder(message);
  const auto mark = decoder.number<std::uint32_t>();
  if (decoder.sound() && mark == kPieceMark) {
    const std::string_view bytes = message.substr(kMarkBytes);
    if (bytes.empty() || bytes.size() > kMaxPieceBytes) return fail(ErrorCode::kCorrupt, "a piece of a bad size");
    return CopyPiece{bytes};
  }
  CopyEnding ending;
  ending.end = static_cast<CopyEnd>(decoder.number_within<std::uint8_t>(0, kLastEnd));
  ending.size = decoder.number<std::uint64_t>();
  if (mark != kEndingMark || !decoder.finished()) return fail(ErrorCode::kCorrupt, "malformed message of a copy");
  return ending;
}

}  // namespace lazaret::inspect
