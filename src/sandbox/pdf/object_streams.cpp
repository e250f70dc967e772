#include "sandbox/pdf/object_streams.h"

#include <algorithm>
#include <set>

#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/library_stream.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kLargestRead = std::size_t{16} << 20U;  // of one that is read for its objects

bool is_object_stream(QPDFObjectHandle& object) {
  return object.isStream() && object.getDict().getKey("/Type").isNameAndEquals("/ObjStm");
}

}  // namespace

ObjectStreams::ObjectStreams(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits)
    : pdf_(pdf), tools_(tools), limits_(limits), table_(pdf.getXRefTable()) {
  if (table_.size() <= limits_.objects) find_streams();
}

// Those that the table names first, so that they are counted before anything is read that lies in them.
void ObjectStreams::find_streams() {
  std::set<int> named;
  for (const auto& [id, entry] : table_) {
    if (entry.getType() == 2) named.insert(entry.getObjStreamNumber());
  }
  streams_.assign(named.begin(), named.end());
  for (const auto& [id, entry] : table_) {
    if (entry.getType() == 1 && id.getGen() == 0 && named.count(id.getObj()) == 0) streams_.push_back(id.getObj());
  }
}

bool ObjectStreams::are_bounded(StreamLook& streams) {
  std::vector<int> real;
  for (const int number : streams_) {
    QPDFObjectHandle stream = pdf_.getObject(number, 0);
    if (!is_object_stream(stream)) continue;
    real.push_back(number);
    if (streams.bursts(stream, kLibraryStream)) return false;
  }
  streams_ = std::move(real);
  return true;
}

bool are_buried_streams_bounded(QPDF& pdf, const WalkTools& tools, StreamLook& streams) {
  const std::map<QPDFObjGen, QPDFXRefEntry> table = pdf.getXRefTable();
  std::set<int> containers;
  for (const auto& [id, entry] : table) {
    if (entry.getType() == 2) containers.insert(entry.getObjStreamNumber());
  }
  const auto& seen = tools.census.objects;
  const auto is_before = [](const SeenObject& object, std::uint64_t offset) { return object.offset < offset; };
  for (const int number : containers) {
    const auto entry = table.find(QPDFObjGen(number, 0));
    if (entry == table.end() || entry->second.getType() != 1) continue;
    const std::uint64_t offset = static_cast<std::uint64_t>(entry->second.getOffset()) + tools.header;
    const auto object = std::lower_bound(seen.begin(), seen.end(), offset, is_before);
    if (object != seen.end() && object->offset == offset) continue;  // the raw pass has counted it
    QPDFObjectHandle stream = pdf.getObject(number, 0);
    if (is_object_stream(stream) && streams.bursts(stream, kLibraryStream)) return false;
  }
  return true;
}

// The offset of what is shown under a number, or of the stream that it lies in; 0: of nothing.
std::uint64_t ObjectStreams::place_of(int number) const {
  for (int steps = 0; steps < 2; ++steps) {
    const auto entry = table_.lower_bound(QPDFObjGen(number, 0));
    if (entry == table_.end() || entry->first.getObj() != number) return 0;
    if (entry->second.getType() == 1) return static_cast<std::uint64_t>(entry->second.getOffset()) + tools_.header;
    number = entry->second.getObjStreamNumber();
  }
  return 0;
}

void ObjectStreams::look_into(int number, const std::string& text, std::uint64_t first,
                              std::vector<Member>& found) const {
  const std::string dictionary = "<< /Type /ObjStm /First " + std::to_string(first) + " >>";
  Census census;
  LibraryStream stream(RawDictionary(dictionary), place_of(number), text.size(), census);
  stream.write(text.data(), text.size());
  stream.finish();
  for (const SeenObject& seen : census.objects) {
    const auto entry = table_.find(QPDFObjGen(static_cast<int>(seen.number), 0));
    const bool is_shown = !seen.is_doubled && entry != table_.end() && entry->second.getType() == 2 &&
                          entry->second.getObjStreamNumber() == number;
    if (is_shown || !seen.is_telling) continue;
    const std::uint64_t later = place_of(static_cast<int>(seen.number));
    const auto& marks = tools_.census.end_marks;
    const auto mark = std::upper_bound(marks.begin(), marks.end(), seen.offset);
    const bool is_superseded = later > seen.offset && mark != marks.end() && *mark < later;
    found.push_back({{seen, seen.offset, static_cast<std::uint32_t>(number), is_superseded},
                     std::string(object_in_stream(text, first, seen.index))});
  }
}

std::vector<ObjectStreams::Member> ObjectStreams::hidden(StreamLook& streams, std::size_t most) {
  std::vector<Member> found;
  for (const int number : streams_) {
    QPDFObjectHandle stream = pdf_.getObject(number, 0);
    QPDFObjectHandle first = stream.getDict().getKey("/First");
    if (!first.isInteger() || first.getIntValue() < 0) continue;
    const std::string text = streams.text_of(stream, kLargestRead, at_object(number, 0));
    look_into(number, text, static_cast<std::uint64_t>(first.getIntValue()), found);
    if (found.size() > most) found.resize(most);
  }
  return found;
}

}  // namespace lazaret::sandbox
