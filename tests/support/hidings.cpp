#include "tests/support/hidings.h"

#include <array>
#include <utility>

#include "sample/pdf_writer.h"
#include "tests/support/attack_documents.h"
#include "tests/support/pdf_parts.h"

namespace lazaret::testing_support {
namespace {

using std::string;

constexpr int kBeside = 100;  // what is added to the numbers of a document that lies beside another

using Objects = std::map<int, string>;

PdfParts harmless() {
  return take_apart(one_page({}));
}

string escape_names(const string& text) {
  string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i]);
    const bool is_name = text[i] == '/' && i + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[i + 1]));
    if (is_name) out += "#" + hexadecimal(text.substr(++i, 1));
  }
  return out;
}

string octal(const string& bytes) {
  string out = "(";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned>(static_cast<unsigned char>(c));
    out += '\\';
    for (const unsigned shift : {6U, 3U, 0U})
      out += static_cast<char>('0' + (byte >> shift & 7U));
  }
  return out + ")";
}

string utf16(const string& bytes) {
  string out = "<FEFF";
  for (const char c : bytes)
    out += "00" + hexadecimal(string(1, c));
  return out + ">";
}

string chain_filters(const string& body) {
  const std::size_t keyword = body.find("\nstream\n");
  if (keyword == string::npos || body.find("/DecodeParms") != string::npos) return body;
  const std::size_t data = keyword + 8;
  const string encoded = ascii85(lzw(run_length(body.substr(data, body.rfind("\nendstream") - data))));
  string text = body.substr(0, keyword);
  string filters = "/ASCII85Decode /LZWDecode /RunLengthDecode";
  if (const std::size_t filter = text.find("/Filter "); filter != string::npos) {
    const std::size_t value = filter + 8;
    const bool is_array = text[value] == '[';
    const std::size_t end = is_array ? text.find(']', value) : text.find_first_of(" >", value);
    filters += " " + text.substr(value + (is_array ? 1 : 0), end - value - (is_array ? 1 : 0));
    text.erase(filter, end + (is_array ? 1 : 0) - filter);
  }
  const std::size_t length = text.find("/Length ");
  text.replace(length, text.find_first_of(" >", length + 8) - length, "");
  text.insert(2, " /Filter [" + filters + "] /Length " + std::to_string(encoded.size()) + " ");
  return text + "\nstream\n" + encoded + "\nendstream";
}

template <class Edit>
string edited(PdfParts parts, const Edit& edit) {
  for (auto& [number, body] : parts.objects)
    body = edit(body);
  PdfFrame frame;
  frame.begin();
  frame.put_all(parts.objects);
  frame.finish(parts.root, parts.objects.rbegin()->first + 1, parts.trailer);
  return frame.file();
}

string with_strings(const PdfParts& parts, string (*write)(const string&)) {
  return edited(parts, [write](const string& body) {
    return edit_text(body, [write](const string& text) { return rewrite_strings(text, write); });
  });
}

string hex_string(const string& bytes) {
  return "<" + hexadecimal(bytes) + ">";
}

// Everything but streams, as the body of an object stream.
string object_stream(const Objects& objects) {
  string header;
  string bodies;
  int count = 0;
  for (const auto& [number, body] : objects) {
    if (is_stream(body)) continue;
    header += std::to_string(number) + " " + std::to_string(bodies.size()) + " ";
    bodies += body + "\n";
    ++count;
  }
  return stream_body("/Type /ObjStm /N " + std::to_string(count) + " /First " + std::to_string(header.size()) +
                         " /Filter /FlateDecode",
                     sample::deflate(header + bodies, 9));
}

string xref_row(unsigned type, std::size_t middle, std::size_t last) {
  string row(1, static_cast<char>(type));
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    row += static_cast<char>(middle >> shift & 0xFFU);
  return row + static_cast<char>(last >> 8U & 0xFFU) + static_cast<char>(last & 0xFFU);
}

// An xref stream over the frame's objects, and over those that lie in object stream `container`.
string xref_stream(const PdfFrame& frame, const Objects& objects, int container, int own, const string& entries) {
  string rows;
  std::size_t index = 0;
  for (int number = 0; number <= own; ++number) {
    const auto placed = frame.offsets().find(number);
    const auto object = objects.find(number);
    if (placed != frame.offsets().end()) {
      rows += xref_row(1, placed->second, 0);
    } else if (number == own) {
      rows += xref_row(1, frame.size(), 0);
    } else if (object != objects.end() && !is_stream(object->second)) {
      rows += xref_row(2, static_cast<std::size_t>(container), index++);
    } else {
      rows += xref_row(0, 0, number == 0 ? 65'535 : 0);
    }
  }
  return stream_body("/Type /XRef /W [1 4 2] /Size " + std::to_string(own + 1) + " " + entries +
                         " /Filter /FlateDecode /DecodeParms << /Predictor 1 >>",
                     sample::deflate(rows, 9));
}

string in_object_stream(const PdfParts& parts) {
  const int container = parts.objects.rbegin()->first + 1;
  PdfFrame frame;
  frame.begin();
  for (const auto& [number, body] : parts.objects) {
    if (is_stream(body)) frame.put(number, body);
  }
  frame.put(container, object_stream(parts.objects));
  const std::size_t table = frame.size();
  frame.put(container + 1,
            xref_stream(frame, parts.objects, container, container + 1, "/Root " + parts.root + " " + parts.trailer));
  frame.append("startxref\n" + std::to_string(table) + "\n%%EOF\n");
  return frame.file();
}

// The table lists what is no stream as free; the xref stream it points to knows better.
string hybrid(const PdfParts& parts) {
  const int container = parts.objects.rbegin()->first + 1;
  PdfFrame frame;
  frame.begin();
  for (const auto& [number, body] : parts.objects) {
    if (is_stream(body)) frame.put(number, body);
  }
  frame.put(container, object_stream(parts.objects));
  PdfFrame more = frame;
  const std::size_t stream = more.size();
  more.put(container + 1, xref_stream(frame, parts.objects, container, container + 1, ""));
  more.finish(parts.root, container + 2, parts.trailer + " /XRefStm " + std::to_string(stream));
  return more.file();
}

Objects moved_beside(const PdfParts& parts) {
  Objects moved;
  for (const auto& [number, body] : parts.objects)
    moved[number + kBeside] = renumber(body, kBeside);
  return moved;
}

// A first revision, and an update with what the second one has otherwise.
string in_two_revisions(const PdfParts& first, const PdfParts& second) {
  PdfFrame frame;
  frame.begin();
  frame.put_all(first.objects);
  frame.finish(first.root, first.objects.rbegin()->first + 1, first.trailer);
  const std::size_t table = frame.last_table();
  frame.forget_offsets();
  int size = first.objects.rbegin()->first + 1;
  for (const auto& [number, body] : second.objects) {
    const auto before = first.objects.find(number);
    if (before == first.objects.end() || before->second != body) frame.put(number, body);
    size = std::max(size, number + 1);
  }
  frame.finish(second.root, size, second.trailer, table);
  return frame.file();
}

string beside(const PdfParts& parts, bool is_listed_as_free) {
  const PdfParts shown = harmless();
  const Objects hidden = moved_beside(parts);
  PdfFrame frame;
  frame.begin();
  frame.put_all(hidden);
  frame.forget_offsets();
  frame.put_all(shown.objects);
  frame.finish(shown.root, hidden.rbegin()->first + 1, "");
  if (!is_listed_as_free) return frame.file();
  string free_rows;
  for (const auto& [number, body] : hidden)
    free_rows += std::to_string(number) + " 1\n0000000000 00000 f \n";
  string file = frame.file();
  return file.insert(file.rfind("trailer"), free_rows);
}

string doubled(const PdfParts& parts, bool is_before) {
  const PdfParts shown = harmless();
  PdfFrame frame;
  frame.begin();
  if (is_before) frame.put_all(parts.objects);
  frame.forget_offsets();
  frame.put_all(shown.objects);
  PdfFrame whole = frame;
  if (!is_before) whole.put_all(parts.objects);
  PdfFrame table(whole.file());
  for (const auto& [number, offset] : frame.offsets())
    table.note(number, offset);
  table.finish(shown.root, parts.objects.rbegin()->first + 1, "");
  return table.file();
}

string in_loose_object_stream(const PdfParts& parts) {
  const PdfParts shown = harmless();
  const Objects hidden = moved_beside(parts);
  PdfFrame frame;
  frame.begin();
  for (const auto& [number, body] : hidden) {
    if (is_stream(body)) frame.put(number, body);
  }
  frame.put(99, object_stream(hidden));
  frame.forget_offsets();
  frame.put_all(shown.objects);
  frame.finish(shown.root, 99, "");
  return frame.file();
}

string with_inline_root(const PdfParts& parts) {
  PdfFrame frame;
  frame.begin();
  frame.put_all(parts.objects);
  frame.finish(parts.objects.at(1), parts.objects.rbegin()->first + 1, parts.trailer);
  return frame.file();
}

string with_broken_table(string file) {
  const std::size_t start = file.rfind("startxref\n") + 10;
  return file.replace(start, file.find('\n', start) - start, "7");
}

}  // namespace

std::vector<Hiding> all_hidings() {
  return {Hiding::kEscapedNames,    Hiding::kHexStrings,        Hiding::kOctalStrings,  Hiding::kUtf16Strings,
          Hiding::kChainedFilters,  Hiding::kObjectStream,      Hiding::kHybrid,        Hiding::kIncrementalUpdate,
          Hiding::kOutsideTheTable, Hiding::kFreedObjects,      Hiding::kDoubledBefore, Hiding::kDoubledAfter,
          Hiding::kSuperseded,      Hiding::kLooseObjectStream, Hiding::kInlineRoot,    Hiding::kBrokenTable,
          Hiding::kShiftedHeader};
}

const char* name_of(Hiding hiding) {
  static constexpr std::array<std::pair<Hiding, const char*>, 17> kNames{{
      {Hiding::kEscapedNames, "escaped names"},
      {Hiding::kHexStrings, "hexadecimal strings"},
      {Hiding::kOctalStrings, "octal strings"},
      {Hiding::kUtf16Strings, "UTF-16 strings"},
      {Hiding::kChainedFilters, "chained filters"},
      {Hiding::kObjectStream, "object stream"},
      {Hiding::kHybrid, "hybrid table"},
      {Hiding::kIncrementalUpdate, "incremental update"},
      {Hiding::kOutsideTheTable, "outside the table"},
      {Hiding::kFreedObjects, "freed objects"},
      {Hiding::kDoubledBefore, "doubled before"},
      {Hiding::kDoubledAfter, "doubled after"},
      {Hiding::kSuperseded, "superseded"},
      {Hiding::kLooseObjectStream, "loose object stream"},
      {Hiding::kInlineRoot, "inline root"},
      {Hiding::kBrokenTable, "broken table"},
      {Hiding::kShiftedHeader, "shifted header"},
  }};
  for (const auto& [value, name] : kNames) {
    if (value == hiding) return name;
  }
  return "";
}

bool is_beside_the_table(Hiding hiding) {
  return hiding == Hiding::kOutsideTheTable || hiding == Hiding::kFreedObjects || hiding == Hiding::kDoubledBefore ||
         hiding == Hiding::kDoubledAfter || hiding == Hiding::kSuperseded || hiding == Hiding::kLooseObjectStream;
}

string hide(const string& document, Hiding hiding) {
  const PdfParts parts = take_apart(document);
  switch (hiding) {
    case Hiding::kEscapedNames:
      return edited(parts, [](const string& body) { return edit_text(body, escape_names); });
    case Hiding::kHexStrings:
      return with_strings(parts, hex_string);
    case Hiding::kOctalStrings:
      return with_strings(parts, octal);
    case Hiding::kUtf16Strings:
      return with_strings(parts, utf16);
    case Hiding::kChainedFilters:
      return edited(parts, chain_filters);
    case Hiding::kObjectStream:
      return in_object_stream(parts);
    case Hiding::kHybrid:
      return hybrid(parts);
    case Hiding::kIncrementalUpdate:
      return in_two_revisions(harmless(), parts);
    case Hiding::kOutsideTheTable:
      return beside(parts, false);
    case Hiding::kFreedObjects:
      return beside(parts, true);
    case Hiding::kDoubledBefore:
      return doubled(parts, true);
    case Hiding::kDoubledAfter:
      return doubled(parts, false);
    case Hiding::kSuperseded:
      return in_two_revisions(parts, harmless());
    case Hiding::kLooseObjectStream:
      return in_loose_object_stream(parts);
    case Hiding::kInlineRoot:
      return with_inline_root(parts);
    case Hiding::kBrokenTable:
      return with_broken_table(document);
    case Hiding::kShiftedHeader:
      return string(1023, '\n') + document;
  }
  return document;
}

}  // namespace lazaret::testing_support
