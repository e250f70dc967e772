// Spool: where an upload's bytes wait, unnamed, hashed and counted while they arrive, until a verdict.
//
// A SpoolFile has one writer; once sealed nobody can write it any more. Files are O_TMPFILE, so a crash leaves nothing;
// where the file system refuses that, a temporary name is used and removed by the destructor (and at start, by
// Spool::open). Early write-back is started on the way so that the final fsync is short, unless the bytes are on their
// way to another machine and no disk here need see them. A long file can be hashed on another thread beside each write,
// which takes about as long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/digest.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "base/worker_pool.h"

namespace lazaret {

// The whole of an upload: complete, immutable, its size and checksum known. Movable; the destructor gives the bytes
// up unless a store has linked them.
class SealedBlob {
 public:
  SealedBlob(UniqueFd fd, std::filesystem::path temporary_name, std::uint64_t size, Digest checksum);
  SealedBlob(SealedBlob&&) noexcept;
  SealedBlob& operator=(SealedBlob&&) noexcept;
  ~SealedBlob();
  int fd() const { return fd_.get(); }
  std::uint64_t size() const { return size_; }
  const Digest& checksum() const { return checksum_; }
  // Empty when the file has no name (O_TMPFILE).
  const std::filesystem::path& temporary_name() const { return temporary_name_; }
  // fsync, once: a second call gives the first one's answer, a failure too, because the kernel reports a lost page only
  // once and a later fsync would say that all is well. Thread-safe.
  Result<void> make_durable() const;

 private:
  struct Durability;
  void give_up() noexcept;

  UniqueFd fd_;
  std::filesystem::path temporary_name_;
  std::uint64_t size_ = 0;
  Digest checksum_;
  std::unique_ptr<Durability> durability_;
};

enum class WriteBack : std::uint8_t { kEarly, kNever };

class SpoolFile {
 public:
  struct Options {
    std::uint64_t size_cap = 0;
    WorkerPool* hashing = nullptr;  // where a long file is hashed; outlives it. Null: by whoever appends
    WriteBack write_back = WriteBack::kEarly;
  };
  SpoolFile(UniqueFd fd, std::filesystem::path temporary_name, const Options& options);
  SpoolFile(SpoolFile&&) noexcept;
  SpoolFile& operator=(SpoolFile&&) = delete;
  ~SpoolFile();
  // kTooLarge beyond the cap (nothing of this call is written then); kUnavailable when the disk is full. After a failed
  // write the file is spoilt: it takes no more and cannot be sealed.
  Result<void> append(std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }
  // Spends the file, whether it succeeds or not. A file without a byte is legal here.
  Result<SealedBlob> seal() &&;

 private:
  Result<void> write_and_hash(std::span<const std::byte> bytes);
  void start_write_back();

  UniqueFd fd_;
  std::filesystem::path temporary_name_;
  Options options_;
  std::uint64_t size_ = 0;
  std::uint64_t written_back_ = 0;
  bool spoilt_ = false;
  Sha256 hash_;
};

// Thread-safe.
class Spool {
 public:
  enum class Names : std::uint8_t {
    kNoneWherePossible,  // O_TMPFILE, and a temporary name where the file system refuses that
    kTemporary,
  };
  // Makes the folder (0700) and removes temporary names that a crash left: only with the lock on DATA_DIR held.
  static Result<Spool> open(std::filesystem::path folder, std::uint64_t size_cap,
                            Names names = Names::kNoneWherePossible);
  // Before the first create(): where long files are hashed. `pool` outlives them.
  void hash_on(WorkerPool& pool) { files_.hashing = &pool; }
  // Before the first create(): no file of this spool is made durable here.
  void never_write_back() { files_.write_back = WriteBack::kNever; }
  Result<SpoolFile> create() const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  Spool(std::filesystem::path folder, std::uint64_t size_cap, Names names)
      : folder_(std::move(folder)), names_(names), files_{.size_cap = size_cap} {}
  std::filesystem::path folder_;
  Names names_ = Names::kNoneWherePossible;
  SpoolFile::Options files_;
};

}  // namespace lazaret
