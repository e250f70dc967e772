#include "sandbox/pdf/hidden_walk.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "sandbox/pdf/qpdf_source.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kMostHidden = 4096;  // hidden objects that are looked into

}  // namespace

void HiddenWalk::run(ObjectStreams* locked) {
  if (tools_.census.is_full) findings_.add(FindingCode::kTooManyObjects, Spot());
  std::vector<HiddenObject> hidden = find_hidden_objects(pdf_, tools_.census, tools_.header);
  if (hidden.size() > kMostHidden) hidden.resize(kMostHidden);
  walk_other_view(hidden);
  ObjectStreamReader reader(tools_.file, tools_.inflater);
  for (const HiddenObject& object : hidden) {
    if (shown_.is_over()) return;
    if (!object.stands_alone() && !object.is_superseded) continue;
    findings_.begin();
    walk_alone(object, reader);
    judge(object);
  }
  if (locked != nullptr) walk_locked_streams(*locked);
}

void HiddenWalk::walk_locked_streams(ObjectStreams& streams) {
  for (const ObjectStreams::Member& member : streams.hidden(shown_.streams(), kMostHidden)) {
    if (shown_.is_over()) return;
    findings_.begin();
    walk_value(member.value, false, at_object(static_cast<int>(member.object.container_number), 0));
    judge(member.object);
  }
}

void HiddenWalk::walk_value(const std::string& value, bool is_stream, const Spot& spot) {
  try {
    QPDFObjectHandle parsed = QPDFObjectHandle::parse(&pdf_, value, "hidden");
    shown_.walk_from(parsed, spot);
    if (is_stream && parsed.isDictionary()) shown_.judge_stream_dictionary(parsed, spot);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    findings_.add(FindingCode::kRecovered, spot);
  }
}

void HiddenWalk::walk_other_view(const std::vector<HiddenObject>& hidden) {
  const auto is_in_view = [](const HiddenObject& object) { return !object.stands_alone() && !object.is_superseded; };
  // What neither tells of anything nor carries data is no reason to open the document again.
  const bool is_worth_it = std::any_of(hidden.begin(), hidden.end(), [&](const HiddenObject& object) {
    return is_in_view(object) && (object.seen.is_telling || object.seen.is_stream);
  });
  if (!is_worth_it) return;
  const std::string table = make_other_view(pdf_, hidden, tools_.header, tools_.file.size());
  const FileReader file(tools_.file, table);
  const WalkTools tools{file,           tools_.inflater, tools_.judge,  findings_,
                        tools_.watched, tools_.census,   tools_.header, tools_.content};
  WalkLimits limits = limits_;
  limits.inflated_bytes = shown_.streams().output_left();
  try {
    QPDF other;
    other.setSuppressWarnings(true);
    other.processInputSource(std::make_shared<QpdfSource>(file), "");
    Walker walker(other, tools, limits);
    for (const HiddenObject& object : hidden) {
      if (!is_in_view(object)) continue;
      findings_.begin();
      const QPDFObjGen id(static_cast<int>(object.seen.number), object.seen.generation);
      walker.walk_from(other.getObject(id), at_offset(object.seen.offset));
      judge(object);
    }
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    findings_.add(FindingCode::kRecovered, Spot());
  }
}

void HiddenWalk::walk_alone(const HiddenObject& object, ObjectStreamReader& reader) {
  const Spot spot = at_offset(object.seen.offset);
  RawObject raw;
  if (object.seen.index < 0) raw = read_raw_object(tools_.file, object.seen);
  const std::string_view value = object.seen.index < 0 ? std::string_view(raw.value) : reader.value(object);
  if (object.seen.is_telling && !value.empty()) walk_value(std::string(value), raw.data != 0, spot);
  if (object.seen.is_stream && raw.data != 0) shown_.streams().look_at_hidden(raw.value, raw.data, spot);
}

void HiddenWalk::judge(const HiddenObject& object) {
  const bool is_hidden = !object.is_superseded && object.seen.generation != SeenObject::kTrailer;
  if (!is_hidden || !findings_.acts()) return;
  const Spot spot = at_offset(object.seen.offset);
  findings_.add(FindingCode::kHiddenObject, spot);
  // What would bring a reader to it is not known, so the worst is.
  if (findings_.reaches_a_share()) findings_.add(FindingCode::kAutoRunUnc, spot);
}

}  // namespace lazaret::sandbox
