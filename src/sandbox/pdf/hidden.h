// Hidden objects: what the raw bytes hold and libqpdf does not show, because a cross-reference leads elsewhere or
// nowhere. Another reader may show it: one that recovers, or takes the other of two tables. C++17, inside the room of
// libqpdf. Bounded by the census.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <qpdf/QPDF.hh>

#include "sandbox/file_reader.h"
#include "sandbox/inflater.h"
#include "sandbox/pdf/object_census.h"

namespace lazaret::sandbox {

struct HiddenObject {
  SeenObject seen;
  std::uint64_t container = 0;  // where the object stream it lies in begins, and its number
  std::uint32_t container_number = 0;
  // A later revision of the document replaces it, as every incremental save does.
  bool is_superseded = false;
  // No table can show it: a trailer, or what lies twice in one object stream.
  bool stands_alone() const { return seen.number == 0 || seen.is_doubled; }
};

// Those that tell of something first, each part in the order of their offsets. `header` is the offset of %PDF-.
std::vector<HiddenObject> find_hidden_objects(QPDF& pdf, const Census& census, std::uint64_t header);

// An object that is shown from behind `end`, and its last copy before that.
struct ChangedObject {
  QPDFObjGen id;
  std::optional<HiddenObject> before;
};
std::vector<ChangedObject> find_changed_objects(QPDF& pdf, const Census& census, std::uint64_t header,
                                                std::uint64_t end, std::size_t most);

// An xref stream that, put behind the file, lets libqpdf show what it has hidden so far: hidden objects in the place of
// those of their number, and everything else as before.
std::string make_other_view(QPDF& pdf, const std::vector<HiddenObject>& hidden, std::uint64_t header,
                            std::uint64_t file_size);

// The one value at the beginning of `text`; empty where it does not end there.
std::string_view first_value(std::string_view text);

// The value of object `index` of an object stream's decoded text, whose objects begin at `first`; empty where it cannot
// be read.
std::string_view object_in_stream(std::string_view text, std::uint64_t first, std::int32_t index);

// The value of an object that lies in the file itself, and where the stream behind it begins (0: none).
struct RawObject {
  std::string value;
  std::uint64_t data = 0;
};
RawObject read_raw_object(const FileReader& file, const SeenObject& seen);

// The objects of one object stream, decoded once for all that are asked for in a row.
class ObjectStreamReader {
 public:
  ObjectStreamReader(const FileReader& file, Inflater& inflater) : file_(file), inflater_(inflater) {}
  // The value of object `index`; empty where it cannot be read.
  std::string_view value(const HiddenObject& object);

 private:
  void decode(const HiddenObject& object);
  const FileReader& file_;
  Inflater& inflater_;
  std::uint64_t container_ = UINT64_MAX;  // none yet
  std::uint64_t first_ = 0;
  std::string text_;
};

}  // namespace lazaret::sandbox
