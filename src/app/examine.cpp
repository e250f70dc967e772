#include "app/examine.h"

#include <span>
#include <utility>

#include "app/copy_object.h"
#include "document/validation.h"

namespace lazaret {
namespace {

Result<SealedBlob> fetch(const Call& call, ObjectStore& objects, const Spool& spool, const ObjectKey& key,
                         std::uint64_t size) {
  auto file = spool.create();
  if (!file) return std::unexpected(std::move(file.error()));
  if (size > 0) {
    auto body = objects.open(call, key, {0, size});
    if (!body) return std::unexpected(std::move(body.error()));
    auto copied = copy_object(call, *body, [&file](std::span<const std::byte> bytes) { return file->append(bytes); });
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
