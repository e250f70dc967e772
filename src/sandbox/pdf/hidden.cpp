#include "sandbox/pdf/hidden.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

#include "sandbox/pdf/filter_chain.h"
#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

constexpr std::uint64_t kSlack = 64;  // what may stand between where a table points and the object's number
constexpr std::size_t kGlance = std::size_t{16} * 1024;
constexpr std::size_t kLargestObject = std::size_t{1} << 20U;
constexpr std::size_t kLargestStream = std::size_t{16} << 20U;

class View {
 public:
  View(QPDF& pdf, const Census& census, std::uint64_t header);
  std::vector<HiddenObject> hidden() const;
  std::vector<ChangedObject> changed(std::uint64_t end, std::size_t most) const;

 private:
  void place_raw(const QPDFObjGen& id, std::uint64_t offset);
  bool is_shown_in_stream(const SeenObject& object, std::size_t container) const;
  bool is_superseded(const SeenObject& object) const;

  const Census& census_;
  const std::map<QPDFObjGen, QPDFXRefEntry> table_;
  std::vector<std::size_t> raw_;                            // what lies in the file itself
  std::vector<bool> is_shown_;                              // by place in the census
  std::unordered_map<std::uint32_t, std::uint64_t> place_;  // by number: where what is shown lies
};

View::View(QPDF& pdf, const Census& census, std::uint64_t header)
    : census_(census), table_(pdf.getXRefTable()), is_shown_(census.objects.size()) {
  for (std::size_t i = 0; i < census.objects.size(); ++i) {
    if (census.objects[i].index < 0) raw_.push_back(i);
  }
  for (const auto& [id, entry] : table_) {
    if (entry.getType() != 1) continue;
    const std::uint64_t offset = static_cast<std::uint64_t>(entry.getOffset());
    place_raw(id, offset + header);
    if (header != 0) place_raw(id, offset);  // libqpdf counts from the file's beginning where the header is odd
  }
  for (const auto& [id, entry] : table_) {
    if (entry.getType() != 2) continue;
    const auto container = place_.find(static_cast<std::uint32_t>(entry.getObjStreamNumber()));
    if (container != place_.end()) place_.emplace(static_cast<std::uint32_t>(id.getObj()), container->second);
  }
}

void View::place_raw(const QPDFObjGen& id, std::uint64_t offset) {
  const auto found = std::lower_bound(raw_.begin(), raw_.end(), offset, [this](std::size_t place, std::uint64_t at) {
    return census_.objects[place].offset < at;
  });
  if (found == raw_.end()) return;
  const SeenObject& object = census_.objects[*found];
  const bool is_it = object.number == static_cast<std::uint32_t>(id.getObj()) && object.generation == id.getGen();
  if (!is_it || object.offset - offset > kSlack) return;
  is_shown_[*found] = true;
  place_[object.number] = object.offset;
}

bool View::is_shown_in_stream(const SeenObject& object, std::size_t container) const {
  const auto entry = table_.find(QPDFObjGen(static_cast<int>(object.number), 0));
  return !object.is_doubled && is_shown_[container] && entry != table_.end() && entry->second.getType() == 2 &&
         static_cast<std::uint32_t>(entry->second.getObjStreamNumber()) == census_.objects[container].number;
}

bool View::is_superseded(const SeenObject& object) const {
  const auto later = place_.find(object.number);
  if (later == place_.end() || later->second <= object.offset) return false;
  const auto mark = std::upper_bound(census_.end_marks.begin(), census_.end_marks.end(), object.offset);
  return mark != census_.end_marks.end() && *mark < later->second;
}

std::vector<HiddenObject> View::hidden() const {
  std::vector<HiddenObject> hidden;
  std::size_t container = 0;  // place of the last object that lies in the file itself
  for (std::size_t i = 0; i < census_.objects.size(); ++i) {
    const SeenObject& object = census_.objects[i];
    if (object.index < 0) container = i;
    const bool is_shown = object.index < 0 ? is_shown_[i] : is_shown_in_stream(object, container);
    if (is_shown || object.is_table) continue;
    const SeenObject& holder = census_.objects[container];
    const HiddenObject found{object, holder.offset, holder.number, is_superseded(object)};
    // Of what a later revision replaces only that counts which does something.
    if (object.is_telling || object.is_stream || !found.is_superseded) hidden.push_back(found);
  }
  std::vector<HiddenObject> sorted;
  for (const bool is_telling : {true, false}) {
    std::copy_if(hidden.begin(), hidden.end(), std::back_inserter(sorted),
                 [is_telling](const HiddenObject& object) { return object.seen.is_telling == is_telling; });
  }
  return sorted;
}

std::vector<ChangedObject> View::changed(std::uint64_t end, std::size_t most) const {
  std::unordered_map<std::uint32_t, HiddenObject> before;
  std::size_t container = 0;
  for (std::size_t i = 0; i < census_.objects.size(); ++i) {
    const SeenObject& object = census_.objects[i];
    if (object.offset >= end) break;
    if (object.index < 0) container = i;
    const SeenObject& holder = census_.objects[container];
    before[object.number] = HiddenObject{object, holder.offset, holder.number, false};
  }
  std::vector<ChangedObject> changed;
  for (const auto& [id, entry] : table_) {
    const auto place = place_.find(static_cast<std::uint32_t>(id.getObj()));
    if (place == place_.end() || place->second < end || changed.size() >= most) continue;
    const auto earlier = before.find(static_cast<std::uint32_t>(id.getObj()));
    changed.push_back({id, earlier == before.end() ? std::nullopt : std::optional<HiddenObject>(earlier->second)});
  }
  return changed;
}

// One row of an xref stream with /W [1 8 4].
std::string row_of(int type, std::uint64_t middle, std::uint64_t last) {
  std::string row(1, static_cast<char>(type));
  for (int shift = 56; shift >= 0; shift -= 8)
    row.push_back(static_cast<char>(middle >> static_cast<unsigned>(shift) & 0xFFU));
  for (int shift = 24; shift >= 0; shift -= 8)
    row.push_back(static_cast<char>(last >> static_cast<unsigned>(shift) & 0xFFU));
  return row;
}

// Rows by number, as the document's own table has them.
std::map<std::uint32_t, std::string> shown_rows(QPDF& pdf) {
  std::map<std::uint32_t, std::string> rows;
  for (const auto& [id, entry] : pdf.getXRefTable()) {
    const auto number = static_cast<std::uint32_t>(id.getObj());
    if (entry.getType() == 1) {
      rows[number] = row_of(1, static_cast<std::uint64_t>(entry.getOffset()), static_cast<std::uint64_t>(id.getGen()));
    } else if (entry.getType() == 2) {
      rows[number] = row_of(2, static_cast<std::uint64_t>(entry.getObjStreamNumber()),
                            static_cast<std::uint64_t>(entry.getObjStreamIndex()));
    }
  }
  return rows;
}

}  // namespace

std::vector<ChangedObject> find_changed_objects(QPDF& pdf, const Census& census, std::uint64_t header,
                                                std::uint64_t end, std::size_t most) {
  return View(pdf, census, header).changed(end, most);
}

std::string make_other_view(QPDF& pdf, const std::vector<HiddenObject>& hidden, std::uint64_t header,
                            std::uint64_t file_size) {
  std::map<std::uint32_t, std::string> rows = shown_rows(pdf);
  for (const HiddenObject& object : hidden) {
    if (object.stands_alone() || object.is_superseded) continue;
    const SeenObject& seen = object.seen;
    if (seen.index < 0) {
      rows[seen.number] = row_of(1, seen.offset - header, seen.generation);
    } else {
      rows[object.container_number] = row_of(1, object.container - header, 0);
      rows[seen.number] = row_of(2, object.container_number, static_cast<std::uint64_t>(seen.index));
    }
  }
  std::string index;
  std::string data;
  for (const auto& [number, row] : rows) {
    index += std::to_string(number) + " 1 ";
    data += row;
  }
  const std::uint32_t own = rows.empty() ? 1 : rows.rbegin()->first + 1;
  QPDFObjectHandle trailer = pdf.getTrailer();
  std::string entries;
  for (const char* key : {"/Root", "/Encrypt", "/ID"}) {
    if (trailer.hasKey(key)) entries += std::string(key) + " " + trailer.getKey(key).unparse() + " ";
  }
  return "\n" + std::to_string(own) + " 0 obj\n<< /Type /XRef /W [1 8 4] /Size " + std::to_string(own + 1) +
         " /Index [" + index + "] /Length " + std::to_string(data.size()) + " " + entries + ">>\nstream\n" + data +
         "\nendstream\nendobj\nstartxref\n" + std::to_string(file_size + 1 - header) + "\n%%EOF\n";
}

std::vector<HiddenObject> find_hidden_objects(QPDF& pdf, const Census& census, std::uint64_t header) {
  return View(pdf, census, header).hidden();
}

std::string_view first_value(std::string_view text) {
  Lexer lexer(text);
  std::size_t depth = 0;
  do {
    const Token token = lexer.next();
    if (token.kind == TokenKind::kEnd) return {};
    if (token.kind == TokenKind::kOpenDictionary || token.kind == TokenKind::kOpenArray) ++depth;
    const bool closes = token.kind == TokenKind::kCloseDictionary || token.kind == TokenKind::kCloseArray;
    if (closes && depth > 0) --depth;
  } while (depth > 0);
  return text.substr(0, lexer.position());
}

RawObject read_raw_object(const FileReader& file, const SeenObject& seen) {
  for (const std::size_t reach : {kGlance, kLargestObject}) {
    const std::string bytes = file.read_at(seen.offset, reach);
    const std::string_view keyword = seen.generation == SeenObject::kTrailer ? "trailer" : "obj";
    const std::size_t start = bytes.find(keyword);
    if (start == std::string::npos) return {};
    const std::string_view body = std::string_view(bytes).substr(start + keyword.size());
    const std::string_view value = first_value(body);
    if (value.empty() && bytes.size() == reach) continue;
    RawObject object;
    object.value = std::string(value);
    std::size_t at = start + keyword.size() + value.size();
    while (at < bytes.size() && is_pdf_space(bytes[at]))
      ++at;
    if (bytes.compare(at, 6, "stream") != 0) return object;
    at += 6;
    if (at < bytes.size() && bytes[at] == '\r') ++at;
    if (at < bytes.size() && bytes[at] == '\n') ++at;
    object.data = seen.offset + at;
    return object;
  }
  return {};
}

void ObjectStreamReader::decode(const HiddenObject& object) {
  class Kept final : public ByteSink {
   public:
    explicit Kept(std::string& text) : text_(text) {}
    bool write(const char* bytes, std::size_t length) override {
      text_.append(bytes, length);
      return text_.size() <= kLargestStream;
    }

   private:
    std::string& text_;
  };
  container_ = object.container;
  text_.clear();
  const std::uint64_t data = object.seen.offset;
  const std::size_t reach = static_cast<std::size_t>(std::min<std::uint64_t>(data - container_, kLargestObject));
  const std::string head = file_.read_at(container_, reach);
  const RawDictionary dictionary(head);
  first_ = dictionary.number("First").value_or(0);
  Kept kept(text_);
  FilterSpec flate;
  flate.kind = FilterKind::kFlate;
  FilterChain chain(filters_of(dictionary).value_or(std::vector<FilterSpec>{flate}), inflater_, kLargestStream, kept);
  for (std::uint64_t at = data; at < file_.size(); at += kGlance) {
    const std::string block = file_.read_at(at, kGlance);
    if (!chain.write(block.data(), block.size())) break;
  }
  chain.finish();
}

std::string_view object_in_stream(std::string_view text, std::uint64_t first, std::int32_t index) {
  Lexer header(text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(first, text.size()))));
  for (std::int32_t i = 0; i < index; ++i) {
    header.next();
    header.next();
  }
  header.next();
  const std::optional<std::uint64_t> offset = number_in(header.next().text);
  if (!offset || *offset > text.size() || first > text.size() - *offset) return {};
  return first_value(text.substr(static_cast<std::size_t>(first + *offset)));
}

std::string_view ObjectStreamReader::value(const HiddenObject& object) {
  if (object.container != container_) decode(object);
  return object_in_stream(text_, first_, object.seen.index);
}

}  // namespace lazaret::sandbox
