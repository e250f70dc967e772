// Attacks by what is too large, too deep or makes no sense: pictures, page trees, tables, filters.
#include "tests/support/document_kit.h"
#include "tests/support/pdf_parts.h"

namespace lazaret::testing_support {
namespace {

using inspect::FindingCode;
using std::string;
using namespace std::string_literals;

string with_picture(const string& filter, const string& data) {
  return one_page({.more = {stream_body("/Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 "
                                        "/ColorSpace /DeviceGray /Filter /" +
                                            filter,
                                        data)}});
}

string jpx_codestream(const string& width, const string& tile, char components) {
  string siz = "\xFF\x51\0\x29\0\0"s + width + "\0\0\0\x09"s + string(8, '\0') + tile + tile + string(8, '\0');
  siz += "\0"s + components + "\x07\x01\x01"s;
  return "\xFF\x4F"s + siz;
}

// A page tree in which every branch is named twice: as many pages as two to the power of its depth.
string shared_branches(int depth) {
  PdfText pdf;
  pdf.add("<< /Type /Catalog /Pages 2 0 R >>");
  for (int i = 0; i < depth; ++i) {
    const string next = std::to_string(i + 3) + " 0 R";
    pdf.add("<< /Type /Pages /Count 2 /Kids [" + next + " " + next + "] >>");
  }
  pdf.add("<< /Type /Page /MediaBox [0 0 9 9] >>");
  return pdf.finish();
}

string run_length_bomb(std::size_t runs) {
  string data;
  for (std::size_t i = 0; i < runs; ++i)
    data += "\x81x";
  return data + "\x80";
}

}  // namespace

void add_image_attacks(std::vector<ExpectedDocument>& all) {
  const auto add = [&all](string name, string bytes, Outcome outcome, FindingCode code, bool is_rewritable = true) {
    all.push_back({std::move(name), std::move(bytes), outcome, {code}, is_rewritable});
  };
  add("JBIG2 that refers to more segments than there are",
      with_picture("JBIG2Decode", "\0\0\0\1\0\xE0\xFF\xFF\xFF"s + string(40, '\0')), Outcome::kSuspicious,
      FindingCode::kAbsurdImage);
  add("JBIG2 with more symbols than there can be",
      with_picture("JBIG2Decode",
                   "\0\0\0\0\0\0\1\0\0\0\x18\0\0"s + string(8, '\0') + "\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF"s),
      Outcome::kSuspicious, FindingCode::kAbsurdImage);
  add("JPEG 2000 with tiles of no width", with_picture("JPXDecode", jpx_codestream("\0\0\0\x09"s, "\0\0\0\0"s, 1)),
      Outcome::kSuspicious, FindingCode::kAbsurdImage);
  add("JPEG 2000 with channels that are not there",
      with_picture("JPXDecode",
                   "\0\0\0\x26jp2h\0\0\0\x0Epclr\0\x02\x01\x07\0\0\0\0\0\x10"s
                   "cmap\0\0\0\0\0\0\1\x20"s),
      Outcome::kSuspicious, FindingCode::kAbsurdImage);
  add("JPEG 2000 of absurd size",
      with_picture("JPXDecode", jpx_codestream("\x7F\xFF\xFF\xFF"s, "\x7F\xFF\xFF\xFF"s, 1)), Outcome::kBomb,
      FindingCode::kHugeImage);
  add("page tree whose branches are shared", shared_branches(30), Outcome::kBomb, FindingCode::kTooManyObjects, false);
  PdfText count;
  count.add("<< /Type /Catalog /Pages 2 0 R >>");
  count.add("<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>");
  count.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>");
  add("page tree that claims too many", count.finish(), Outcome::kBomb, FindingCode::kTooManyObjects, false);
  add("run-length bomb in a flate bomb",
      one_page({.more = {stream_body("/Filter [/FlateDecode /RunLengthDecode]", flate(run_length_bomb(400'000)))}}),
      Outcome::kBomb, FindingCode::kInflatesTooFar);
  add("object stream that bursts by two filters",
      one_page({.more = {stream_body("/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /RunLengthDecode]",
                                     flate(run_length_bomb(700'000)))}}),
      Outcome::kBomb, FindingCode::kInflatesTooFar, false);
  add("seventeen filters",
      one_page(
          {.more = {stream_body("/Filter [/AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx "
                                "/AHx /AHx]",
                                "00>")}}),
      Outcome::kBomb, FindingCode::kTooDeep);
  for (const char* absurd :
       {"/Size 2147483647 /W [1 2 1]", "/Size 9 /W [1 2 1] /Index [0 2147483647]", "/Size 9 /W [1 99999999 1]"}) {
    add("xref stream that claims too much: " + string(absurd),
        one_page({.more = {stream_body("/Type /XRef " + string(absurd), "0000")}}), Outcome::kBomb,
        FindingCode::kTooManyObjects, false);
  }
  add("xref stream that bursts",
      one_page({.more = {stream_body("/Type /XRef /Size 9 /W [1 2 1] /Filter /FlateDecode",
                                     flate(string(std::size_t{80} << 20U, '\0')))}}),
      Outcome::kBomb, FindingCode::kInflatesTooFar, false);
}

}  // namespace lazaret::testing_support
