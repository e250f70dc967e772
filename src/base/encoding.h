// Text forms of bytes: hex, base64url (RFC 4648 section 5, no padding), percent (RFC 3986).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lazaret {

std::string hex_encode(std::span<const std::uint8_t> bytes);  // lower case
// Fills `bytes` whole from lower-case hex; false when the length or a digit is wrong.
bool hex_decode(std::string_view text, std::span<std::uint8_t> bytes);

std::string base64_encode(std::span<const std::uint8_t> bytes);  // section 4, padded
// nullopt on missing padding, and on what base64url_decode() refuses.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);
// nullopt on padding, foreign characters, an impossible length, or bits set beyond the last byte (one text per value).
std::optional<std::string> base64url_decode(std::string_view text);

// Everything but A-Z a-z 0-9 - . _ ~ as %XX, upper-case.
std::string percent_encode(std::string_view text);
// nullopt on a `%` without two hex digits. `+` stays `+`.
std::optional<std::string> percent_decode(std::string_view text);

bool is_valid_utf8(std::string_view text);

}  // namespace lazaret
