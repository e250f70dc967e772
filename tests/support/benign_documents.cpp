// The benign twins: what real writers make, and what only looks like an attack.
#include "tests/support/document_kit.h"
#include "tests/support/hidings.h"
#include "tests/support/pdf_parts.h"

namespace lazaret::testing_support {
namespace {

using inspect::FindingCode;
using std::string;

class Room {
 public:
  explicit Room(std::vector<ExpectedDocument>& all) : all_(all) {}
  void add(string name, string bytes, Outcome outcome = Outcome::kClean, std::vector<FindingCode> codes = {}) {
    all_.push_back({std::move(name), std::move(bytes), outcome, std::move(codes), false});
  }

 private:
  std::vector<ExpectedDocument>& all_;
};

// What annotation tools and form fillers append.
void add_saved_again(std::vector<ExpectedDocument>& all) {
  Room room(all);
  const string link = "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/) >> >>";
  const string linked = one_page({.page = "/Annots [5 0 R]", .more = {link}});
  room.add("link moved by a second save",
           with_update(linked, {{5,
                                 "<< /Type /Annot /Subtype /Link /Rect [9 9 99 99] /A << /S /URI /URI "
                                 "(https://example.org/) >> >>"}}));
  room.add("link removed by a second save",
           with_update(linked, {{3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"}}));
  room.add("note added by a second save",
           with_update(clean_page(),
                       {{3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [5 0 R] >>"},
                        {5, "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (Seen) >>"}}));
  const string scripted = one_page(
      {.catalog = "/AcroForm << /Fields [5 0 R] >>",
       .page = "/Annots [5 0 R]",
       .more = {"<< /FT /Tx /T (f) /Subtype /Widget /Rect [0 0 9 9] /AA << /C << /S /JavaScript /JS (inert) >> "
                ">> >>"}});
  room.add("form with script, filled in and saved",
           with_update(scripted, {{5,
                                   "<< /FT /Tx /T (f) /Subtype /Widget /Rect [0 0 9 9] /V (120) /AA << /C << /S "
                                   "/JavaScript /JS (inert) >> >> >>"}}),
           Outcome::kActive, {FindingCode::kJavaScript});
  string many = clean_page();
  for (int i = 0; i < 20; ++i)
    many = with_update(many, {{4, stream_body("", "BT (Save " + std::to_string(i) + ") Tj ET")}});
  room.add("twenty saves", many);
  room.add("object streams", hide(linked, Hiding::kObjectStream));
  room.add("hybrid table", hide(linked, Hiding::kHybrid));
  room.add("filters chained", hide(one_page({.more = {flate_body("", "text")}}), Hiding::kChainedFilters));
}

void add_signed(std::vector<ExpectedDocument>& all) {
  Room room(all);
  const string page = signed_page();
  const string catalog = "<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [5 0 R] >> ";
  room.add("signed", page);
  room.add("signed, with validation data", with_update(page, {{1, catalog + "/DSS 7 0 R >>"},
                                                              {7, "<< /Type /DSS /Certs [8 0 R] >>"},
                                                              {8, flate_body("", "certificate")}}));
  room.add(
      "signed and stamped with a time",
      with_update(page, {{1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [5 0 R 7 0 R] >> >>"},
                         {7, "<< /FT /Sig /T (time) /Subtype /Widget /Rect [0 0 0 0] /V 8 0 R >>"},
                         {8, "<< /Type /DocTimeStamp /Filter /Adobe.PPKLite >>"}}));
  room.add(
      "signed, then a field filled in",
      with_update(page, {{3,
                          "<< /Type /Page /Extra [5 0 R 6 0 R ] /Parent 2 0 R /MediaBox [0 0 595 842] /Contents "
                          "4 0 R /Annots [5 0 R 7 0 R] >>"},
                         {7, "<< /FT /Tx /T (name) /Subtype /Widget /Rect [0 0 9 9] /V (Tan) /AP << /N 8 0 R >> >>"},
                         {8, flate_body("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", "BT (Tan) Tj ET")}}));
}

// Files as they come from scanners, printers and mail, and from writers with habits of their own.
void add_written_by_others(std::vector<ExpectedDocument>& all) {
  Room room(all);
  const string page = clean_page();
  room.add("xref offset that is wrong", hide(page, Hiding::kBrokenTable), Outcome::kRepaired,
           {FindingCode::kRecovered});
  string no_end = page;
  no_end.erase(no_end.find("endobj\n"), 7);
  room.add("object without an end", no_end, Outcome::kRepaired);
  room.add("bytes before and an offset table that counts them", string(100, '\n') + page, Outcome::kRepaired,
           {FindingCode::kLeadingBytes});
  room.add("mail headers before", "Content-Type: application/pdf\r\nAccept: */*\r\n\r\n" + page, Outcome::kRepaired,
           {FindingCode::kLeadingBytes});
  room.add("zeros after the end", page + string(4096, '\0'), Outcome::kRepaired, {FindingCode::kRecovered});
  room.add("portfolio of letters",
           one_page({.catalog = "/Collection << /View /D >> /Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>",
                     .more = {"<< /Type /Filespec /F (letter.pdf) /EF << /F 6 0 R >> >>",
                              flate_body("/Type /EmbeddedFile", clean_page())}}),
           Outcome::kActive, {FindingCode::kEmbeddedFile});
  room.add("invoice with its data (PDF/A-3)",
           with_attachment("factur-x.xml", "<?xml version='1.0'?><rsm:CrossIndustryInvoice xmlns:rsm='urn:a'/>"),
           Outcome::kActive, {FindingCode::kEmbeddedFile});
  room.add("clinical document attached",
           with_attachment("cda.xml",
                           "<?xml version='1.0' encoding='UTF-8'?>\n<?xml-stylesheet type='text/xsl' "
                           "href='CDA.xsl'?>\n<!DOCTYPE ClinicalDocument>\n<ClinicalDocument xmlns='urn:hl7-org:v3' "
                           "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><title>Discharge</title>"
                           "<text>&lt;!ENTITY x SYSTEM 'y'&gt; is text</text></ClinicalDocument>"),
           Outcome::kActive, {FindingCode::kEmbeddedFile});
  room.add("text attached that begins with a bracket", with_attachment("notes.txt", "<see SYSTEM notes of ward 7>"),
           Outcome::kActive, {FindingCode::kEmbeddedFile});
  room.add("metadata of PDF/A",
           one_page({.catalog = "/Metadata 5 0 R",
                     .more = {stream_body("/Type /Metadata /Subtype /XML",
                                          "<?xpacket begin='\xEF\xBB\xBF' id='W5M0MpCehiHzreSzNTczkc9d'?>"
                                          "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/"
                                          "1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>\n   \n<?xpacket end='w'?>")}}));
  room.add("metadata that is no XML",
           one_page({.catalog = "/Metadata 5 0 R", .more = {stream_body("/Type /Metadata /Subtype /XML", "<broken")}}));
  room.add("font with a matrix",
           one_page({.more = {"<< /Type /Font /Subtype /Type3 /FontMatrix [0.001 0 0 0.001 0 0] >>"}}));
  room.add(
      "calculator",
      one_page({.more = {flate_body("/FunctionType 4 /Domain [0 1] /Range [0 1]", "{ % (half) of it\n 0.5 mul }")}}));
  room.add("form with script that adds up",
           one_page({.catalog = "/AcroForm << /Fields [5 0 R] /CO [5 0 R] >>",
                     .page = "/Annots [5 0 R]",
                     .more = {"<< /FT /Tx /T (sum) /Subtype /Widget /Rect [0 0 9 9] /AA << /C << /S /JavaScript /JS "
                              "(AFSimple_Calculate\\(\"SUM\", [\"a\"]\\);) >> >> >>"}}),
           Outcome::kActive, {FindingCode::kJavaScript});
}

}  // namespace

std::vector<ExpectedDocument> benign_documents() {
  std::vector<ExpectedDocument> all;
  const auto add = [&all](string name, string bytes, std::vector<FindingCode> codes = {}) {
    all.push_back({std::move(name), std::move(bytes), Outcome::kClean, std::move(codes)});
  };
  add("one page", clean_page());
  add("page that says JavaScript", one_page({.content = "BT (/JavaScript /Launch %PDF-1.4 /J#61vaScript) Tj ET"}));
  add("OpenAction to a page", with_open_action("[3 0 R /Fit]"));
  add("OpenAction by GoTo", with_open_action("<< /S /GoTo /D [3 0 R /Fit] >>"));
  add("OpenAction that prints", with_open_action("<< /S /Named /N /Print >>"));
  for (const char* uri : {"https://example.org/", "http://example.org/", "mailto:a@example.org", "tel:+6560000000"}) {
    add("link to " + string(uri), with_link("<< /S /URI /URI (" + string(uri) + ") >>"), {FindingCode::kUri});
  }
  add("link inside", with_link("<< /S /GoTo /D [3 0 R /Fit] >>"));
  add("form", one_page({.catalog = "/AcroForm << /Fields [5 0 R] /NeedAppearances true >>",
                        .page = "/Annots [5 0 R]",
                        .more = {"<< /FT /Tx /T (name) /Subtype /Widget /Rect [0 0 99 9] /V (Tan) >>"}}));
  add("scan", one_page({.more = {stream_body("/Subtype /Image /Width 2480 /Height 3508 /ColorSpace /DeviceGray "
                                             "/BitsPerComponent 8 /Filter /DCTDecode",
                                             "\xFF\xD8\xFF\xE0 MZ PK\3\4 %PDF- #!/")}}));
  add("white scan", one_page({.more = {flate_body("/Subtype /Image /Width 9600 /Height 36000 /ColorSpace /DeviceGray "
                                                  "/BitsPerComponent 1",
                                                  string(std::size_t{1200} * 36'000, '\0'))}}));
  add("tagged structure", one_page({.catalog = "/StructTreeRoot 5 0 R",
                                    .more = {"<< /Type /StructTreeRoot /K << /Type /StructElem /S /Document >> >>"}}));
  add("metadata",
      one_page({.catalog = "/Metadata 5 0 R",
                .more = {stream_body("/Type /Metadata /Subtype /XML",
                                     "<?xpacket?><x:xmpmeta xmlns:x='adobe:ns:meta/'/><?xpacket end='w'?>")}}));
  add("name escaped for need", one_page({.page = "/Resources << /Font << /F#20One 5 0 R >> >>",
                                         .more = {"<< /Type /Font /Subtype /Type1 /BaseFont /Arial#2CBold >>"}}));
  add("one incremental save", with_update(clean_page(), {{4, stream_body("", "BT (Changed) Tj ET")}}));
  add_saved_again(all);
  add_signed(all);
  add_written_by_others(all);
  return all;
}

}  // namespace lazaret::testing_support
