#include "tests/support/attack_documents.h"

#include "sandbox/rules/eicar.h"
#include "tests/support/document_kit.h"
#include "tests/support/hidings.h"

namespace lazaret::testing_support {
namespace {

using inspect::FindingCode;
using std::string;

string clean_page_with_orphan(const string& object) {
  PdfText pdf;
  pdf.add("<< /Type /Catalog /Pages 2 0 R >>");
  pdf.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  pdf.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>");
  pdf.add(object);
  return pdf.finish();
}

string nested_arrays(std::size_t depth) {
  return string(depth, '[') + string(depth, ']');
}

string small_zip() {
  using namespace std::string_literals;
  const string local = "PK\3\4"s + string(26, '\0');
  const string directory = "PK\1\2"s + string(42, '\0');
  const string end = "PK\5\6"s + string(4, '\0') + "\1\0\1\0"s + "\x2E\0\0\0"s + string(6, '\0');
  return local + directory + end;
}

string page_tree_chain(int depth) {
  PdfText pdf;
  pdf.add("<< /Type /Catalog /Pages 2 0 R >>");
  for (int i = 0; i < depth; ++i)
    pdf.add("<< /Type /Pages /Count 1 /Kids [" + std::to_string(i + 3) + " 0 R] >>");
  pdf.add("<< /Type /Page /MediaBox [0 0 9 9] >>");
  return pdf.finish();
}

void add_actions(std::vector<ExpectedDocument>& all) {
  const auto add = [&all](string name, string bytes, Outcome outcome, std::vector<FindingCode> codes) {
    all.push_back({std::move(name), std::move(bytes), outcome, std::move(codes)});
  };
  const string script = "<< /S /JavaScript /JS (inert) >>";
  add("script by OpenAction", with_open_action(script), Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  add("script by a page", with_page_action(script), Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  add("script by a click", with_link(script), Outcome::kActive, {FindingCode::kJavaScript});
  add("script in a stream",
      one_page({.catalog = "/OpenAction << /S /JavaScript /JS 5 0 R >>", .more = {flate_body("", "inert")}}),
      Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  add("script in the names tree",
      one_page({.catalog = "/Names << /JavaScript << /Kids [5 0 R] >> >>",
                .more = {"<< /Limits [(a) (a)] /Names [(a) 6 0 R] >>", script}}),
      Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  add("script behind a chain",
      with_open_action("<< /S /GoTo /D [3 0 R /Fit] /Next [ << /S /Named /N /NextPage /Next " + script + " >> ] >>"),
      Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  all.push_back({"script that nothing refers to",
                 clean_page_with_orphan(script),
                 Outcome::kActive,
                 {FindingCode::kJavaScript},
                 false});
  add("script in a form field",
      one_page({.catalog = "/AcroForm << /Fields [5 0 R] >>",
                .page = "/Annots [5 0 R]",
                .more = {"<< /FT /Tx /T (f) /Subtype /Widget /Rect [0 0 9 9] /AA << /C " + script + " >> >>"}}),
      Outcome::kActive, {FindingCode::kJavaScript});
  add("program started for Windows", with_open_action("<< /S /Launch /Win << /F (cmd.exe) /P (/c inert) >> >>"),
      Outcome::kMalicious, {FindingCode::kLaunch});
  add("program started by a click", with_link("<< /S /Launch /F (/bin/inert) >>"), Outcome::kMalicious,
      {FindingCode::kLaunch});
  add("program started for Unix", with_page_action("<< /S /Launch /Unix << /F (inert.sh) >> >>"), Outcome::kMalicious,
      {FindingCode::kLaunch});
  add("neighbouring document opened", with_link("<< /S /Launch /F (appendix.pdf) >>"), Outcome::kSuspicious,
      {FindingCode::kLaunchNeighbour});
  add("neighbouring document opened by name", with_link("<< /S /Launch /Win << /F (appendix.pdf) /O (open) >> >>"),
      Outcome::kSuspicious, {FindingCode::kLaunchNeighbour});
  add("neighbouring document with parameters", with_link("<< /S /Launch /Win << /F (a.pdf) /P (inert) >> >>"),
      Outcome::kMalicious, {FindingCode::kLaunch});
  add("form sent by a click", with_link("<< /S /SubmitForm /F << /FS /URL /F (https://example.org/f) >> >>"),
      Outcome::kActive, {FindingCode::kSubmitForm});
  add("form sent by itself", with_open_action("<< /S /SubmitForm /F << /FS /URL /F (https://example.org/f) >> >>"),
      Outcome::kSuspicious, {FindingCode::kSubmitForm, FindingCode::kAutoRunUri});
  add("data imported", with_link("<< /S /ImportData /F (data.fdf) >>"), Outcome::kActive, {FindingCode::kImportData});
  add("place in another file", with_link("<< /S /GoToR /F (other.pdf) /D [0 /Fit] >>"), Outcome::kActive,
      {FindingCode::kGoToRemote});
  add("place in an attachment", with_link("<< /S /GoToE /T << /R /C /N (a) >> /D [0 /Fit] >>"), Outcome::kActive,
      {FindingCode::kGoToEmbedded});
}

void add_targets(std::vector<ExpectedDocument>& all) {
  const auto add = [&all](string name, string bytes, Outcome outcome, std::vector<FindingCode> codes) {
    all.push_back({std::move(name), std::move(bytes), outcome, std::move(codes)});
  };
  add("address visited by itself", with_open_action("<< /S /URI /URI (https://example.org/) >>"), Outcome::kSuspicious,
      {FindingCode::kAutoRunUri});
  add("address visited by a page", with_page_action("<< /S /URI /URI (https://example.org/) >>"), Outcome::kSuspicious,
      {FindingCode::kAutoRunUri});
  add("link that runs script", with_link("<< /S /URI /URI (java\\nscript:inert) >>"), Outcome::kSuspicious,
      {FindingCode::kDangerousUri});
  add("link to script in UTF-16", with_link("<< /S /URI /URI " + utf16_string("JavaScript:inert") + " >>"),
      Outcome::kSuspicious, {FindingCode::kDangerousUri});
  add("link to a local file", with_link("<< /S /URI /URI (file:///C:/inert.txt) >>"), Outcome::kSuspicious,
      {FindingCode::kDangerousUri});
  add("link to a share", with_link("<< /S /URI /URI (file://host.example/share/x) >>"), Outcome::kSuspicious,
      {FindingCode::kUncPath});
  add("remote file on a share, by a click", with_link("<< /S /GoToR /F (\\\\\\\\host.example\\\\share) /D [0 /Fit] >>"),
      Outcome::kSuspicious, {FindingCode::kUncPath});
  for (const char* path : {"\\\\\\\\host.example\\\\share", "//host.example/share", "smb://host.example/share",
                           "\\\\\\\\host.example@SSL\\\\DavWWWRoot\\\\x"}) {
    add("share opened by itself: " + string(path),
        with_page_action("<< /S /GoToR /F (" + string(path) + ") /D [0 /Fit] >>"), Outcome::kMalicious,
        {FindingCode::kAutoRunUnc});
  }
  add("share in a file reference, opened by itself",
      with_page_action("<< /S /GoToE /F << /Type /Filespec /UF (//host.example/x) >> /D [0 /Fit] >>"),
      Outcome::kMalicious, {FindingCode::kAutoRunUnc});
  add("content in another file", one_page({.more = {stream_body("/F (content.bin)", "")}}), Outcome::kSuspicious,
      {FindingCode::kExternalStream});
}

void add_contents(std::vector<ExpectedDocument>& all) {
  const auto add = [&all](string name, string bytes, Outcome outcome, std::vector<FindingCode> codes) {
    all.push_back({std::move(name), std::move(bytes), outcome, std::move(codes)});
  };
  add("attached text", with_attachment("results.csv", "a,b\n1,2\n"), Outcome::kActive, {FindingCode::kEmbeddedFile});
  add("attached XML", with_attachment("cda.xml", "<?xml version=\"1.0\"?><?xml-stylesheet href=\"a.xsl\"?><a/>"),
      Outcome::kActive, {FindingCode::kEmbeddedFile});
  add("attached program", with_attachment("results.csv", "MZ" + string(200, '\0')), Outcome::kMalicious,
      {FindingCode::kExecutableAttachment});
  add("attached program without a type", with_attachment("results.csv", "\177ELF\2\1\1" + string(60, '\0'), ""),
      Outcome::kMalicious, {FindingCode::kExecutableAttachment});
  add("attached script", with_attachment("run.vbs", "inert"), Outcome::kMalicious,
      {FindingCode::kExecutableAttachment});
  add("attached script with a double name", with_attachment("results.pdf.JS", "inert"), Outcome::kMalicious,
      {FindingCode::kExecutableAttachment});
  add("attached web page", with_attachment("results.txt", "<!DOCTYPE html><html></html>"), Outcome::kSuspicious,
      {FindingCode::kMarkupAttachment});
  add("attached macros", with_attachment("results.xlsm", "PK"), Outcome::kSuspicious, {FindingCode::kMacroAttachment});
  add("attached document", with_attachment("appendix.pdf", clean_page()), Outcome::kActive,
      {FindingCode::kEmbeddedFile});
  add("attached document with script",
      with_attachment("appendix.pdf", with_open_action("<< /S /JavaScript /JS (inert) >>")), Outcome::kSuspicious,
      {FindingCode::kNestedActions});
  add("attached document that starts a program",
      with_attachment("appendix.dat", with_open_action("<< /S /Launch /F (inert.exe) >>")), Outcome::kMalicious,
      {FindingCode::kLaunch});
  add("program in an attached document",
      with_attachment("outer.pdf", with_attachment("inner.txt", "MZ" + string(99, '\0'))), Outcome::kMalicious,
      {FindingCode::kExecutableAttachment});
  add("attached documents nested too deep",
      with_attachment("a.pdf", with_attachment("b.pdf", with_attachment("c.pdf", clean_page()))), Outcome::kSuspicious,
      {FindingCode::kLockedAttachment});
  add("attached antivirus test", with_attachment("a.txt", sandbox::eicar_test_string()), Outcome::kMalicious,
      {FindingCode::kEicar});
  add("antivirus test in a stream", one_page({.more = {flate_body("", sandbox::eicar_test_string())}}),
      Outcome::kMalicious, {FindingCode::kEicar});
  add("antivirus test behind two filters",
      one_page({.more = {stream_body("/Filter [/ASCIIHexDecode /FlateDecode]",
                                     hex(flate(sandbox::eicar_test_string())) + ">")}}),
      Outcome::kMalicious, {FindingCode::kEicar});
  add("antivirus test attached to an attached document",
      with_attachment("inner.pdf", with_attachment("a.txt", sandbox::eicar_test_string())), Outcome::kMalicious,
      {FindingCode::kEicar});
  add("antivirus test in a stream of an attached document",
      with_attachment("inner.pdf", one_page({.more = {flate_body("", sandbox::eicar_test_string())}})),
      Outcome::kMalicious, {FindingCode::kEicar});
  add("XFA form", one_page({.catalog = "/AcroForm << /Fields [] /XFA 5 0 R >>", .more = {flate_body("", "<xdp/>")}}),
      Outcome::kActive, {FindingCode::kXfa});
  add("rich media", one_page({.page = "/Annots [ << /Subtype /RichMedia /Rect [0 0 9 9] >> ]"}), Outcome::kActive,
      {FindingCode::kRichMedia});
  add("flate bomb", one_page({.more = {flate_body("", string(std::size_t{40} << 20U, '\0'))}}), Outcome::kBomb,
      {FindingCode::kInflatesTooFar});
  add("flate bomb in a flate bomb",
      one_page({.more = {stream_body("/Filter [/FlateDecode /FlateDecode]",
                                     flate(flate(string(std::size_t{40} << 20U, '\0'))))}}),
      Outcome::kBomb, {FindingCode::kInflatesTooFar});
  add("image of absurd size",
      one_page({.more = {stream_body("/Subtype /Image /Width 999999 /Height 999999 /ColorSpace /DeviceRGB "
                                     "/BitsPerComponent 8 /Filter /DCTDecode",
                                     "\xFF\xD8")}}),
      Outcome::kBomb, {FindingCode::kHugeImage});
  add("nested too deep", one_page({.more = {nested_arrays(200)}}), Outcome::kBomb, {FindingCode::kTooDeep});
  all.push_back({"page tree too deep", page_tree_chain(150), Outcome::kBomb, {FindingCode::kTooDeep}, false});
}

void add_surroundings(std::vector<ExpectedDocument>& all) {
  using namespace std::string_literals;
  const auto add = [&all](string name, string bytes, Outcome outcome, std::vector<FindingCode> codes) {
    all.push_back({std::move(name), std::move(bytes), outcome, std::move(codes), false});
  };
  const string page = clean_page();
  add("nothing", "", Outcome::kNotPdf, {FindingCode::kEmptyFile});
  add("a picture", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0"s, Outcome::kNotPdf,
      {FindingCode::kTypeMismatch});
  add("a text", "Blood count, 24 November\n", Outcome::kNotPdf, {FindingCode::kNoHeader});
  add("header too late", string(1100, ' ') + page, Outcome::kNotPdf, {FindingCode::kNoHeader});
  add("bare antivirus test", sandbox::eicar_test_string(), Outcome::kMalicious, {FindingCode::kEicar});
  add("antivirus test after the end", page + sandbox::eicar_test_string(), Outcome::kMalicious, {FindingCode::kEicar});
  const string commented = one_page({.more = {"[ 1 ] % " + sandbox::eicar_test_string() + "\n"}});
  add("antivirus test in an object stream", hide(commented, Hiding::kObjectStream), Outcome::kMalicious,
      {FindingCode::kEicar});
  add("antivirus test in an object stream that no table leads to", hide(commented, Hiding::kLooseObjectStream),
      Outcome::kMalicious, {FindingCode::kEicar});
  add("byte order mark before", "\xEF\xBB\xBF" + page, Outcome::kRepaired, {FindingCode::kLeadingBytes});
  add("printer control before", "\x1B%-12345X@PJL ENTER LANGUAGE=PDF\r\n" + page, Outcome::kRepaired,
      {FindingCode::kLeadingBytes});
  add("picture before", "\xFF\xD8\xFF\xE0" + page, Outcome::kSuspicious, {FindingCode::kForeignMagic});
  add("program before", "MZ" + string(80, '\0') + page, Outcome::kSuspicious, {FindingCode::kForeignMagic});
  add("interpreter before", "#!/bin/inert\n" + page, Outcome::kSuspicious, {FindingCode::kForeignMagic});
  add("web page before", "<html><script>inert</script>\n" + page, Outcome::kSuspicious, {FindingCode::kMarkupHead});
  add("lines after", page + "printed by a console\n", Outcome::kRepaired, {FindingCode::kTrailingBytes});
  add("archive after", page + small_zip(), Outcome::kSuspicious, {FindingCode::kForeignMagic, FindingCode::kZipTail});
  add("two documents", page + page, Outcome::kSuspicious, {FindingCode::kSecondHeader});
  string odd_version = page;
  odd_version.replace(5, 3, "7.3");
  add("version that is none", odd_version, Outcome::kRepaired, {FindingCode::kBadVersion});
  add("cut before the last lines", page.substr(0, page.rfind("startxref")), Outcome::kRepaired,
      {FindingCode::kTruncated, FindingCode::kRecovered});
  add("cut before the pages", page.substr(0, 60), Outcome::kMalformed,
      {FindingCode::kTruncated, FindingCode::kNoPages});
  PdfText pages;
  pages.add("<< /Type /Catalog /Pages 2 0 R >>");
  pages.add("<< /Type /Pages /Kids [] /Count 0 >>");
  add("no page", pages.finish(), Outcome::kMalformed, {FindingCode::kNoPages});
  PdfText loop;
  loop.add("<< /Type /Catalog /Pages 2 0 R >>");
  loop.add("<< /Type /Pages /Kids [2 0 R] /Count 1 >>");
  add("page tree in a ring", loop.finish(), Outcome::kMalformed, {FindingCode::kNoPages});
  add("escaped names", with_open_action("<< /S /J#61vaScript /#4aS (inert) >>"), Outcome::kSuspicious,
      {FindingCode::kEscapedName, FindingCode::kAutoRunJavaScript});
  add("escaped Launch", with_open_action("<< /S /La#75nch /F (inert.exe) >>"), Outcome::kMalicious,
      {FindingCode::kEscapedName, FindingCode::kLaunch});
  PdfText inline_root;
  inline_root.add("<< /Unused true >>");
  inline_root.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  inline_root.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>");
  add("catalog inside the trailer",
      inline_root.finish({}, "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (inert.exe) >> >>"),
      Outcome::kMalicious, {FindingCode::kLaunch});
  for (const bool is_filtered : {true, false}) {
    const string hidden = "9 0 << /S /La#75nch /F (inert.exe) >>";
    PdfText names;
    names.add("<< /Type /Catalog /Pages 2 0 R >>");
    names.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    names.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>");
    names.add_stream(string("/Type /ObjStm /N 1 /First 4") + (is_filtered ? " /Filter /FlateDecode" : ""),
                     is_filtered ? flate(hidden) : hidden);
    add(string("escaped name in an object stream") + (is_filtered ? "" : " without a filter"), names.finish(),
        Outcome::kMalicious, {FindingCode::kEscapedName, FindingCode::kHiddenObject, FindingCode::kLaunch});
  }
  PdfText burst;
  burst.add("<< /Type /Catalog /Pages 2 0 R >>");
  burst.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  burst.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>");
  burst.add_stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode",
                   flate("9 0 " + string(std::size_t{80} << 20U, ' ')));
  add("object stream that bursts", burst.finish(), Outcome::kBomb, {FindingCode::kInflatesTooFar});
}

}  // namespace

std::vector<ExpectedDocument> attack_documents() {
  std::vector<ExpectedDocument> all;
  add_actions(all);
  add_targets(all);
  add_contents(all);
  add_surroundings(all);
  add_form_attacks(all);
  add_image_attacks(all);
  add_signed_documents(all);
  add_edge_attacks(all);
  return all;
}

}  // namespace lazaret::testing_support
