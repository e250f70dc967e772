// What a worker that makes a clean copy sends over its channel, one message a datagram: pieces of the copy in their
// order, then one end, which says how many bytes there were. Pure; decoding treats its bytes as hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "inspect/copy_end.h"

namespace lazaret::inspect {

inline constexpr std::size_t kMaxPieceBytes = std::size_t{32} * 1024;
inline constexpr std::size_t kMaxCopyMessageBytes = kMaxPieceBytes + 4;

struct CopyPiece {
  std::string_view bytes;  // into the message
};
struct CopyEnding {
  CopyEnd end = CopyEnd::kUnreadable;
  std::uint64_t size = 0;  // of all pieces
};
using CopyMessage = std::variant<CopyPiece, CopyEnding>;

// Precondition: at most kMaxPieceBytes, and not empty.
std::string encode_piece(std::string_view bytes);
std::string encode(const CopyEnding& ending);
Result<CopyMessage> decode_copy_message(std::string_view message);

}  // namespace lazaret::inspect
