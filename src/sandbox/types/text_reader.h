// read_text(): a text file in pieces, whatever its encoding, and whether it is text at all. UTF-16 is taken by its byte
// order mark; everything else is bytes, and told to be ASCII, UTF-8 or another eight-bit encoding. What a binary file
// has and no text does, control bytes above all, ends the reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

struct TextTraits {
  std::string_view encoding = "us-ascii";  // us-ascii, utf-8, utf-16le, utf-16be, 8-bit
  std::uint64_t lines = 0;
  std::optional<std::uint64_t> foreign_at;  // offset of the first byte that no text has
};

// Where text begins and how wide its units are, by the byte order mark at its head.
struct TextLayout {
  std::size_t start = 0;
  std::size_t width = 1;
};
TextLayout text_layout(std::string_view head);

// `text` is handed the text without its byte order mark, UTF-16 narrowed to one byte a unit: ASCII as it is, everything
// else as bytes of 0x80 and above. When it wants no more, the rest is still read for the traits.
TextTraits read_text(const FileReader& file, ByteSink& text);

// The same for a file's beginning that is at hand: for looking at, not for judging.
std::string narrow_text(std::string_view bytes);

}  // namespace lazaret::sandbox
