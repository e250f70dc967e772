// FileStore: documents' bytes as files, objects/<xx>/<yyyymmdd>-<id>-<attempt> under DATA_DIR; the home of the bytes on
// one machine.
//
// Thread-safe; it holds one descriptor and no state. A file appears under its final name whole and durable or not at
// all: it is linked there from the spool, on the same file system, never copied. An upload costs two fsyncs: its file
// (in prepare or put, once) and its folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "intake/object_store.h"
#include "objects/files/file_system.h"
#include "objects/files/object_file_name.h"

namespace lazaret {

struct FileStoreOptions {
  std::filesystem::path root;  // DATA_DIR; its lock (data_dir_lock.h) is held by the caller
};

class FileStore final : public ObjectStore {
 public:
  // Makes the folders, 0700, and syncs them. `files` is given by tests.
  static Result<std::unique_ptr<FileStore>> open(const FileStoreOptions& options,
                                                 std::unique_ptr<FileSystem> files = make_file_system());

  Result<void> prepare(const Call& call, const SealedBlob& blob) override;
  // A blob that lies on another file system than the store is kInternal.
  Result<void> put(const Call& call, const ObjectKey& key, const SealedBlob& blob) override;
  // A file that is shorter than the range asks is kCorrupt: the range was taken from what was stored.
  Result<ObjectBody> open(const Call& call, const ObjectKey& key, ByteRange range) override;
  Result<ObjectStat> stat(const Call& call, const ObjectKey& key) override;
  Result<void> remove(const Call& call, const ObjectKey& key) override;
  // Always nullopt.
  Result<std::optional<std::string>> presign(const Call& call, const ObjectKey& key,
                                             const PresignRequest& request) override;
  // Reads the names of all objects whatever `prefix` says, and keeps `limit` of them: for repair, not for requests.
  Result<std::vector<ObjectKey>> list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                      std::size_t limit) override;
  // kUnavailable when the disk is full or read-only.
  Result<void> probe(const Call& call) override;

 private:
  FileStore(std::unique_ptr<FileSystem> files, UniqueFd objects)
      : files_(std::move(files)), objects_(std::move(objects)) {}

  Result<UniqueFd> open_folder(const std::string& name) const;
  Result<UniqueFd> open_object(const ObjectKey& key) const;
  int link(const SealedBlob& blob, int folder, const std::string& name) const;

  std::unique_ptr<FileSystem> files_;
  UniqueFd objects_;
};

}  // namespace lazaret
