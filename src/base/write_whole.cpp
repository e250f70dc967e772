#include "base/write_whole.h"

#include <cerrno>
#include <string>

#include <unistd.h>

namespace lazaret {

Result<void> write_whole(int fd, std::span<const std::byte> bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error(what, errno));
    if (written == 0) return fail(ErrorCode::kInternal, std::string(what) + ": no byte is taken");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace lazaret
