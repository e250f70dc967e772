#include "objects/files/data_dir_lock.h"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "objects/files/file_system.h"

namespace lazaret {
namespace {

// "process 4711", as the holder wrote it; for people only, so a file that says something else is no fault.
std::string holder_of(const UniqueFd& lock) {
  std::array<char, 16> text{};
  const ssize_t size = pread(lock.get(), text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    digits += text[static_cast<std::size_t>(i)];
  }
  return digits.empty() ? "another process" : "process " + digits;
}

void write_holder(const UniqueFd& lock) {
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.get(), 0) == 0) static_cast<void>(pwrite(lock.get(), text.data(), text.size(), 0));
}

}  // namespace

Result<DataDirLock> DataDirLock::acquire(const std::filesystem::path& folder) {
  const auto files = make_file_system();
  if (const int made = make_private_folders(*files, folder); made != 0) {
    return std::unexpected(system_error("make DATA_DIR " + folder.string(), made));
  }
  const std::filesystem::path path = folder / "lock";
  UniqueFd lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return std::unexpected(system_error("open " + path.string(), errno));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(system_error("lock " + path.string(), errno));
    return fail(ErrorCode::kConflict, "DATA_DIR " + folder.string() + " is in use by " + holder_of(lock) +
                                          "; one server at a time, give this one a folder of its own");
  }
  write_holder(lock);
  return DataDirLock(std::move(lock));
}

}  // namespace lazaret
