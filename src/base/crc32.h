// CRC-32 as in zip and in DynamoDB's x-amz-crc32 (zlib's).
#pragma once

#include <cstdint>
#include <string_view>

namespace lazaret {

std::uint32_t crc32(std::string_view bytes);

}  // namespace lazaret
