#include "base/crc32.h"

#include <zlib.h>

namespace lazaret {

std::uint32_t crc32(std::string_view bytes) {
  const auto* first = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(::crc32_z(0, first, bytes.size()));
}

}  // namespace lazaret
