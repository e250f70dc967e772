#include "app/examine.h"

#include <utility>
#include <variant>
#include <vector>

#include <unistd.h>

#include "document/validation.h"

namespace lazaret {
namespace {

constexpr std::size_t kPiece = std::size_t{256} * 1024;

Result<void> copy(const Call& call, ByteStream& from, SpoolFile& to) {
  std::vector<std::byte> piece(kPiece);
  for (;;) {
    const auto got = from.read(call, piece);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return {};
    if (auto kept = to.append(std::span(piece).first(*got)); !kept) return kept;
  }
}

Result<void> copy(const FileRange& from, SpoolFile& to) {
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0; at < from.length;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), from.length - at);
    const ssize_t got = ::pread(from.fd.get(), piece.data(), wanted, static_cast<off_t>(from.offset + at));
    if (got <= 0) return fail(ErrorCode::kCorrupt, "the object is shorter than it says");
    const auto count = static_cast<std::size_t>(got);
    if (auto kept = to.append(std::span(piece).first(count)); !kept) return kept;
    at += count;
  }
  return {};
}

Result<SealedBlob> fetch(const Call& call, ObjectStore& objects, const Spool& spool, const ObjectKey& key,
                         std::uint64_t size) {
  auto file = spool.create();
  if (!file) return std::unexpected(std::move(file.error()));
  if (size > 0) {
    auto body = objects.open(call, key, {0, size});
    if (!body) return std::unexpected(std::move(body.error()));
    auto* const stream = std::get_if<std::unique_ptr<ByteStream>>(&*body);
    auto copied = stream != nullptr ? copy(call, **stream, *file) : copy(std::get<FileRange>(*body), *file);
    if (!copied) return std::unexpected(std::move(copied.error()));
  }
  return std::move(*file).seal();
}

}  // namespace

Result<Examined> examine_object(const Call& call, ObjectStore& objects, Inspector& inspector, const Spool& spool,
                                const Document& document) {
  const auto stat = objects.stat(call, document.s3_key);
  if (!stat) return std::unexpected(stat.error());
  auto blob = fetch(call, objects, spool, document.s3_key, stat->size);
  if (!blob) return std::unexpected(std::move(blob.error()));
  auto inspection = inspector.inspect(call, *blob, {extension_of(document.filename.text()), {}});
  if (!inspection) return std::unexpected(std::move(inspection.error()));
  return Examined{blob->size(), blob->checksum(), std::move(*inspection)};
}

}  // namespace lazaret
