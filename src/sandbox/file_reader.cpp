#include "sandbox/file_reader.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace lazaret::sandbox {

std::size_t FileReader::read_at(std::uint64_t offset, char* into, std::size_t length) const {
  if (offset >= size_) return 0;
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - offset));
  if (before_ != nullptr && offset < before_->size()) {
    const std::size_t got = before_->read_at(offset, into, length);
    const bool goes_on = got < length && offset + got == before_->size();
    return goes_on ? got + bytes_.copy(into + got, length - got) : got;
  }
  if (before_ != nullptr) offset -= before_->size();
  if (fd_ < 0) return bytes_.copy(into, length, static_cast<std::size_t>(offset));
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(fd_, into + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::string FileReader::read_at(std::uint64_t offset, std::size_t length) const {
  if (offset >= size_) return {};
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - offset));
  std::string bytes;
  // libstdc++ 12 tells the callee of more room than was asked for.
  bytes.resize_and_overwrite(wanted, [&](char* into, std::size_t) { return read_at(offset, into, wanted); });
  return bytes;
}

}  // namespace lazaret::sandbox
