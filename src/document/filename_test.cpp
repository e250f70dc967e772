// File names from people who are not trusted, made safe for every file system, header and screen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "document/validation.h"
#include "tests/support/random_document.h"

namespace lazaret {
namespace {

std::string safe(std::string_view name, std::string_view extension = "pdf") {
  return safe_filename(name, extension).text();
}

TEST(SafeFilename, LeavesGoodNamesAlone) {
  for (const char* name : {"report.pdf", "Report v1.2 (final).PDF", "診断書.pdf", "Müller_2024-01-01.pdf", "a",
                           "_CON.pdf", "console.pdf", "com10.pdf", "x.tar.gz"})
    EXPECT_EQ(safe(name), name);
}

TEST(SafeFilename, KeepsOnlyTheLastPartOfAPath) {
  EXPECT_EQ(safe("../../etc/passwd.pdf"), "passwd.pdf");
  EXPECT_EQ(safe("C:\\Users\\x\\scan.pdf"), "scan.pdf");
  EXPECT_EQ(safe("a/b\\c.pdf"), "c.pdf");
  EXPECT_EQ(safe("C:scan.pdf"), "scan.pdf");
  EXPECT_EQ(safe("\\\\server\\share\\scan.pdf"), "scan.pdf");
}

TEST(SafeFilename, DropsWhatNoReaderSees) {
  EXPECT_EQ(safe("in\u202egpj.pdf"), "ingpj.pdf");
  EXPECT_EQ(safe("a\u200b\u200d\ufeff\u2066b\u2069\u00ad.pdf"), "ab.pdf");
  EXPECT_EQ(safe("a\r\nb\tc\x7f\u0085.pdf"), "abc.pdf");
  EXPECT_EQ(safe(std::string_view("a\0b.pdf", 7)), "ab.pdf");
  EXPECT_EQ(safe("a\u2028\u2029b\U000e0041.pdf"), "ab.pdf");
  EXPECT_EQ(safe("a\u3164\ufe0f.pdf"), "a.pdf");
}

TEST(SafeFilename, ReplacesWhatSystemsForbidOrMistake) {
  EXPECT_EQ(safe("a<b>c:d\"e|f?g*h.pdf"), "a_b_c_d_e_f_g_h.pdf");
  EXPECT_EQ(safe("a\u2044b\uff0fc\uff3cd.pdf"), "a_b_c_d.pdf");
  EXPECT_EQ(safe("a\u00a0b\u3000c.pdf"), "a b c.pdf");
}

TEST(SafeFilename, ComposesLetters) {
  EXPECT_EQ(safe("Mu\u0308ller.pdf"), "M\u00fcller.pdf");
  EXPECT_EQ(safe("Mu\u200b\u0308ller.pdf"), "M\u00fcller.pdf");
}

TEST(SafeFilename, TrimsDotsAndSpaces) {
  EXPECT_EQ(safe(" .. report.pdf . "), "report.pdf");
  EXPECT_EQ(safe("report . .pdf"), "report.pdf");
}

TEST(SafeFilename, NamesWhatEndsUpEmptyDocument) {
  for (const char* name : {"", ".", "..", " ", "/", "a/", "\\", "\u202e", "C:", "...   "})
    EXPECT_EQ(safe(name), "document.pdf") << name;
  EXPECT_EQ(safe(".pdf"), "document.pdf");
  EXPECT_EQ(safe("dir/ \u200b.PDF"), "document.PDF");
  EXPECT_EQ(safe("", ""), "document");
  EXPECT_EQ(safe("", "../x"), "document");
  EXPECT_EQ(safe("\xff\xfe.pdf"), "document.pdf");
}

TEST(SafeFilename, AvoidsTheDevicesOfWindows) {
  EXPECT_EQ(safe("CON"), "_CON");
  EXPECT_EQ(safe("nul.pdf"), "_nul.pdf");
  EXPECT_EQ(safe("Com1.tar.pdf"), "_Com1.tar.pdf");
  EXPECT_EQ(safe("LPT9 .pdf"), "_LPT9.pdf");
  EXPECT_EQ(safe("aux .x.pdf"), "_aux .x.pdf");
  EXPECT_EQ(safe("com\u00b9.pdf"), "_com\u00b9.pdf");
  EXPECT_EQ(safe("CO\u200bN.pdf"), "_CON.pdf");
}

TEST(SafeFilename, CutsLongNamesAndKeepsTheExtension) {
  const std::string name = safe(std::string(400, 'a') + ".PDF");
  EXPECT_EQ(name, std::string(251, 'a') + ".PDF");
  EXPECT_EQ(safe(std::string(400, 'a')), std::string(255, 'a'));
}

TEST(SafeFilename, CutsBetweenGraphemeClusters) {
  std::string name;
  for (int i = 0; i < 200; ++i)
    name += "q\u0303";  // no composed form: 3 bytes a cluster
  EXPECT_EQ(safe(name + ".pdf").size(), 249U + 4U);
  EXPECT_TRUE(safe(name + ".pdf").ends_with("q\u0303.pdf"));
}

TEST(SafeFilename, CutsAClusterThatIsTooLongBetweenCharacters) {
  std::string name = "q";
  for (int i = 0; i < 300; ++i)
    name += "\u0303";
  const std::string cut = safe(name + ".pdf");
  EXPECT_LE(cut.size(), 255U);
  EXPECT_TRUE(is_valid_utf8(cut));
  EXPECT_TRUE(cut.ends_with(".pdf"));
}

TEST(SafeFilename, KeepsADeviceAwayThatOnlyTheCutWouldMake) {
  std::string name = "CON";
  for (int i = 0; i < 300; ++i)
    name += "\u200b ";
  EXPECT_EQ(safe(name + "x"), "_CON");
}

TEST(SafeFilename, OfASafeNameIsThatName) {
  static const std::vector<std::string> kPieces{"a",
                                                "CON",
                                                "com1",
                                                ".",
                                                "..",
                                                " ",
                                                "/",
                                                "\\",
                                                ":",
                                                "C:",
                                                "\u202e",
                                                "\u200b",
                                                "\u0308",
                                                "u",
                                                "ü",
                                                "q\u0303",
                                                "\u1100",
                                                "\u1161",
                                                "\u11a8",
                                                "😀",
                                                "👨\u200d👩",
                                                "\u00a0",
                                                "\u2126",
                                                "\u212b",
                                                "\u0344",
                                                "\u037e",
                                                "\u0338",
                                                "<",
                                                "\u0345",
                                                ".pdf",
                                                ".PDF",
                                                "_",
                                                "\u2000",
                                                "\ufdd0",
                                                "\ufffe",
                                                std::string(60, 'x'),
                                                std::string(1, '\0'),
                                                "\u0f73",
                                                "\uac00"};
  test::RandomDocuments random(9);
  for (int i = 0; i < 5000; ++i) {
    std::string name;
    for (std::uint64_t count = random.below(16); count > 0; --count)
      name += kPieces[random.below(kPieces.size())];
    const std::string once = safe(name, extension_of(name));
    ASSERT_EQ(safe(once, extension_of(once)), once) << name;
    ASSERT_LE(once.size(), kMaxFilenameBytes);
    ASSERT_FALSE(once.empty());
    if (extension_of(name) == "pdf") {
      ASSERT_EQ(extension_of(once), "pdf") << name;
    }
  }
}

TEST(Extension, IsLowerCaseLettersAndDigitsBehindTheLastDot) {
  EXPECT_EQ(extension_of("a.PDF"), "pdf");
  EXPECT_EQ(extension_of("a.tar.gz"), "gz");
  EXPECT_EQ(extension_of(".pdf"), "pdf");
  for (const char* name : {"", "pdf", "a.", "a.p df", "a.pdf ", "a.\u0440df", "dir.pdf/a", "a.abcdefghijklmnopq"})
    EXPECT_EQ(extension_of(name), "") << name;
}

}  // namespace
}  // namespace lazaret
