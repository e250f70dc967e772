#include "objects/files/file_system.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lazaret {
namespace {

template <class SystemCall>
int outcome_of(SystemCall&& call) {
  while (call() != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

std::expected<UniqueFd, int> open_at(int folder, const char* name, int flags, mode_t mode = 0) {
  for (;;) {
    UniqueFd fd(openat(folder, name, flags | O_CLOEXEC, mode));
    if (fd.valid()) return fd;
    if (errno != EINTR) return std::unexpected(errno);
  }
}

class RealFileSystem final : public FileSystem {
 public:
  std::expected<UniqueFd, int> open_folder(int parent, const std::string& name) override {
    return open_at(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
  }

  std::expected<UniqueFd, int> open_file(int folder, const std::string& name) override {
    // O_NONBLOCK: a FIFO that someone laid there must not hold us.
    return open_at(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }

  std::expected<UniqueFd, int> make_unnamed_file(int folder) override {
    return open_at(folder, ".", O_TMPFILE | O_RDWR, 0600);
  }

  int link_descriptor(int fd, int folder, const std::string& name) override {
    // linkat(2): AT_EMPTY_PATH would want a privilege, this way does not.
    const std::string door = "/proc/self/fd/" + std::to_string(fd);
    return outcome_of([&] { return linkat(AT_FDCWD, door.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW); });
  }

  int link_path(const std::filesystem::path& path, int folder, const std::string& name) override {
    return outcome_of([&] { return linkat(AT_FDCWD, path.c_str(), folder, name.c_str(), 0); });
  }

  int rename_path(const std::filesystem::path& path, int folder, const std::string& name) override {
    return outcome_of([&] { return renameat2(AT_FDCWD, path.c_str(), folder, name.c_str(), RENAME_NOREPLACE); });
  }

  int unlink(int folder, const std::string& name) override {
    return outcome_of([&] { return unlinkat(folder, name.c_str(), 0); });
  }

  int make_folder(int parent, const std::string& name) override {
    return outcome_of([&] { return mkdirat(parent, name.c_str(), 0700); });
  }

  int sync(int fd) override {
    return outcome_of([&] { return fsync(fd); });
  }
};

}  // namespace

std::unique_ptr<FileSystem> make_file_system() {
  return std::make_unique<RealFileSystem>();
}

int make_private_folders(FileSystem& files, const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path existing;  // what is there may be passable and not readable, so it is not opened on the way
  auto part = path.begin();
  while (part != path.end() && std::filesystem::is_directory(existing / *part, ignored))
    existing /= *part++;
  if (part == path.end()) return 0;

  auto parent = files.open_folder(AT_FDCWD, existing.empty() ? "." : existing.string());
  for (; parent && part != path.end(); ++part) {
    if (part->empty()) continue;  // what follows a trailing slash
    const int made = files.make_folder(parent->get(), part->string());
    if (made != 0 && made != EEXIST) return made;
    if (const int synced = files.sync(parent->get()); synced != 0) return synced;
    parent = files.open_folder(parent->get(), part->string());
  }
  return parent ? 0 : parent.error();
}

}  // namespace lazaret
