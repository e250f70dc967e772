// ObjectStore: the port through which documents' bytes are kept. Contract: tests/contract/object_store_contract.h.
//
// Implementations are thread-safe. Keys are never reused, so nothing is ever overwritten.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "document/document.h"
#include "intake/spool.h"

namespace lazaret {

// `length` bytes from `offset`, both within the object.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

struct ObjectStat {
  std::uint64_t size = 0;
};

// Bytes that lie in a local file: the edge sends them without copying.
struct FileRange {
  UniqueFd fd;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Bytes that are pulled. One reader.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;
  // Fills the start of `buffer`; 0 at the end. A body shorter than promised is kCorrupt, never a quiet end.
  virtual Result<std::size_t> read(const Call& call, std::span<std::byte> buffer) = 0;
};

using ObjectBody = std::variant<FileRange, std::unique_ptr<ByteStream>>;

struct PresignRequest {
  std::chrono::seconds lifetime{60};
  std::string content_type;
  std::string content_disposition;
};

class ObjectStore {
 public:
  ObjectStore() = default;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;
  virtual ~ObjectStore() = default;

  // May run beside MetadataStore::reserve, before put: whatever makes put short (the file store's fsync). Optional to
  // call, idempotent, leaves nothing that needs removing.
  virtual Result<void> prepare(const Call& call, const SealedBlob& blob) = 0;

  // When it returns the bytes are durable under `key`, whole. Failure leaves no partial object under the key, but with
  // Retry::kAmbiguous a whole one may be there. kAlreadyExists when the key is taken.
  virtual Result<void> put(const Call& call, const ObjectKey& key, const SealedBlob& blob) = 0;

  // kNotFound when there is no such object; kInvalidArgument-like faults cannot happen: a range outside is kInternal.
  virtual Result<ObjectBody> open(const Call& call, const ObjectKey& key, ByteRange range) = 0;
  virtual Result<ObjectStat> stat(const Call& call, const ObjectKey& key) = 0;

  // Durable when it returns; an object that is not there is success. kConflict when a lock protects it.
  virtual Result<void> remove(const Call& call, const ObjectKey& key) = 0;

  // A URL that fetches the object without further credentials, or nullopt where the store has no such thing.
  virtual Result<std::optional<std::string>> presign(const Call& call, const ObjectKey& key,
                                                     const PresignRequest& request) = 0;

  // Up to `limit` keys in ascending order beginning after `after`, whose text starts with `prefix`.
  virtual Result<std::vector<ObjectKey>> list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                              std::size_t limit) = 0;

  // Whether the store can be used now; for readiness.
  virtual Result<void> probe(const Call& call) = 0;
};

}  // namespace lazaret
