// Census: what objects the raw bytes hold, whether a cross-reference leads to them or not. The walk compares it with
// what libqpdf shows, because another reader may show the rest. Bounded: 24 bytes an object, and no text.
// Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lazaret::sandbox {

struct SeenObject {
  static constexpr std::uint16_t kTrailer = 65'535;  // generation of a trailer, whose number is 0

  std::uint64_t offset = 0;  // of its number; of the stream's data for what lies in an object stream
  std::uint32_t number = 0;
  std::uint16_t generation = 0;
  bool is_telling = false;  // a name in it says that it may act, run script or carry files
  bool is_stream = false;
  bool is_table = false;    // an xref stream, which no table needs to list
  std::int32_t index = -1;  // in its object stream; -1: it lies in the file itself
  bool is_doubled = false;  // its object stream holds a later object of the same number
};

struct Census {
  static constexpr std::size_t kMostObjects = 600'000;
  static constexpr std::size_t kMostEndMarks = 65'536;

  std::vector<SeenObject> objects;       // in the order of their offsets
  std::vector<std::uint64_t> end_marks;  // every %%EOF and startxref outside streams, in order: where revisions end
  bool is_full = false;                  // there was more

  void add(const SeenObject& object);
  void add_end_mark(std::uint64_t offset);
};

// Whether a name of text[from, to) tells of actions, script or files. It may end behind `to`.
bool is_telling(std::string_view text, std::size_t from, std::size_t to);

}  // namespace lazaret::sandbox
