// RawEdges: what lies before the document, behind it, and between its revisions. Stage A asks; each answer is a
// finding. Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <cstdint>
#include <string_view>

#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

// `head` is the first kilobytes of the file, `header` the offset of its %PDF-.
void look_at_head(std::string_view head, std::size_t header, FindingSink& findings);
// What follows the last %%EOF, which stands at `end_mark`.
void look_at_tail(const FileReader& file, std::uint64_t end_mark, FindingSink& findings);
// What follows another %%EOF: a revision, or something foreign.
void look_behind_end_mark(std::string_view after, std::uint64_t offset, FindingSink& findings);

}  // namespace lazaret::sandbox
