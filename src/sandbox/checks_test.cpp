// The small pure parts of inspection: names, targets, kinds, inflating, matching.
#include <set>

#include <gtest/gtest.h>

#include "sample/pdf_writer.h"
#include "sandbox/finding_list.h"
#include "sandbox/inflater.h"
#include "sandbox/pdf/names.h"
#include "sandbox/rules/eicar.h"
#include "sandbox/targets.h"
#include "sandbox/types/file_kinds.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

class Collector final : public ByteSink {
 public:
  explicit Collector(std::size_t cap) : cap_(cap) {}
  bool write(const char* bytes, std::size_t length) override {
    text_.append(bytes, length);
    return text_.size() <= cap_;
  }
  const std::string& text() const { return text_; }

 private:
  std::size_t cap_;
  std::string text_;
};

TEST(PdfNames, AreDecodedOnlyWhereTheEscapeIsWhole) {
  EXPECT_EQ(decode_name("J#61va#53cript"), "JavaScript");
  EXPECT_EQ(decode_name("J#6"), "J#6");
  EXPECT_EQ(decode_name("J#zz"), "J#zz");
  EXPECT_EQ(decode_name("#4aS"), "JS");
}

TEST(PdfNames, AreHiddenOnlyWhereTheyMeanSomething) {
  EXPECT_TRUE(hides_sensitive_name("Launc#68"));
  EXPECT_FALSE(hides_sensitive_name("Launch"));
  EXPECT_FALSE(hides_sensitive_name("Arial#2CBold"));
  EXPECT_FALSE(hides_sensitive_name(std::string(5000, '#')));
}

TEST(PdfNames, AreFoundInTextWithTheirSlash) {
  constexpr std::string_view kText = "1 0 obj << /S /J#61vaScript >>";
  EXPECT_EQ(find_hidden_name(kText, 0, kText.size()), 14U);
  constexpr std::string_view kNoName = "J#61vaScript";
  EXPECT_EQ(find_hidden_name(kNoName, 0, kNoName.size()), std::string_view::npos);
}

TEST(Targets, OfUrisAreToldApartInEverySpelling) {
  using namespace std::string_literals;
  for (const char* uri : {"https://a.example/", "HTTP://a.example", "mailto:a@b.example", "tel:+65", "www.a.example",
                          "page.html?x=javascript:1"}) {
    EXPECT_EQ(target_of_uri(uri), Target::kNetwork) << uri;
  }
  for (const char* uri :
       {"javascript:x", " JaVaScRiPt:x", "java\tscript:x", "javascript%3Ax", "vbscript:x", "file:///etc/x", "file:x",
        "C:\\x", "data:text/html,x", "ms-msdt:/id x", "search-ms:query=x"}) {
    EXPECT_EQ(target_of_uri(uri), Target::kDangerous) << uri;
  }
  for (const char* uri :
       {"\\\\host\\share", "//host/share", "\\/host/share", "smb://host/x", "file://host/share", "file:\\\\host\\share",
        "file:////host/share", "%5C%5Chost%5Cshare", "\\\\host@SSL\\DavWWWRoot\\x"}) {
    EXPECT_EQ(target_of_uri(uri), Target::kShare) << uri;
  }
  EXPECT_EQ(target_of_uri("#page=2"), Target::kLocal);
  EXPECT_EQ(target_of_uri("\xFE\xFF\0j\0a\0v\0a\0s\0c\0r\0i\0p\0t\0:\0x"s), Target::kDangerous);
}

TEST(Targets, OfPathsAreLocalUnlessTheyNameAShareOrAnAddress) {
  for (const char* path : {"a.pdf", "../a.pdf", "/C/Temp/a.pdf", "C:\\Temp\\a.pdf", ""}) {
    EXPECT_EQ(target_of_path(path), Target::kLocal) << path;
  }
  EXPECT_EQ(target_of_path("https://a.example/f"), Target::kNetwork);
  EXPECT_EQ(target_of_path("\\\\host\\share\\a.pdf"), Target::kShare);
}

TEST(Targets, ANeighbourIsAPlainNameOfAPdf) {
  EXPECT_TRUE(is_neighbouring_pdf("appendix.pdf"));
  EXPECT_TRUE(is_neighbouring_pdf("parts/appendix.PDF"));
  for (const char* name :
       {"../a.pdf", "/a.pdf", "\\\\h\\a.pdf", "C:a.pdf", "http://h/a.pdf", "a.exe", ".pdf", "%2e%2e/a.pdf"}) {
    EXPECT_FALSE(is_neighbouring_pdf(name)) << name;
  }
}

TEST(FileKinds, AreToldByName) {
  for (const char* name : {"a.exe", "A.EXE", "a.pdf.js", "a.vbs ", "a.lnk...", "x/y.ps1"}) {
    EXPECT_EQ(kind_of_name(name), FileKind::kExecutable) << name;
  }
  for (const char* name : {"a.txt", "exe", "a.xml", "a.docx", "results", ""}) {
    EXPECT_EQ(kind_of_name(name), FileKind::kOrdinary) << name;
  }
  EXPECT_EQ(kind_of_name("a.docm"), FileKind::kMacro);
  EXPECT_EQ(kind_of_name("a.svg"), FileKind::kMarkup);
}

TEST(FileKinds, AreToldByBytes) {
  EXPECT_EQ(kind_of_bytes("MZ\x90"), FileKind::kExecutable);
  EXPECT_EQ(kind_of_bytes("#!/bin/sh"), FileKind::kExecutable);
  EXPECT_EQ(kind_of_bytes("\n<?PHP x"), FileKind::kExecutable);
  EXPECT_EQ(kind_of_bytes("\xEF\xBB\xBF <HTML>"), FileKind::kMarkup);
  EXPECT_EQ(kind_of_bytes("<?xml version='1.0'?><svg/>"), FileKind::kMarkup);
  EXPECT_EQ(kind_of_bytes("<?xml version='1.0'?><ClinicalDocument/>"), FileKind::kOrdinary);
  EXPECT_EQ(kind_of_bytes("%PDF-1.4"), FileKind::kPdf);
  EXPECT_EQ(kind_of_bytes(""), FileKind::kOrdinary);
}

TEST(Eicar, IsFoundAcrossPiecesOfAnySize) {
  const std::string text = "before " + eicar_test_string() + " after";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    EicarMatcher matcher;
    bool found = false;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      found = matcher.feed(text.data() + at, std::min(piece, text.size() - at)) || found;
    }
    EXPECT_TRUE(found) << piece;
  }
}

TEST(Eicar, IsNotFoundWhereACharacterIsMissing) {
  std::string text = eicar_test_string();
  text.erase(30, 1);
  EXPECT_FALSE(EicarMatcher().feed(text.data(), text.size()));
}

TEST(Inflater, GivesBackWhatWasDeflatedInPiecesOfAnySize) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i * 7919) + " ";
  const std::string deflated = sample::deflate(text, 6);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, deflated.size()}) {
    Inflater inflater;
    Collector collector(text.size());
    Inflater::State state = Inflater::State::kMore;
    for (std::size_t at = 0; at < deflated.size() && state == Inflater::State::kMore; at += piece) {
      state = inflater.feed(deflated.data() + at, std::min(piece, deflated.size() - at), collector);
    }
    EXPECT_EQ(state, Inflater::State::kDone) << piece;
    EXPECT_EQ(collector.text(), text) << piece;
  }
}

TEST(Inflater, StopsSoonAfterItsSinkWantsNoMore) {
  const std::string deflated = sample::deflate(std::string(std::size_t{8} << 20U, 'x'), 9);
  Inflater inflater;
  Collector collector(100);
  EXPECT_EQ(inflater.feed(deflated.data(), deflated.size(), collector), Inflater::State::kStopped);
  EXPECT_LE(collector.text().size(), 64U * 1024U);
}

TEST(Inflater, SaysWhenItsInputIsDamaged) {
  std::string deflated = sample::deflate(std::string(10'000, 'x'), 9);
  deflated[2] = '\xFF';
  Inflater inflater;
  Collector collector(1 << 20);
  EXPECT_EQ(inflater.feed(deflated.data(), deflated.size(), collector), Inflater::State::kDamaged);
}

TEST(Inflater, ServesOneStreamAfterTheOther) {
  Inflater inflater;
  for (const char* text : {"first", "second"}) {
    const std::string deflated = sample::deflate(text, 9);
    Collector collector(100);
    inflater.reset();
    inflater.feed(deflated.data(), deflated.size(), collector);
    EXPECT_EQ(collector.text(), text);
  }
}

TEST(FileReader, ReadsAsManyBytesAsAskedFor) {
  const std::string text(100, 'x');
  for (std::size_t length = 0; length <= text.size(); ++length)
    EXPECT_EQ(FileReader(text).read_at(0, length).size(), length);
  EXPECT_EQ(FileReader(text).read_at(90, 64).size(), 10U);
  EXPECT_EQ(FileReader(text).read_at(100, 1), "");
}

TEST(FindingList, CountsTheSameFindingAtTheSamePlaceOnce) {
  FindingList list;
  list.add(FindingCode::kUri, at_object(1, 0));
  list.add(FindingCode::kUri, at_object(1, 0));
  inspect::Report report;
  list.move_into(report);
  EXPECT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.more_findings, 0U);
}

TEST(FindingList, GivesUpWhatIsThereTwiceBeforeWhatIsThereOnce) {
  FindingList list;
  const std::size_t codes = inspect::finding_table().size();
  for (std::uint64_t place = 0; place < FindingList::kKeptOfEachCode; ++place) {
    for (std::size_t code = 0; code < codes; ++code)
      list.add(static_cast<FindingCode>(code), at_offset(place));
  }
  inspect::Report report;
  list.move_into(report);
  ASSERT_EQ(report.findings.size(), kMaxFindings);
  std::set<FindingCode> kept;
  for (const inspect::RawFinding& finding : report.findings)
    kept.insert(finding.code);
  EXPECT_EQ(kept.size(), std::min(codes, kMaxFindings));
}

TEST(FindingList, KeepsTheWorstWhenThereAreTooMany) {
  FindingList list;
  for (std::uint16_t code = 0; code < static_cast<std::uint16_t>(FindingCode::kCount); ++code) {
    for (int object = 1; object <= 4; ++object)
      list.add(static_cast<FindingCode>(code), at_object(object, 0));
  }
  inspect::Report report;
  list.move_into(report);
  ASSERT_EQ(report.findings.size(), kMaxFindings);
  EXPECT_EQ(inspect::finding_row(report.findings.front().code).outcome, Outcome::kMalicious);
  EXPECT_EQ(report.findings.size() + report.more_findings, 4U * static_cast<std::size_t>(FindingCode::kCount));
}

}  // namespace
}  // namespace lazaret::sandbox
