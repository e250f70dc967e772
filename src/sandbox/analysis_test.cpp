// The judgement of whole documents: every attack is seen, however it is written, and its benign twin passes.
#include "sandbox/analysis.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "sample/pdf_writer.h"
#include "sample/sample.h"
#include "sandbox/rules/eicar.h"
#include "tests/support/attack_documents.h"
#include "tests/support/hidings.h"
#include "tests/support/qpdf_rewrite.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;
using testing_support::ExpectedDocument;

UniqueFd in_memory(std::string_view bytes) {
  UniqueFd fd(::memfd_create("document", MFD_CLOEXEC));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (wrote <= 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  EXPECT_EQ(done, bytes.size());
  return fd;
}

class Analysis : public testing::Test {
 protected:
  static void SetUpTestSuite() { engine_ = std::make_unique<Engine>(); }
  static void TearDownTestSuite() { engine_.reset(); }

  static inspect::Report analyse(std::string_view bytes, inspect::Task task = {.extension = "pdf"},
                                 const Limits& limits = {}) {
    const UniqueFd fd = in_memory(bytes);
    task.size = bytes.size();
    return engine_->analyse(fd.get(), task, limits);
  }

 private:
  static inline std::unique_ptr<Engine> engine_;
};

bool holds(const inspect::Report& report, FindingCode code) {
  return std::ranges::any_of(report.findings, [code](const auto& finding) { return finding.code == code; });
}

Outcome outcome_of(const inspect::Report& report) {
  Outcome worst = Outcome::kClean;
  for (const inspect::RawFinding& finding : report.findings) {
    const Outcome outcome = inspect::finding_row(finding.code).outcome;
    if (outcome_rank(outcome) > outcome_rank(worst)) worst = outcome;
  }
  return worst;
}

std::string codes_of(const inspect::Report& report) {
  std::string text = "found:";
  for (const inspect::RawFinding& finding : report.findings) {
    text.append(" ").append(inspect::finding_row(finding.code).name);
  }
  return text;
}

void expect_as_told(const ExpectedDocument& document, const inspect::Report& report) {
  EXPECT_EQ(to_string(outcome_of(report)), to_string(document.outcome)) << codes_of(report);
  for (const FindingCode code : document.must_hold) {
    EXPECT_TRUE(holds(report, code)) << inspect::finding_row(code).name << " is missing; " << codes_of(report);
  }
}

TEST_F(Analysis, SeesEveryAttack) {
  for (const ExpectedDocument& document : testing_support::attack_documents()) {
    SCOPED_TRACE(document.name);
    expect_as_told(document, analyse(document.bytes));
  }
}

TEST_F(Analysis, PassesEveryBenignTwin) {
  for (const ExpectedDocument& document : testing_support::benign_documents()) {
    SCOPED_TRACE(document.name);
    expect_as_told(document, analyse(document.bytes));
  }
}

TEST_F(Analysis, JudgesADocumentTheSameHoweverItsObjectsAreWritten) {
  std::vector<ExpectedDocument> documents = testing_support::attack_documents();
  std::ranges::move(testing_support::benign_documents(), std::back_inserter(documents));
  for (const ExpectedDocument& document : documents) {
    if (!document.is_rewritable) continue;
    for (const testing_support::Rewriting rewriting : testing_support::all_rewritings()) {
      SCOPED_TRACE(document.name + ", " + testing_support::name_of(rewriting));
      expect_as_told(document, analyse(testing_support::rewrite_pdf(document.bytes, rewriting)));
    }
  }
}

// Beside the table an object may count for more (hidden_object), never for less.
TEST_F(Analysis, SeesEveryAttackInEveryHiding) {
  for (const ExpectedDocument& document : testing_support::attack_documents()) {
    if (!document.is_rewritable) continue;
    for (const testing_support::Hiding hiding : testing_support::all_hidings()) {
      // What no reader opens bursts nowhere.
      if (document.outcome == Outcome::kBomb && testing_support::is_beside_the_table(hiding)) continue;
      SCOPED_TRACE(document.name + ", " + testing_support::name_of(hiding));
      const inspect::Report report = analyse(testing_support::hide(document.bytes, hiding));
      EXPECT_GE(outcome_rank(outcome_of(report)), outcome_rank(document.outcome)) << codes_of(report);
    }
  }
}

TEST_F(Analysis, TellsAnEncryptedDocumentThatOpensFromOneThatDoesNot) {
  const std::string page = testing_support::one_page({});
  const inspect::Report open = analyse(testing_support::rewrite_pdf(page, testing_support::Rewriting::kAes256));
  EXPECT_TRUE(open.encrypted);
  EXPECT_EQ(open.page_count, 1);
  EXPECT_EQ(outcome_of(open), Outcome::kClean) << codes_of(open);
  for (const testing_support::Rewriting rewriting :
       {testing_support::Rewriting::kRc4With40Bits, testing_support::Rewriting::kAes256}) {
    const inspect::Report locked = analyse(testing_support::rewrite_pdf(page, rewriting, "secret"));
    EXPECT_EQ(outcome_of(locked), Outcome::kEncrypted) << codes_of(locked);
    EXPECT_EQ(locked.page_count, -1);
  }
}

// A page that opens with the empty password, with an object stream (number 6) as it lies in the file. `method` is that
// of the encryption: its version, and what it does to streams.
std::string encrypted_page(const std::string& method, const std::string& object_stream, const std::string& more) {
  using testing_support::Rc4Encryption;
  const std::string id = std::string("<") + Rc4Encryption::kId + ">";
  return testing_support::one_page({.more = {"<< " + method + " /Filter /Standard /Length 128 /O <" +
                                                 Rc4Encryption::kOwner + "> /P -4 /U <" + Rc4Encryption::kUser + "> >>",
                                             object_stream, more},
                                    .trailer = "/Encrypt 5 0 R /ID [" + id + id + "]"});
}

// One that hides a name in the bytes of the file.
std::string encrypted_with_object_stream(const std::string& method, const std::string& more) {
  const std::string names = sample::deflate("9 0 << /S /La#75nch /F (inert.exe) >>", 9);
  return encrypted_page(method, testing_support::stream_body("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", names),
                        more);
}

// One that is really encrypted.
std::string with_locked_objects(const std::string& header, const std::string& objects) {
  const std::string data = testing_support::encrypted_by_rc4(6, sample::deflate(header + objects, 9));
  return encrypted_page(
      "/V 2 /R 3",
      testing_support::stream_body(
          "/Type /ObjStm /N 2 /First " + std::to_string(header.size()) + " /Filter /FlateDecode", data),
      "<< /Unused true >>");
}

TEST_F(Analysis, SeesWhatAnEncryptedObjectStreamHoldsAndDoesNotShow) {
  const inspect::Report loose = analyse(with_locked_objects("9 0 8 5 ", "null << /S /Launch /F (inert.exe) >>"));
  EXPECT_TRUE(loose.encrypted);
  EXPECT_TRUE(holds(loose, FindingCode::kLaunch)) << codes_of(loose);
  EXPECT_TRUE(holds(loose, FindingCode::kHiddenObject)) << codes_of(loose);
  const inspect::Report doubled = analyse(with_locked_objects("9 0 9 35 ", "<< /S /Launch /F (inert.exe) >>    null"));
  EXPECT_TRUE(holds(doubled, FindingCode::kLaunch)) << codes_of(doubled);
  EXPECT_TRUE(holds(doubled, FindingCode::kHiddenObject)) << codes_of(doubled);
  const inspect::Report harmless = analyse(with_locked_objects("9 0 9 5 ", "null << /Title (Ward 7) >>"));
  EXPECT_EQ(outcome_of(harmless), Outcome::kClean) << codes_of(harmless);
}

TEST_F(Analysis, CountsEncryptedObjectStreamsBeforeTheyAreInflated) {
  const inspect::Report report = analyse(with_locked_objects("9 0 ", std::string(std::size_t{80} << 20U, ' ')));
  EXPECT_TRUE(report.encrypted);
  EXPECT_EQ(outcome_of(report), Outcome::kBomb) << codes_of(report);
  EXPECT_TRUE(holds(report, FindingCode::kInflatesTooFar)) << codes_of(report);
  EXPECT_FALSE(holds(report, FindingCode::kMemoryLimit)) << codes_of(report);
}

TEST_F(Analysis, CapsImagesThatStandInAPage) {
  const auto page = [](const std::string& image) { return "q BT (BI) Tj ET " + image + " EI Q"; };
  const std::string huge = page("BI /W 99999 /H 99999 /CS /RGB /BPC 8 /F [/A85 /Fl] ID x");
  const std::string sane = page("BI /W 99 /H 99 /CS /RGB /BPC 8 /D [0 1] ID BI /W 99999 /H 99999");
  const auto filtered = [](const std::string& content) {
    return testing_support::one_page(
        {.more = {testing_support::stream_body("/Filter /FlateDecode", sample::deflate(content, 9))}});
  };
  for (const std::string& bytes :
       {filtered(huge), testing_support::one_page({.content = huge}), filtered(std::string(32'760, ' ') + huge)}) {
    const inspect::Report report = analyse(bytes);
    EXPECT_TRUE(holds(report, FindingCode::kHugeImage)) << codes_of(report);
  }
  for (const std::string& bytes : {filtered(sane), testing_support::one_page({.content = sane})}) {
    const inspect::Report report = analyse(bytes);
    EXPECT_EQ(outcome_of(report), Outcome::kClean) << codes_of(report);
  }
}

TEST_F(Analysis, ReadsNoNameInBytesThatAreEncrypted) {
  const std::string bytes = encrypted_with_object_stream("/V 2 /R 3", "<< /Unused true >>");
  const inspect::Report report = analyse(bytes);
  EXPECT_TRUE(report.encrypted);
  EXPECT_EQ(outcome_of(report), Outcome::kClean) << codes_of(report);
  const inspect::Report unwalked = analyse(bytes, {.extension = "pdf", .walk = false});
  EXPECT_EQ(outcome_of(unwalked), Outcome::kClean) << codes_of(unwalked);
}

TEST_F(Analysis, FindsTheHiddenNameOnceItIsDecrypted) {
  // A method of encryption that leaves streams as they are: what lies in the file is what the walk decrypts.
  constexpr const char* kIdentity =
      "/V 4 /R 4 /CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV2 /Length 16 >> >> /StmF /Identity /StrF /Identity";
  const inspect::Report report = analyse(encrypted_with_object_stream(kIdentity, "<< /Unused true >>"));
  EXPECT_TRUE(report.encrypted);
  EXPECT_TRUE(holds(report, FindingCode::kEscapedName)) << codes_of(report);
}

TEST_F(Analysis, FindsTheHiddenNameInTheClearPartsOfAnEncryptedDocument) {
  const inspect::Report report = analyse(encrypted_with_object_stream("/V 2 /R 3", "<< /S /J#61vaScript >>"));
  EXPECT_TRUE(report.encrypted);
  EXPECT_TRUE(holds(report, FindingCode::kEscapedName)) << codes_of(report);
}

TEST_F(Analysis, IsNotHushedByAMentionOfEncryption) {
  const std::string names = sample::deflate("9 0 << /S /La#75nch /F (inert.exe) >>", 9);
  const inspect::Report report = analyse(testing_support::one_page(
      {.catalog = "/Note << /Encrypt null >>",
       .more = {testing_support::stream_body("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", names)}}));
  EXPECT_FALSE(report.encrypted);
  EXPECT_TRUE(holds(report, FindingCode::kEscapedName)) << codes_of(report);
}

TEST_F(Analysis, ReportsPagesVersionAndType) {
  const inspect::Report report = analyse(testing_support::one_page({}));
  EXPECT_EQ(report.page_count, 1);
  EXPECT_EQ(report.pdf_version, "1.7");
  EXPECT_EQ(report.content_type, "application/pdf");
  EXPECT_FALSE(report.encrypted);
}

TEST_F(Analysis, ReportsWhatADocumentSaysOfItself) {
  const inspect::Report report = analyse(testing_support::one_page(
      {.catalog = "/Lang (en-SG) /MarkInfo << /Marked true >> /Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>",
       .more = {"<< /Type /Filespec /F (Tan Ah Kow, 1960.xml) /EF << /F 6 0 R >> >>",
                testing_support::stream_body("/Type /EmbeddedFile", "<a/>")},
       .trailer = "/Info << /Producer (Writer \"7\" <b>) /CreationDate (D:20261125164000+08'00') >>"}));
  const auto fact = [&report](inspect::FactCode code) -> std::string {
    for (const inspect::Fact& fact : report.facts) {
      if (fact.code == code) return fact.word.empty() ? std::to_string(fact.number) : fact.word;
    }
    return "";
  };
  EXPECT_EQ(fact(inspect::FactCode::kProducer), "Writer 7 b");
  EXPECT_EQ(fact(inspect::FactCode::kCreationDate), "2026-11-25T16:40:00+08:00");
  EXPECT_EQ(fact(inspect::FactCode::kLanguage), "en-SG");
  EXPECT_EQ(fact(inspect::FactCode::kPageSizes), "595x842");
  EXPECT_EQ(fact(inspect::FactCode::kSigned), "0");
  EXPECT_EQ(fact(inspect::FactCode::kTagged), "1");
  EXPECT_EQ(fact(inspect::FactCode::kAttachments), "1");
  EXPECT_EQ(fact(inspect::FactCode::kAttachmentTypes), "xml") << "and nothing of its name";
}

TEST_F(Analysis, RefusesADeclaredTypeThatIsNotThatOfTheBytes) {
  const std::string page = testing_support::one_page({});
  EXPECT_TRUE(
      holds(analyse(page, {.extension = "pdf", .declared_type = "image/png"}), FindingCode::kDeclaredTypeMismatch));
  for (const char* type : {"", "application/pdf", "application/x-pdf", "application/octet-stream"}) {
    EXPECT_TRUE(analyse(page, {.extension = "pdf", .declared_type = type}).findings.empty()) << type;
  }
}

TEST_F(Analysis, RefusesAnExtensionThatIsNotThatOfTheBytes) {
  EXPECT_TRUE(holds(analyse(testing_support::one_page({}), {.extension = "png"}), FindingCode::kTypeMismatch));
}

TEST_F(Analysis, WithoutTheWalkStillReadsTheRawBytes) {
  const testing_support::OnePage parts{.catalog = "/OpenAction << /S /J#61vaScript /JS (inert) >>"};
  const inspect::Report report = analyse(testing_support::one_page(parts), {.extension = "pdf", .walk = false});
  EXPECT_TRUE(holds(report, FindingCode::kEscapedName));
  EXPECT_FALSE(holds(report, FindingCode::kAutoRunJavaScript));
  EXPECT_EQ(report.page_count, -1);
}

TEST_F(Analysis, FindsTheHeaderAnywhereInTheFirstKilobyte) {
  for (const std::size_t offset : {std::size_t{1}, std::size_t{500}, std::size_t{1023}}) {
    const inspect::Report report = analyse(std::string(offset, ' ') + testing_support::one_page({}));
    EXPECT_EQ(outcome_of(report), Outcome::kRepaired) << offset << " " << codes_of(report);
    EXPECT_EQ(report.page_count, 1);
  }
}

TEST_F(Analysis, CountsBytesInsideAnAttachmentAsTheAttachments) {
  const std::string inner = testing_support::one_page({});
  const std::string outer =
      testing_support::one_page({.catalog = "/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>",
                                 .more = {"<< /Type /Filespec /F (appendix.pdf) /EF << /F 6 0 R >> >>",
                                          "<< /Type /EmbeddedFile /Length 7 0 R >>\nstream\n" + inner + "\nendstream",
                                          std::to_string(inner.size())}});
  const inspect::Report report = analyse(outer);
  EXPECT_EQ(outcome_of(report), Outcome::kActive) << codes_of(report);
  EXPECT_FALSE(holds(report, FindingCode::kSecondHeader));
}

TEST_F(Analysis, StopsAtMoreObjectsThanAllowed) {
  const inspect::Report report = analyse(testing_support::one_page({}), {.extension = "pdf"}, {.objects = 3});
  EXPECT_EQ(outcome_of(report), Outcome::kBomb) << codes_of(report);
}

TEST_F(Analysis, StopsAtHalfAMillionObjects) {
  std::string file =
      "%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
      "2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
      "3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >> endobj\n";
  for (int number = 4; number <= 500'001; ++number)
    file += std::to_string(number) + " 0 obj 7 endobj\n";
  file += "trailer << /Root 1 0 R /Size 500002 >>\nstartxref\n0\n%%EOF\n";
  const inspect::Report report = analyse(file);
  EXPECT_EQ(outcome_of(report), Outcome::kBomb) << codes_of(report);
  EXPECT_TRUE(holds(report, FindingCode::kTooManyObjects)) << codes_of(report);
}

TEST_F(Analysis, KeepsAFewOfEachFindingAndCountsTheRest) {
  std::string links;
  for (int i = 0; i < 100; ++i)
    links += std::to_string(5 + i) + " 0 R ";
  testing_support::OnePage parts{.page = "/Annots [" + links + "]"};
  for (int i = 0; i < 100; ++i)
    parts.more.emplace_back("<< /Subtype /Link /A << /S /URI /URI (http://a.example) >> >>");
  const inspect::Report report = analyse(testing_support::one_page(parts));
  EXPECT_LE(report.findings.size(), 8U);
  EXPECT_EQ(report.findings.size() + report.more_findings, 100U);
}

TEST_F(Analysis, PutsTheWorstFindingFirst) {
  const inspect::Report report = analyse(testing_support::one_page(
      {.catalog = "/OpenAction << /S /JavaScript /JS (inert) /Next << /S /Launch /F (inert.exe) >> >>"}));
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings.front().code, FindingCode::kLaunch) << codes_of(report);
}

TEST_F(Analysis, SeesTheAntivirusTestAcrossTheBoundsOfItsBlocks) {
  for (const std::size_t before : {131'052U, 131'072U, 262'077U}) {
    const std::string bytes = testing_support::one_page({.content = std::string(before, ' ') + eicar_test_string()});
    EXPECT_TRUE(holds(analyse(bytes), FindingCode::kEicar)) << before;
  }
}

TEST_F(Analysis, SeesTheBeginningOfAStreamBeyondItsBudget) {
  const std::string bytes =
      testing_support::one_page({.more = {testing_support::stream_body("/Filter /ASCIIHexDecode", "58354F"),
                                          testing_support::stream_body("", "x")}});
  EXPECT_EQ(outcome_of(analyse(bytes, {.extension = "pdf"}, {.thorough_bytes = 0})), Outcome::kClean);
  for (const ExpectedDocument& document : testing_support::attack_documents()) {
    if (!document.name.contains("bomb") && !document.name.contains("antivirus")) continue;
    SCOPED_TRACE(document.name);
    expect_as_told(document, analyse(document.bytes, {.extension = "pdf"}, {.thorough_bytes = 0}));
  }
}

TEST_F(Analysis, CallsOurOwnSamplesClean) {
  for (const sample::Kind kind : {sample::Kind::kMixed, sample::Kind::kScan, sample::Kind::kFlate}) {
    const inspect::Report report = analyse(sample::make_sample({.kind = kind, .size_bytes = 400'000}));
    EXPECT_EQ(outcome_of(report), Outcome::kClean) << codes_of(report);
  }
}

TEST_F(Analysis, CallsOurOwnSamplesOfOtherTypesClean) {
  using sample::Type;
  for (const auto& [type, extension] :
       {std::pair(Type::kPng, "png"), std::pair(Type::kJpeg, "jpg"), std::pair(Type::kDicom, "dcm"),
        std::pair(Type::kXml, "xml"), std::pair(Type::kJson, "json"), std::pair(Type::kText, "txt"),
        std::pair(Type::kCsv, "csv"), std::pair(Type::kTiff, "tif"), std::pair(Type::kDocx, "docx"),
        std::pair(Type::kXlsx, "xlsx")}) {
    for (std::size_t index = 0; index < 15; ++index) {
      sample::Recipe recipe = sample::nth_recipe({.type = type}, index);
      for (const std::uint64_t size : {0U, 40'000U}) {
        recipe.size_bytes = size;
        const std::string bytes = sample::make_sample(recipe);
        EXPECT_EQ(outcome_of(analyse(bytes, {.extension = extension})), Outcome::kClean) << extension << index;
        if (size == 0) continue;
        EXPECT_LE(bytes.size(), size + size / 8) << extension << index;
        EXPECT_GE(bytes.size(), size - size / 8) << extension << index;
      }
    }
  }
}

TEST_F(Analysis, AnswersForEveryCutOfADocument) {
  const std::string whole =
      testing_support::rewrite_pdf(testing_support::one_page({.more = {"<< /S /JavaScript /JS (inert) >>"}}),
                                   testing_support::Rewriting::kObjectStreams);
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    const inspect::Report report = analyse(whole.substr(0, length));
    EXPECT_NE(report.content_type, "");
  }
}

TEST(EngineVersions, NameTheParsers) {
  EXPECT_THAT(Engine::versions(), testing::MatchesRegex("qpdf [0-9.]+ libmagic [0-9.]+ yara [0-9.]+"));
}

}  // namespace
}  // namespace lazaret::sandbox
