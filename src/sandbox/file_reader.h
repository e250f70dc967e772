// FileReader: a document's bytes, by pread. Nothing is mapped and nothing is held: memory is counted. Only a document
// inside another, which lies in no file of its own, is read from memory.
// Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::sandbox {

class FileReader {
 public:
  // Borrows `fd`. Bytes beyond `size` do not exist.
  FileReader(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  // Borrows `bytes`.
  explicit FileReader(std::string_view bytes) : fd_(-1), size_(bytes.size()), bytes_(bytes) {}
  // `file`, and `more` behind its end. Borrows both.
  FileReader(const FileReader& file, std::string_view more)
      : fd_(-1), size_(file.size() + more.size()), bytes_(more), before_(&file) {}
  std::uint64_t size() const { return size_; }
  // How many bytes were read: fewer than asked only at the end of the file or where it cannot be read.
  std::size_t read_at(std::uint64_t offset, char* into, std::size_t length) const;
  std::string read_at(std::uint64_t offset, std::size_t length) const;

 private:
  int fd_;
  std::uint64_t size_;
  std::string_view bytes_;
  const FileReader* before_ = nullptr;  // what `bytes_` lie behind
};

// Takes decoded bytes block by block.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;
  // False: no more is wanted.
  virtual bool write(const char* bytes, std::size_t length) = 0;
};

}  // namespace lazaret::sandbox
