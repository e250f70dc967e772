// Spool: where an upload's bytes wait, unnamed, hashed and counted while they arrive, until a verdict.
//
// A SpoolFile has one writer; once sealed nobody can write it any more. Files are O_TMPFILE, so a crash leaves nothing;
// where the file system refuses that, a temporary name is used and removed by the destructor (and at start, by
// Spool::open). Early write-back is started on the way so that the final fsync is short.
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

namespace lazaret {

// The whole of an upload: complete, immutable, its size and checksum known. Movable; the destructor gives the bytes
// up unless a store has linked them.
class SealedBlob {
 public:
  SealedBlob(UniqueFd fd, std::filesystem::path temporary_name, std::uint64_t size, Digest checksum);
  SealedBlob(SealedBlob&&) noexcept = default;
  SealedBlob& operator=(SealedBlob&&) noexcept;
  ~SealedBlob();
  int fd() const { return fd_.get(); }
  std::uint64_t size() const { return size_; }
  const Digest& checksum() const { return checksum_; }
  // Empty when the file has no name (O_TMPFILE).
  const std::filesystem::path& temporary_name() const { return temporary_name_; }
  // fsync. Idempotent, thread-safe against reads.
  Result<void> make_durable() const;

 private:
  UniqueFd fd_;
  std::filesystem::path temporary_name_;
  std::uint64_t size_ = 0;
  Digest checksum_;
};

class SpoolFile {
 public:
  SpoolFile(UniqueFd fd, std::filesystem::path temporary_name, std::uint64_t size_cap);
  SpoolFile(SpoolFile&&) noexcept = default;
  SpoolFile& operator=(SpoolFile&&) = delete;
  ~SpoolFile();
  // kTooLarge beyond the cap (nothing of this call is written then); kUnavailable when the disk is full.
  Result<void> append(std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }
  Result<SealedBlob> seal() &&;

 private:
  UniqueFd fd_;
  std::filesystem::path temporary_name_;
  std::uint64_t size_cap_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t written_back_ = 0;
  Sha256 hash_;
};

// Thread-safe.
class Spool {
 public:
  // Makes the folder (0700) and removes temporary names that a crash left.
  static Result<Spool> open(std::filesystem::path folder, std::uint64_t size_cap);
  Result<SpoolFile> create() const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  Spool(std::filesystem::path folder, std::uint64_t size_cap) : folder_(std::move(folder)), size_cap_(size_cap) {}
  std::filesystem::path folder_;
  std::uint64_t size_cap_ = 0;
};

}  // namespace lazaret
