// Attacks around a document and in its tables: files of two types, and what makes a reader go round or run out.
#include "tests/support/document_kit.h"
#include "tests/support/pdf_parts.h"

namespace lazaret::testing_support {
namespace {

using inspect::FindingCode;
using std::string;
using namespace std::string_literals;

class Room {
 public:
  explicit Room(std::vector<ExpectedDocument>& all) : all_(all) {}
  void add(string name, string bytes, Outcome outcome, std::vector<FindingCode> codes) {
    all_.push_back({std::move(name), std::move(bytes), outcome, std::move(codes), false});
  }

 private:
  std::vector<ExpectedDocument>& all_;
};

string archive(const string& name) {
  const string length(1, static_cast<char>(name.size()));
  const string local = "PK\3\4"s + string(22, '\0') + length + string(3, '\0') + name;
  const string directory = "PK\1\2"s + string(24, '\0') + length + string(17, '\0') + name;
  const auto word = [](std::size_t value) {
    return string{static_cast<char>(value & 0xFFU), static_cast<char>(value >> 8U)} + "\0\0"s;
  };
  return local + directory + "PK\5\6"s + string(4, '\0') + "\1\0\1\0"s + word(directory.size()) + word(local.size()) +
         "\0\0"s;
}

// Each is wrapped around a page, which a reader of PDF shows as if nothing were there.
void add_two_types(Room& room) {
  struct Foreign {
    const char* name;
    string bytes;
    FindingCode before;
    FindingCode after;
  };
  const auto foreign = FindingCode::kForeignMagic;
  const auto markup = FindingCode::kMarkupHead;
  const string page = clean_page();
  const std::vector<Foreign> types{
      {"ZIP", archive("a.txt"), foreign, FindingCode::kZipTail},
      {"JAR", archive("META-INF/MANIFEST.MF"), foreign, FindingCode::kZipTail},
      {"RAR", "Rar!\x1A\x07\x01\0"s + string(20, '\0'), foreign, foreign},
      {"GIF", "GIF89a\1\0\1\0\0\0\0;"s, foreign, foreign},
      {"JPEG", "\xFF\xD8\xFF\xE0\0\x10JFIF\0"s, foreign, foreign},
      {"PE", "MZ"s + string(80, '\0'), foreign, foreign},
      {"ELF", "\177ELF\2\1\1"s + string(57, '\0'), foreign, foreign},
      {"shell script", "#!/bin/inert\n", foreign, foreign},
      {"PHP", "<?php inert(); ?>\n", foreign, foreign},
      {"HTML", "<html><body>inert</body></html>\n", markup, markup},
  };
  for (const Foreign& type : types) {
    room.add(type.name + " before"s, type.bytes + page, Outcome::kSuspicious, {type.before});
    room.add(type.name + " after"s, page + type.bytes, Outcome::kSuspicious, {type.after});
  }
  room.add("JavaScript around", "var inert = 1; /*\n" + page + "*/ inert = 2;\n", Outcome::kSuspicious, {foreign});
}

// The offset of the last table, as a number of ten digits.
string last_table(const string& document) {
  const string offset = std::to_string(document.rfind("\nxref\n") + 1);
  return string(10 - offset.size(), '0') + offset;
}

void add_tables(Room& room) {
  const string gap = "/Prev 9999999999";
  string own = one_page({.trailer = gap});
  own.replace(own.find(gap) + 6, 10, last_table(own));
  room.add("table that is its own predecessor", own, Outcome::kRepaired, {FindingCode::kRecovered});
  string ring = with_update(one_page({.trailer = gap}), {{4, stream_body("", "BT (Changed) Tj ET")}});
  ring.replace(ring.find(gap) + 6, 10, last_table(ring));
  room.add("tables in a ring", ring, Outcome::kRepaired, {FindingCode::kRecovered});
  string size = clean_page();
  const std::size_t number = size.rfind("/Size ") + 6;
  size.replace(number, size.find(' ', number) - number, "2147483647");
  room.add("table that claims too many objects", size, Outcome::kRepaired, {FindingCode::kRecovered});
}

// Codes that each name the string before and one byte more: seven million bytes of five thousand.
string lzw_bomb(int rounds) {
  string out;
  unsigned bits = 0;
  unsigned count = 0;
  unsigned width = 9;
  const auto put = [&](unsigned code) {
    bits = (bits << width) | code;
    for (count += width; count >= 8; count -= 8)
      out += static_cast<char>(bits >> (count - 8) & 0xFFU);
    bits &= (1U << count) - 1;
  };
  for (int round = 0; round < rounds; ++round) {
    put(256);
    width = 9;
    put(0);
    for (unsigned code = 258; code < 4094; ++code) {
      put(code);
      if (width < 12 && code + 2 >= 1U << width) ++width;
    }
  }
  put(257);
  return out + static_cast<char>(bits << (8 - count) & 0xFFU);
}

// The table leads to an object stream in the middle of another stream, which no reader of whole objects comes by.
string buried_object_stream(const string& members) {
  PdfFrame frame;
  frame.begin();
  frame.put(1, "<< /Type /Catalog /Pages 2 0 R /Lang 5 0 R >>");
  frame.put(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  frame.put(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>");
  const std::size_t before = frame.size();
  const string mark = "6 0 obj";
  frame.put(4, stream_body("", mark + "\n" + flate_body("/Type /ObjStm /N 1 /First 4", members) + "\nendobj\n"));
  frame.note(6, frame.file().find(mark, before));
  const std::size_t table = frame.size();
  frame.note(7, table);
  string rows(6, '\0');
  for (int number = 1; number <= 7; ++number) {
    const std::size_t middle = number == 5 ? 6 : frame.offset(number);
    rows += static_cast<char>(number == 5 ? 2 : 1);
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      rows += static_cast<char>(middle >> shift & 0xFFU);
    rows += '\0';
  }
  frame.put(7, stream_body("/Type /XRef /W [1 4 1] /Size 8 /Root 1 0 R", rows));
  frame.append("startxref\n" + std::to_string(table) + "\n%%EOF\n");
  return frame.file();
}

void add_bombs(Room& room) {
  room.add("object stream inside another stream that bursts",
           buried_object_stream("5 0 (en)" + string(std::size_t{80} << 20U, ' ')), Outcome::kBomb,
           {FindingCode::kInflatesTooFar});
  room.add("LZW bomb", one_page({.more = {stream_body("/Filter /LZWDecode", lzw_bomb(6))}}), Outcome::kBomb,
           {FindingCode::kInflatesTooFar});
  room.add("object stream with rows of absurd width",
           one_page({.more = {flate_body("/Type /ObjStm /N 1 /First 4 /DecodeParms << /Predictor 12 /Columns "
                                         "2147483647 >>",
                                         "9 0 null")}}),
           Outcome::kBomb, {FindingCode::kInflatesTooFar});
}

}  // namespace

void add_edge_attacks(std::vector<ExpectedDocument>& all) {
  Room room(all);
  add_two_types(room);
  add_tables(room);
  add_bombs(room);
}

}  // namespace lazaret::testing_support
