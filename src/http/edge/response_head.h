// The head of an answer as bytes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace lazaret::http {

enum class ConnectionHeader : std::uint8_t { kNone, kClose, kKeepAlive };

struct ResponseFacts {
  std::string_view date;  // IMF-fixdate
  ConnectionHeader connection = ConnectionHeader::kNone;
  std::optional<std::uint64_t> content_length;
};

std::string_view reason_phrase(int status);

// Whether an answer of this status may have a body at all.
bool status_allows_body(int status);

// What Content-Length says: for HEAD and 304 what GET would have; nullopt where the header does not belong.
std::optional<std::uint64_t> stated_length(const Response& response);

// Whether every name is a token and no value holds a control character: else the answer could be split in two.
bool headers_are_sound(const Headers& headers);

// Appends status line, headers and the empty line. What the edge alone writes (Content-Length, Connection, Date,
// Transfer-Encoding) is left out of the answer's own headers.
void append_response_head(std::string& out, const Response& response, const ResponseFacts& facts);

}  // namespace lazaret::http
