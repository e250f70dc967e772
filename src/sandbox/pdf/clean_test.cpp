#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/attack_documents.h"
#include "tests/support/document_kit.h"
#include "tests/support/hidden_documents.h"
#include "tests/support/hidings.h"
#include "tests/support/judged_bytes.h"

namespace lazaret::sandbox {
namespace {

using inspect::CopyEnd;
using inspect::FindingCode;
using testing_support::attack_documents;
using testing_support::clean_page;
using testing_support::ExpectedDocument;
using testing_support::HiddenDocument;
using testing_support::one_page;
using testing_support::stream_body;

class Kept final : public ByteSink {
 public:
  bool write(const char* bytes, std::size_t length) override {
    text.append(bytes, length);
    return true;
  }
  std::string text;
};

struct Cleaned {
  CopyEnd end = CopyEnd::kUnreadable;
  std::string bytes;
};

class CleanTest : public testing_support::JudgedBytes {
 protected:
  static Cleaned clean(const std::string& bytes) {
    const UniqueFd fd(::memfd_create("file", MFD_CLOEXEC));
    EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    Kept copy;
    const CopyEnd end = engine().clean(fd.get(), {.size = bytes.size(), .extension = "pdf"}, Limits{}, copy);
    return {end, std::move(copy.text)};
  }
};

bool may_be_sanitised(Outcome outcome) {
  return outcome == Outcome::kRepaired || outcome == Outcome::kActive || outcome == Outcome::kSuspicious;
}

// What the cleaner does not take out: a picture stays, since its page would change; a signature breaks with any change.
constexpr std::array kStays{FindingCode::kAbsurdImage, FindingCode::kChangedAfterSigning};

bool holds_any(const inspect::Report& report, const auto& codes) {
  return std::ranges::any_of(report.findings, [&](const inspect::RawFinding& finding) {
    return std::ranges::find(codes, finding.code) != codes.end();
  });
}

TEST_F(CleanTest, EveryAttackInEveryHidingIsCleanAfterwards) {
  int cleaned = 0;
  testing_support::for_each_document([&](const HiddenDocument& document) {
    const inspect::Report before = judge("pdf", document.bytes);
    if (!may_be_sanitised(testing_support::outcome_of(before))) return;
    const Cleaned copy = clean(document.bytes);
    if (holds_any(before, kStays)) return;
    if (copy.end == CopyEnd::kSigned) return;
    ASSERT_EQ(copy.end, CopyEnd::kWhole) << document.document.name << ", " << document.way;
    EXPECT_THAT(said_of("pdf", copy.bytes), testing::StartsWith("clean"))
        << document.document.name << ", " << document.way << ": was " << in_words(before);
    ++cleaned;
  });
  EXPECT_GT(cleaned, 1000);
}

// What the walk learns to find shows here until the cleaner is seen to take it out, or it is known why it does not.
TEST_F(CleanTest, EveryCodeThatMayBeSanitisedIsTakenOutOfADocumentOrKnownToStay) {
  constexpr std::array kOfOtherTypes{FindingCode::kPolyglot,
                                     FindingCode::kEmbeddedScript,
                                     FindingCode::kFormula,
                                     FindingCode::kInternalEntity,
                                     FindingCode::kExternalStylesheet,
                                     FindingCode::kAntivirusLimit,
                                     FindingCode::kAntivirusLocked,
                                     FindingCode::kArchiveMismatch,
                                     FindingCode::kMacros,
                                     FindingCode::kDde};
  std::set<FindingCode> seen(kOfOtherTypes.begin(), kOfOtherTypes.end());
  seen.insert(kStays.begin(), kStays.end());
  const std::string script = testing_support::with_open_action("<< /S /JavaScript /JS (1) >>");
  std::vector<std::string> documents{
      testing_support::with_open_action("<< /S /Hide /T (field) >>"),
      testing_support::with_page_action("<< /S /Hide /T (field) >>"),
      testing_support::hide(script, testing_support::Hiding::kOutsideTheTable),
  };
  for (const auto& known : {attack_documents(), testing_support::benign_documents()}) {
    for (const ExpectedDocument& document : known)
      documents.push_back(document.bytes);
  }
  for (const std::string& document : documents) {
    const inspect::Report before = judge("pdf", document);
    if (!may_be_sanitised(testing_support::outcome_of(before))) continue;
    if (!said_of("pdf", clean(document).bytes).starts_with("clean")) continue;
    for (const inspect::RawFinding& finding : before.findings)
      seen.insert(finding.code);
  }
  for (const inspect::FindingRow& row : inspect::finding_table()) {
    if (may_be_sanitised(row.outcome)) EXPECT_TRUE(seen.contains(row.code)) << row.name;
  }
}

// A clean document must not lose anything: only what the walk reports as worse than a link goes.
TEST_F(CleanTest, LinksAreTheOnlyFindingThatACleanDocumentMayHave) {
  for (const inspect::FindingRow& row : inspect::finding_table()) {
    const bool is_about_sanitising = row.code >= FindingCode::kSanitised;
    if (row.outcome == Outcome::kClean && !is_about_sanitising) EXPECT_EQ(row.code, FindingCode::kUri);
  }
}

TEST_F(CleanTest, TheSameDocumentGivesTheSameCopy) {
  for (const ExpectedDocument& document : testing_support::benign_documents())
    EXPECT_EQ(clean(document.bytes).bytes, clean(document.bytes).bytes) << document.name;
}

TEST_F(CleanTest, ACopyOfACopyIsTheCopy) {
  const std::string once = clean(clean_page()).bytes;
  EXPECT_EQ(clean(once).bytes.size(), once.size());
}

TEST_F(CleanTest, ASignedDocumentIsLeftAlone) {
  const Cleaned copy = clean(testing_support::signed_page());
  EXPECT_EQ(copy.end, CopyEnd::kSigned);
  EXPECT_EQ(copy.bytes, "");
}

TEST_F(CleanTest, AFormThatOnlyScriptCanShowIsLeftAlone) {
  EXPECT_EQ(clean(one_page({.catalog = "/NeedsRendering true"})).end, CopyEnd::kShownByScript);
}

TEST_F(CleanTest, WhatIsNoDocumentHasNoCopy) {
  EXPECT_EQ(clean("no document at all").end, CopyEnd::kUnreadable);
  EXPECT_EQ(clean("").end, CopyEnd::kUnreadable);
}

TEST_F(CleanTest, FormFieldsAndWhatIsFilledInStay) {
  const Cleaned copy = clean(
      one_page({.catalog = "/AcroForm << /Fields [5 0 R] >>",
                .page = "/Annots [5 0 R]",
                .more = {"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Lim Siew Ling) /Rect [72 600 300 620] "
                         "/AA << /F << /S /JavaScript /JS (1) >> >> >>"}}));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("(Lim Siew Ling)"));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("/T (name)"));
  EXPECT_THAT(copy.bytes, testing::Not(testing::HasSubstr("JavaScript")));
}

TEST_F(CleanTest, LinksToPagesAndAddressesStay) {
  const Cleaned copy = clean(one_page(
      {.catalog = "/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next << /S /JavaScript /JS (1) >> >>",
       .page =
           "/Annots [<< /Type /Annot /Subtype /Link /Rect [1 1 9 9] /A << /S /URI /URI (https://a.invalid/x) >> >>]"}));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("(https://a.invalid/x)"));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("/OpenAction"));
  EXPECT_THAT(copy.bytes, testing::Not(testing::HasSubstr("JavaScript")));
}

TEST_F(CleanTest, AFontMayHaveTheNameOfATrigger) {
  const Cleaned copy = clean(one_page({.page = "/Resources << /Font << /AA 5 0 R /JS 5 0 R >> >>",
                                       .more = {"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}}));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("/AA "));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("/JS "));
}

TEST_F(CleanTest, TheLookOfWhatPlayedStaysAndNothingPlays) {
  const std::string film = "/Type /Annot /Subtype /Movie /Rect [72 600 200 700] /Movie << /F (film.avi) >>";
  const Cleaned copy =
      clean(one_page({.page = "/Annots [5 0 R 6 0 R]",
                      .more = {"<< " + film + " /AP << /N 7 0 R >> >>", "<< " + film + " >>",
                               stream_body("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", "0 0 1 1 re f")}}));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("/Subtype /Stamp"));
  EXPECT_THAT(copy.bytes, testing::HasSubstr("/Subtype /Form"));
  EXPECT_THAT(copy.bytes, testing::Not(testing::HasSubstr("film.avi")));
}

TEST_F(CleanTest, ACatalogInsideTheTrailerGetsAPlaceOfItsOwn) {
  const std::string inlined = testing_support::hide(clean_page(), testing_support::Hiding::kInlineRoot);
  EXPECT_THAT(clean(inlined).bytes, testing::HasSubstr("/Root 1 0 R"));
}

TEST_F(CleanTest, StreamsAreCopiedAsTheyAre) {
  const std::string packed = testing_support::flate("BT /F1 12 Tf 72 720 Td (Blood count) Tj ET");
  const Cleaned copy = clean(one_page({.page = "/Z 5 0 R", .more = {stream_body("/Filter /FlateDecode", packed)}}));
  EXPECT_THAT(copy.bytes, testing::HasSubstr(packed));
}

}  // namespace
}  // namespace lazaret::sandbox
