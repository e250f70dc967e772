// The few calls of libutf8proc that folding and file names need, as values: code points in, code points out.
// Inside this folder only. Every text given here is valid UTF-8; text that is not gives an empty result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::unicode {

using CodePoint = std::int32_t;

std::vector<CodePoint> decode(std::string_view text);
void append(std::string& text, CodePoint code);

// `options` are utf8proc_option_t; nullopt where the text is no UTF-8.
std::optional<std::string> map(std::string_view text, int options);

std::string nfc(std::string_view text);

}  // namespace lazaret::unicode
