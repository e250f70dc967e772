#include "inspect/copy_receiver.h"

#include <span>
#include <utility>
#include <variant>

namespace lazaret::inspect {

Result<CopyReceiver::Step> CopyReceiver::take(std::string_view message) {
  const auto decoded = decode_copy_message(message);
  if (!decoded) return Step::kMalformed;
  if (const auto* piece = std::get_if<CopyPiece>(&*decoded)) {
    auto kept = file_.append(std::as_bytes(std::span(piece->bytes)));
    if (kept) return Step::kMore;
    if (kept.error().code == ErrorCode::kTooLarge) return Step::kTooLarge;
    return std::unexpected(std::move(kept.error()));
  }
  const auto& ending = std::get<CopyEnding>(*decoded);
  const bool is_whole = ending.end == CopyEnd::kWhole;
  if (is_whole && (ending.size != file_.size() || ending.size == 0)) return Step::kMalformed;
  end_ = ending.end;
  return Step::kEnded;
}

Result<CleanCopy> CopyReceiver::finish() && {
  if (end_ != CopyEnd::kWhole) return CleanCopy{end_, std::nullopt};
  auto blob = std::move(file_).seal();
  if (!blob) return std::unexpected(std::move(blob.error()));
  return CleanCopy{end_, std::move(*blob)};
}

}  // namespace lazaret::inspect
