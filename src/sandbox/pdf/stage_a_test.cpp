// The parts of the raw pass: tokens, dictionaries, the list of objects, object streams, and headers of pictures.
#include <gtest/gtest.h>

#include "sample/pdf_writer.h"
#include "sandbox/finding_list.h"
#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/library_stream.h"
#include "sandbox/pdf/object_census.h"
#include "sandbox/pdf/raw_scan.h"
#include "sandbox/pdf/xml.h"
#include "sandbox/types/image_codes.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;
using namespace std::string_literals;

TEST(Lexer, TellsTheTokensOfPdfApart) {
  Lexer lexer("<< /Na#6de (a(b)\\)c) <4A> [1 0 R] % left out\n>>");
  const auto next = [&lexer] { return std::string(lexer.next().text); };
  EXPECT_EQ(next(), "<<");
  EXPECT_EQ(next(), "Na#6de");
  EXPECT_EQ(next(), "(a(b)\\)c)");
  EXPECT_EQ(next(), "<4A>");
  EXPECT_EQ(next(), "[");
  EXPECT_EQ(next(), "1");
  EXPECT_EQ(next(), "0");
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "]");
  EXPECT_EQ(next(), ">>");
  EXPECT_EQ(lexer.next().kind, TokenKind::kEnd);
}

TEST(Lexer, EndsWithTextThatIsCut) {
  for (const char* text : {"(a", "<4A", "<", ">", "/", "%", "\\", ")", "("}) {
    Lexer lexer(text);
    int tokens = 0;
    while (lexer.next().kind != TokenKind::kEnd)
      ++tokens;
    EXPECT_LE(tokens, 1) << text;
  }
}

TEST(RawDictionary, FindsEntriesByTheirDecodedNames) {
  const RawDictionary dictionary(
      "5 0 obj << /Ty#70e /ObjStm /N 3 /P << /N 9 /Type /X >> /K [ << /N 8 >> ] /L 7 0 R >>");
  EXPECT_EQ(dictionary.name("Type"), "ObjStm");
  EXPECT_EQ(dictionary.number("N"), 3U);
  EXPECT_EQ(dictionary.value("L"), "7 0 R");
  EXPECT_FALSE(dictionary.has("X"));
}

TEST(RawDictionary, TakesTheLastOfTwoEntriesAsReadersDo) {
  EXPECT_EQ(RawDictionary("<< /N 1 /N 2 >>").number("N"), 2U);
}

TEST(RawDictionary, ReadsFiltersWithTheirParameters) {
  const auto filters =
      filters_of(RawDictionary("<< /Filter [/AHx /FlateDecode] /DecodeParms [null << /Predictor 12 /Columns 5 >>] >>"));
  ASSERT_TRUE(filters);
  ASSERT_EQ(filters->size(), 2U);
  EXPECT_EQ((*filters)[0].kind, FilterKind::kAsciiHex);
  EXPECT_EQ((*filters)[1].predictor, 12);
  EXPECT_EQ((*filters)[1].columns, 5);
  EXPECT_EQ(filters_of(RawDictionary("<< /Filter 9 0 R >>")), std::nullopt);
  EXPECT_TRUE(filters_of(RawDictionary("<< >>"))->empty());
}

bool tells(std::string_view text) {
  return is_telling(text, 0, text.size());
}

TEST(Census, KnowsTheNamesThatTellOfSomething) {
  EXPECT_TRUE(tells("<< /S /Launch >>"));
  EXPECT_TRUE(tells("<< /S /L#61unch >>"));
  EXPECT_TRUE(tells("<< /URI (javascript:x) >>"));
  EXPECT_TRUE(tells("<< /F (\\\\\\\\host\\\\x) >>"));
  EXPECT_TRUE(tells("<< /URI <6A> >>"));
  EXPECT_FALSE(tells("<< /S /URI /URI (https://example.org/) >>"));
  EXPECT_FALSE(tells("<< /Type /Page /Contents 4 0 R >>"));
}

Census listed(const std::string& dictionary, std::string_view decoded) {
  Census census;
  LibraryStream stream(RawDictionary(dictionary), 100, 1 << 20, census);
  for (const char c : decoded)
    stream.write(&c, 1);
  stream.finish();
  return census;
}

TEST(LibraryStream, ListsTheObjectsOfAnObjectStream) {
  const Census census = listed("<< /Type /ObjStm /N 2 /First 8 >>", "7 0 9 5 null << /S /Launch >>");
  ASSERT_EQ(census.objects.size(), 2U);
  EXPECT_EQ(census.objects[0].number, 7U);
  EXPECT_FALSE(census.objects[0].is_telling);
  EXPECT_EQ(census.objects[1].number, 9U);
  EXPECT_TRUE(census.objects[1].is_telling);
  EXPECT_EQ(census.objects[1].index, 1);
}

TEST(LibraryStream, MarksAnObjectThatItHoldsTwice) {
  const Census census = listed("<< /Type /ObjStm /N 2 /First 8 >>", "7 0 7 5 null null");
  ASSERT_EQ(census.objects.size(), 2U);
  EXPECT_TRUE(census.objects[0].is_doubled);
  EXPECT_FALSE(census.objects[1].is_doubled);
}

TEST(LibraryStream, ListsNothingWhereItsHeaderMakesNoSense) {
  EXPECT_TRUE(listed("<< /Type /ObjStm /N 1 /First 4 >>", "\x81\x93 \xF0 << /S /La#75nch >>").objects.empty());
  EXPECT_TRUE(listed("<< /Type /ObjStm /N 1 /First 99999999 >>", "9 0 << /S /Launch >>").objects.empty());
}

Census census_of(const std::string& bytes) {
  const FileReader file(bytes);
  Inflater inflater;
  FindingList findings;
  return scan_raw({file, inflater, findings}, bytes, 0, 1 << 20).census;
}

TEST(RawScan, ListsObjectsTrailersAndTheEndsOfRevisions) {
  const Census census = census_of(
      "%PDF-1.7\n1 0 obj\n<< /S /Launch >>\nendobj\n2 7 obj << /Length 9 >>\nstream\n3 0 obj x\nendstream endobj\n"
      "trailer << /Root << /AA << >> >> >>\nstartxref\n0\n%%EOF\n");
  ASSERT_EQ(census.objects.size(), 3U) << "what stands in a stream is the stream's";
  EXPECT_EQ(census.objects[0].offset, 9U);
  EXPECT_TRUE(census.objects[0].is_telling);
  EXPECT_EQ(census.objects[1].generation, 7);
  EXPECT_TRUE(census.objects[1].is_stream);
  EXPECT_EQ(census.objects[2].generation, SeenObject::kTrailer);
  EXPECT_TRUE(census.objects[2].is_telling);
  EXPECT_EQ(census.end_marks.size(), 2U);
}

TEST(RawScan, TakesNoWordForAnObject) {
  for (const char* text : {"5 obj", "x 0 obj", "5 0 object", "endobj", "5 0obj", "99999999999 0 obj", "5 65536 obj"}) {
    EXPECT_TRUE(census_of("%PDF-1.7 x\n"s + text + " << /S /Launch >>").objects.empty()) << text;
  }
}

TEST(ImageCodes, OfRealEncodersMakeSense) {
  const std::string page = "\0\0\0\0\x30\0\1\0\0\0\x13\0\0\x0D\xB4\0\0\x09\xB0\0\0\0\0\0\0\0\0\0\0\0"s;
  EXPECT_FALSE(sense_of_jbig2(page, page.size()).is_absurd);
  EXPECT_GT(sense_of_jbig2(page, page.size()).decoded_bytes, 1e6);
  const std::string dct = "\xFF\xD8\xFF\xE0\0\4xx\xFF\xC0\0\x11\x08\0\x10\0\x20\3"s;
  EXPECT_EQ(sense_of_dct(dct).decoded_bytes, 16 * 32 * 3);
}

TEST(ImageCodes, ThatAreMerelyCutAreNotAbsurd) {
  const std::string dct = "\xFF\xD8\xFF\xE0\0\4xx\xFF\xC0\0\x11\x08\0\x10\0\x20\3"s;
  const std::string jpx = "\xFF\x4F\xFF\x51\0\x29\0\0\0\0\0\x09\0\0\0\x09"s;
  for (std::size_t length = 0; length < dct.size(); ++length)
    EXPECT_FALSE(sense_of_dct(dct.substr(0, length)).is_absurd) << length;
  for (std::size_t length = 0; length <= jpx.size(); ++length)
    EXPECT_FALSE(sense_of_jpx(jpx.substr(0, length)).is_absurd) << length;
  EXPECT_FALSE(sense_of_jbig2("", 0).is_absurd);
  EXPECT_FALSE(sense_of_jbig2("\0\0\0\0\x30"s, 5).is_absurd);
}

bool xmp_holds(std::string_view text, FindingCode code) {
  FindingList findings;
  judge_xmp(text, findings, {});
  return findings.holds(code);
}

TEST(PdfXml, IsParsedNotSearched) {
  EXPECT_FALSE(xmp_holds("<a>&lt;!DOCTYPE x SYSTEM 'y'&gt;</a>", FindingCode::kExternalEntity));
  EXPECT_FALSE(xmp_holds("<a><![CDATA[<!ENTITY x SYSTEM 'y'>]]></a>", FindingCode::kExternalEntity));
  EXPECT_FALSE(xmp_holds("<?xml-stylesheet href='a.xsl'?><a/>", FindingCode::kExternalEntity));
  EXPECT_TRUE(xmp_holds("<!DOCTYPE a SYSTEM 'b'><a/>", FindingCode::kExternalEntity));
}

}  // namespace
}  // namespace lazaret::sandbox
