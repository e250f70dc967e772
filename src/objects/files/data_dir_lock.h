// DataDirLock: one server at a time on a DATA_DIR, by flock on its file `lock`. The kernel lets go when the process
// ends, however it ends; the file itself stays. Held by src/app for as long as the stores are open.
#pragma once

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lazaret {

class DataDirLock {
 public:
  // Makes the folder (0700) where it is missing. kConflict, with the folder in the detail, when another process holds
  // it; never waits.
  static Result<DataDirLock> acquire(const std::filesystem::path& folder);

 private:
  explicit DataDirLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace lazaret
