#include "sandbox/rules/shared_pages.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace lazaret::sandbox {
namespace {

// A memory file with these bytes that nobody can write to: it is opened a second time for reading alone, and a mapping
// of that cannot be made writable.
Result<UniqueFd> make_sealed_file(const char* bytes, std::size_t size) {
  const UniqueFd file(memfd_create("shared", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return std::unexpected(system_error("make a memory file", errno));
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote = write(file.get(), bytes + done, size - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(system_error("fill a memory file", errno));
    done += static_cast<std::size_t>(wrote);
  }
  if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return std::unexpected(system_error("seal a memory file", errno));
  }
  UniqueFd sealed(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!sealed.valid()) return std::unexpected(system_error("open a memory file for reading", errno));
  return sealed;
}

}  // namespace

Result<SharedPages> SharedPages::freeze(void* data, std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  char* const bytes = static_cast<char*>(data);
  const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(data) % page) % page;
  const std::size_t whole = size > before ? (size - before) / page * page : 0;
  if (whole == 0) return SharedPages(nullptr, 0);
  const auto file = make_sealed_file(bytes + before, whole);
  if (!file) return std::unexpected(file.error());
  if (mmap(bytes + before, whole, PROT_READ, MAP_SHARED | MAP_FIXED, file->get(), 0) == MAP_FAILED) {
    return std::unexpected(system_error("map a memory file", errno));
  }
  return SharedPages(bytes + before, whole);
}

SharedPages::SharedPages(SharedPages&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedPages& SharedPages::operator=(SharedPages&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(size_, other.size_);
  return *this;
}

// Whoever lent the memory gets it back as it was.
SharedPages::~SharedPages() {
  if (size_ == 0) return;
  void* const copy = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED) std::abort();
  std::memcpy(copy, begin_, size_);
  if (mremap(copy, size_, size_, MREMAP_MAYMOVE | MREMAP_FIXED, begin_) == MAP_FAILED) std::abort();
}

}  // namespace lazaret::sandbox
