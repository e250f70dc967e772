// FileSystem: the door through which the file store changes names on disk. One method a system call, so that a test's
// twin can make each of them fail. Thread-safe; keeps nothing.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "base/unique_fd.h"

namespace lazaret {

// Methods answer with the error number, 0 being success; all retry EINTR where the call may answer it.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  virtual std::expected<UniqueFd, int> open_folder(int parent, const std::string& name) = 0;
  // For reading; never through a symbolic link.
  virtual std::expected<UniqueFd, int> open_file(int folder, const std::string& name) = 0;
  // A file without a name, to see that one can be made.
  virtual std::expected<UniqueFd, int> make_unnamed_file(int folder) = 0;
  // Gives the file behind `fd` a name; EEXIST where that is taken.
  virtual int link_descriptor(int fd, int folder, const std::string& name) = 0;
  // The same for a file that has a name already, which it keeps.
  virtual int link_path(const std::filesystem::path& path, int folder, const std::string& name) = 0;
  // Never replaces: EEXIST where `name` is taken.
  virtual int rename_path(const std::filesystem::path& path, int folder, const std::string& name) = 0;
  virtual int unlink(int folder, const std::string& name) = 0;
  virtual int make_folder(int parent, const std::string& name) = 0;  // 0700
  virtual int sync(int fd) = 0;
};

std::unique_ptr<FileSystem> make_file_system();

// All missing folders of `path`, each 0700 whatever the umask says, and durable. 0 or the error number.
int make_private_folders(FileSystem& files, const std::filesystem::path& path);

}  // namespace lazaret
