// write_whole(): all bytes to a descriptor, however few the kernel takes at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/error.h"

namespace lazaret {

// Waits as the descriptor does. An error says `what` was being done; some bytes may have been written.
Result<void> write_whole(int fd, std::span<const std::byte> bytes, std::string_view what);

}  // namespace lazaret
