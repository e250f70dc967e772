// Files of text: plain, tables, JSON and XML. Each attack and each lie is seen, and its benign neighbour passes.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "sandbox/rules/eicar.h"
#include "sandbox/types/json_scan.h"
#include "tests/support/attack_documents.h"
#include "tests/support/judged_bytes.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;

class TextTypes : public testing_support::JudgedBytes {};

std::string utf16_little(std::string_view ascii) {
  std::string text = "\xFF\xFE";
  for (const char c : ascii)
    text.append({c, '\0'});
  return text;
}

std::string to_base64(std::string_view bytes) {
  return base64_encode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

TEST_F(TextTypes, PlainTextIsCleanInEveryEncoding) {
  for (const std::string& text :
       {"Blood count: normal.\r\nNext visit in May.\n"s, "\xEF\xBB\xBFH\xC3\xA4moglobin 14\n"s, "H\xE4moglobin 14\n"s,
        utf16_little("Blood count\r\n"), "\xFE\xFF\0B\0l"s, "page one\f page two\n"s, "old system\r\n\x1A"s}) {
    EXPECT_EQ(said_of("txt", text), "clean") << text;
  }
}

TEST_F(TextTypes, PlainTextMayBeginLikeAProgramDoes) {
  for (const char* text : {"MZ twins, first visit.", "BM 25, normal.", "ID3 and ID4 were seen.", "PK study, day 1"}) {
    EXPECT_EQ(said_of("txt", text), "clean") << text;
  }
}

TEST_F(TextTypes, WhatIsNoTextIsRefused) {
  for (const std::string& bytes :
       {"MZ\x90\0\x03\0\0\0"s, "\x7F"s + "ELF\x02\x01\x01"s, "text and \0 then more"s, "bell \x07"s, "\xFF\xFE\0\0"s,
        "\xFF\xFE"s + "B\0l\0o"s, "escape \x1B[31m"s, "%!PS\x04"s}) {
    EXPECT_EQ(said_of("txt", bytes), "not_pdf: binary_text") << bytes;
  }
}

TEST_F(TextTypes, PagesAndScriptsAreNoPlainText) {
  for (const std::string& text :
       {"<html><body>x</body></html>"s, "  <!DOCTYPE html>"s, "#!/bin/sh\nid\n"s, "<?php echo 1;"s, "@echo off\r\n"s,
        "<script>inert</script>"s, utf16_little("<html>")}) {
    EXPECT_EQ(said_of("txt", text), "not_pdf: type_mismatch") << text;
  }
  EXPECT_EQ(said_of("txt", "Note: <SCRIPT>inert</SCRIPT>"), "suspicious: embedded_script");
  EXPECT_EQ(said_of("txt", "The script of the interview: < none >"), "clean");
}

TEST_F(TextTypes, APdfIsNotHiddenInText) {
  EXPECT_EQ(said_of("txt", "notes\n%PDF-1.4\nmore"), "suspicious: polyglot");
}

TEST_F(TextTypes, TheAntivirusTestIsFoundInEachOfThem) {
  const std::string text = eicar_test_string();
  EXPECT_EQ(said_of("txt", text), "malicious: eicar");
  EXPECT_EQ(said_of("csv", "a,b\n" + std::string(70'000, 'x') + text), "malicious: eicar");
  EXPECT_EQ(said_of("png", text), "malicious: eicar, type_mismatch");
}

TEST_F(TextTypes, TextTellsItsEncodingAndLines) {
  EXPECT_EQ(facts_of(judge("txt", "one\ntwo")), "encoding=us-ascii lines=2");
  EXPECT_EQ(facts_of(judge("txt", "\xC3\xA4\n")), "encoding=utf-8 lines=1");
  EXPECT_EQ(facts_of(judge("txt", "\xE4\n")), "encoding=8-bit lines=1");
  EXPECT_EQ(facts_of(judge("txt", utf16_little("a\nb\n"))), "encoding=utf-16le lines=2");
  EXPECT_EQ(facts_of(judge("txt", "\xED\xA0\x80\n")), "encoding=8-bit lines=1") << "surrogates are no UTF-8";
}

TEST_F(TextTypes, TablesTellTheirColumns) {
  EXPECT_EQ(facts_of(judge("csv", "test;value;unit\nHb;14,1;g/dl\n")), "encoding=us-ascii lines=2 columns=3");
  EXPECT_EQ(facts_of(judge("csv", "\"a,b\",c\n")), "encoding=us-ascii lines=1 columns=2");
}

TEST_F(TextTypes, FormulasInTablesAreSeen) {
  for (const char* table :
       {"name,value\nx,=1+1\n", "=cmd|' /C calc'!A0,x\n", "a;\"=HYPERLINK(\"\"http://x.example\"\")\"\n",
        "a,b\n, @SUM(A1:A9)\n", "a,b\n1,+cmd|'x'!A1\n", "a,\"\t=1+1\"\n", "a,b\n1,-2+3+cmd|'x'!A0"}) {
    EXPECT_EQ(said_of("csv", table), "active: formula") << table;
  }
  EXPECT_EQ(said_of("csv", utf16_little("a,=1+1\n")), "active: formula");
}

TEST_F(TextTypes, NumbersAndPhonesInTablesAreNoFormulas) {
  for (const char* table : {"base excess,-5.2\n", "phone,+65 6123 4567\n", "note,-\n", "at,@home\n", "eq,=\n",
                            "note,\"said \"\"=1\"\" twice\"\n", "a=b,c\n"}) {
    EXPECT_EQ(said_of("csv", table), "clean") << table;
  }
}

TEST_F(TextTypes, ATableWhoseLastQuoteIsMissingIsTold) {
  EXPECT_EQ(said_of("csv", "a,\"b\n1,2\n"), "repaired: truncated");
}

TEST_F(TextTypes, WellFormedJsonIsClean) {
  for (const char* text : {R"({"resourceType":"Observation","valueQuantity":{"value":-1.5e+3}})", "[]", " [1, 0.5] ",
                           R"({"a":"\ud83d\ude00 \"quoted\" \u00e4"})", "\xEF\xBB\xBF{}", R"([true,false,null,{}])"}) {
    EXPECT_EQ(said_of("json", text), "clean") << text;
  }
}

TEST_F(TextTypes, BrokenJsonIsUnreadable) {
  for (const char* text :
       {"{", "[1,]", "{\"a\":1,}", "{'a':1}", "[01]", "[1.]", "[.5]", "[1e]", "[-]", "[tru]", "[\"\\x\"]",
        "[\"\\u12g4\"]", "{} {}", "{\"a\" 1}", "[1}", "[\"a\nb\"]", "{\"a\":1 \"b\":2}"}) {
    EXPECT_EQ(said_of("json", text), "malformed: unreadable") << text;
  }
  EXPECT_EQ(said_of("json", "nothing like it"), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("json", utf16_little("{}")), "malformed: unreadable");
}

TEST_F(TextTypes, JsonThatIsTooDeepIsABomb) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(said_of("json", nested(128)), "clean");
  EXPECT_EQ(said_of("json", nested(129)), "bomb: too_deep");
  EXPECT_EQ(said_of("json", std::string(5'000'000, '[')), "bomb: too_deep");
}

TEST_F(TextTypes, ScriptInJsonIsSeenHoweverItIsWritten) {
  EXPECT_EQ(said_of("json", R"({"div":"<div><script>inert</script></div>"})"), "suspicious: embedded_script");
  EXPECT_EQ(said_of("json", R"({"div":"\u003cSCR\u0049PT>inert"})"), "suspicious: embedded_script");
  EXPECT_EQ(said_of("json", R"({"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Blood count</div>"})"), "clean");
}

TEST_F(TextTypes, FilesInsideJsonAreJudgedByTheirBytes) {
  const auto with_file = [](std::string_view bytes) {
    return R"({"resourceType":"Binary","contentType":"text/plain","data":")" + to_base64(bytes) + "\"}";
  };
  EXPECT_EQ(said_of("json", with_file("MZ" + std::string(62, '\0'))), "malicious: executable_attachment");
  EXPECT_EQ(said_of("json", with_file("  " + eicar_test_string())), "malicious: eicar");
  EXPECT_EQ(said_of("json", with_file("Blood count: all normal.")), "clean");
  EXPECT_EQ(said_of("json", with_file(testing_support::one_page({}))), "clean");
  EXPECT_EQ(
      said_of("json", with_file(testing_support::one_page({.catalog = "/OpenAction << /S /Launch /F (inert.exe) >>"}))),
      "malicious: launch");
}

TEST_F(TextTypes, JsonTellsItsResource) {
  const inspect::Report report = judge("json", R"({"resourceType":"Bundle","entry":[{"resourceType":"Patient"}]})");
  EXPECT_EQ(facts_of(report), "format=fhir resource_type=Bundle encoding=us-ascii");
  EXPECT_EQ(report.content_type, "application/json");
}

constexpr std::string_view kCda =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"CDA.xsl\"?>\n"
    "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
    "<title>Discharge letter</title><component><structuredBody/></component></ClinicalDocument>";

TEST_F(TextTypes, AClinicalDocumentWithItsStyleSheetIsClean) {
  const inspect::Report report = judge("xml", kCda, "text/xml");
  EXPECT_EQ(in_words(report), "clean");
  EXPECT_EQ(facts_of(report), "format=cda");
  EXPECT_EQ(report.content_type, "application/xml");
}

TEST_F(TextTypes, XmlIsReadInEveryUsualEncoding) {
  EXPECT_EQ(said_of("xml", "<?xml version='1.0' encoding='windows-1252'?><a>\x80 \xE4</a>"), "clean");
  EXPECT_EQ(said_of("xml", "<?xml version='1.0' encoding='ISO-8859-15'?><a>\xA4</a>"), "clean");
  EXPECT_EQ(said_of("xml", utf16_little("<?xml version='1.0' encoding='UTF-16'?><a/>")), "clean");
  EXPECT_EQ(said_of("xml", "<?xml version='1.0' encoding='UTF-7'?><a/>"), "malformed: unreadable");
}

TEST_F(TextTypes, XmlThatOpensSomethingOutsideIsMalicious) {
  for (const char* text :
       {"<!DOCTYPE a SYSTEM 'http://x.example/a.dtd'><a/>", "<!DOCTYPE a PUBLIC '-//X//EN' 'a.dtd'><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://x.example/'> %x;]><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'x' NDATA png>]><a/>"}) {
    EXPECT_EQ(said_of("xml", text), "malicious: external_entity") << text;
  }
  EXPECT_EQ(said_of("xml", utf16_little("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///x'>]><a>&x;</a>")),
            "malicious: external_entity");
  EXPECT_EQ(said_of("xml", "<a>In XML, &lt;!ENTITY x SYSTEM 'y'&gt; opens a file.</a>"), "clean");
  EXPECT_EQ(said_of("xml", "<a><!-- <!ENTITY x SYSTEM 'y'> --></a>"), "clean");
  EXPECT_EQ(said_of("xml", "<!DOCTYPE ClinicalDocument><ClinicalDocument/>"), "clean");
}

TEST_F(TextTypes, EntitiesOfItsOwnAreSuspiciousAndABombWhereTheyUnfold) {
  EXPECT_EQ(said_of("xml", "<!DOCTYPE a [<!ENTITY x 'ward 7'>]><a>&x;</a>"), "suspicious: internal_entity");
  std::string laughs = "<!DOCTYPE a [<!ENTITY x0 'ha'>";
  for (int i = 1; i < 12; ++i) {
    laughs += "<!ENTITY x" + std::to_string(i) + " '";
    for (int k = 0; k < 10; ++k)
      laughs += "&x" + std::to_string(i - 1) + ";";
    laughs += "'>";
  }
  EXPECT_EQ(said_of("xml", laughs + "]><a>&x11;</a>"), "bomb: entity_expansion, internal_entity");
  EXPECT_EQ(said_of("xml", laughs + "]><a b='&x11;'/>"), "bomb: entity_expansion, internal_entity");
  EXPECT_EQ(said_of("xml", "<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]><a>&x;</a>"),
            "bomb: entity_expansion, internal_entity");
  const std::string long_entity = "<!DOCTYPE a [<!ENTITY x '" + std::string(20'000, 'x') + "'>]><a>";
  std::string quadratic = long_entity;
  for (int i = 0; i < 1000; ++i)
    quadratic += "&x;";
  EXPECT_EQ(said_of("xml", quadratic + "</a>"), "bomb: entity_expansion, internal_entity");
}

TEST_F(TextTypes, ScriptAndDangerousLinksInXmlAreSeen) {
  EXPECT_EQ(said_of("xml", "<a><x:script xmlns:x='y'>inert</x:script></a>"), "suspicious: embedded_script");
  EXPECT_EQ(said_of("xml", "<a onmouseover='inert'/>"), "suspicious: embedded_script");
  EXPECT_EQ(said_of("xml", "<a><linkHtml href='java&#115;cript:inert'/></a>"), "suspicious: dangerous_uri");
  EXPECT_EQ(said_of("xml", "<a><url value='javascript:inert'/></a>"), "suspicious: dangerous_uri");
  EXPECT_EQ(said_of("xml", "<?xml-stylesheet href='\\\\host\\x.xsl'?><a/>"), "suspicious: unc_path");
  EXPECT_EQ(said_of("xml", "<?xml-stylesheet href='http://x.example/x.xsl'?><a/>"), "active: external_stylesheet");
  EXPECT_EQ(said_of("xml", "<a onset='2024' href='https://x.example/'>script</a>"), "clean");
}

TEST_F(TextTypes, XmlThatIsAPageOrBrokenIsRefused) {
  EXPECT_EQ(said_of("xml", "<html xmlns='http://www.w3.org/1999/xhtml'/>"), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("xml", "no mark-up"), "not_pdf: type_mismatch");
  for (const char* text : {"<a>", "<a></b>", "<a/>trailing", "<a b=c/>", "<a>&undefined;</a>", "<"}) {
    EXPECT_EQ(said_of("xml", text), "malformed: unreadable") << text;
  }
}

TEST_F(TextTypes, XmlThatIsTooDeepIsABomb) {
  std::string deep;
  for (int i = 0; i < 300; ++i)
    deep += "<a>";
  EXPECT_EQ(said_of("xml", deep), "bomb: too_deep");
}

TEST_F(TextTypes, FilesInsideOfXmlThatOpenSomethingOutsideAreMalicious) {
  const auto fhir = [](const std::string& bytes) {
    return "{\"resourceType\":\"Binary\",\"data\":\"" + to_base64(bytes) + "\"}";
  };
  EXPECT_EQ(said_of("json", fhir("<?xml version='1.0'?><!DOCTYPE a SYSTEM 'http://host.example/a'><a/>")),
            "malicious: external_entity");
  EXPECT_EQ(said_of("json", fhir("<?xml version='1.0'?><?xml-stylesheet href='CDA.xsl'?><ClinicalDocument/>")),
            "clean");
}

TEST_F(TextTypes, FilesInsideXmlAreJudgedByTheirBytes) {
  const auto cda = [](std::string_view bytes) {
    return "<ClinicalDocument><text mediaType='application/pdf' representation='B64'>\n" + to_base64(bytes) +
           "\n</text></ClinicalDocument>";
  };
  EXPECT_EQ(said_of("xml", cda("MZ" + std::string(62, '\0'))), "malicious: executable_attachment");
  EXPECT_EQ(said_of("xml", cda(eicar_test_string())), "malicious: eicar");
  const inspect::Report report = judge("xml", cda(testing_support::one_page({})));
  EXPECT_EQ(in_words(report), "clean");
  EXPECT_EQ(facts_of(report), "format=cda attachments=1");
  EXPECT_EQ(said_of("xml", "<Binary xmlns='http://hl7.org/fhir'><data value='" +
                               to_base64("#!/bin/sh\nid; id; id; id\n") + "'/></Binary>"),
            "malicious: executable_attachment");
}

TEST_F(TextTypes, ADeclaredTypeOfAnotherKindIsRefused) {
  EXPECT_EQ(said_of("txt", "Blood count", "application/json"), "not_pdf: declared_type_mismatch");
  EXPECT_EQ(said_of("json", "{}", "application/fhir+json"), "clean");
  EXPECT_EQ(said_of("csv", "a,b", "application/vnd.ms-excel"), "clean");
}

class Nobody final : public JsonListener {
  void begin_string(std::string_view, std::size_t) override {}
  void string_part(std::string_view) override {}
  void end_string() override {}
};

TEST(JsonScan, SaysTheSameInPiecesOfAnySize) {
  constexpr std::string_view kText = R"({"a":[-0.5e3,true,"\ud83d\ude00\n"],"b":{}})";
  for (std::size_t piece = 1; piece < kText.size(); ++piece) {
    Nobody nobody;
    JsonScan scan(nobody, 8);
    for (std::size_t at = 0; at < kText.size(); at += piece)
      EXPECT_EQ(scan.feed(kText.substr(at, piece)), JsonScan::State::kSound);
    EXPECT_EQ(scan.finish(), JsonScan::State::kSound);
  }
}

}  // namespace
}  // namespace lazaret::sandbox
