#include "app/copy_object.h"

#include <algorithm>
#include <variant>
#include <vector>

#include <unistd.h>

namespace lazaret {
namespace {

using Take = std::function<Result<void>(std::span<const std::byte>)>;

constexpr std::size_t kPiece = std::size_t{256} * 1024;

Result<void> copy(const Call& call, ByteStream& from, const Take& take) {
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const auto got = from.read(call, piece);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return {};
    if (auto taken = take(std::span(piece).first(*got)); !taken) return taken;
  }
}

Result<void> copy(const FileRange& from, const Take& take) {
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0; at < from.length;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), from.length - at);
    const ssize_t got = ::pread(from.fd.get(), piece.data(), wanted, static_cast<off_t>(from.offset + at));
    if (got <= 0) return fail(ErrorCode::kCorrupt, "the object is shorter than it says");
    const auto count = static_cast<std::size_t>(got);
    if (auto taken = take(std::span(piece).first(count)); !taken) return taken;
    at += count;
  }
  return {};
}

}  // namespace

Result<void> copy_object(const Call& call, ObjectBody& from, const Take& take) {
  auto* const stream = std::get_if<std::unique_ptr<ByteStream>>(&from);
  return stream != nullptr ? copy(call, **stream, take) : copy(std::get<FileRange>(from), take);
}

}  // namespace lazaret
