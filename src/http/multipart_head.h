// The head of one part of a form, and the parameters of a Content-Type: pure functions that multipart.cpp rests on.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/multipart.h"

namespace lazaret::http {

// `block` is whole lines, each ended by CRLF, without the empty line that ends a head.
std::expected<PartHead, MultipartFault> parse_part_head(std::string_view block);

}  // namespace lazaret::http
