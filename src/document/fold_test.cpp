// Folding: what sorts together and what a search finds.
#include "document/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_document.h"

namespace lazaret {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FilenameSortKey, FoldsCase) {
  EXPECT_EQ(filename_sort_key("Report.PDF"), "report.pdf");
  EXPECT_EQ(filename_sort_key("STRASSE"), filename_sort_key("Straße"));
  EXPECT_EQ(filename_sort_key("ΟΔΟΣ"), filename_sort_key("οδος"));
}

TEST(FilenameSortKey, IsTheSameForBothFormsOfALetter) {
  EXPECT_EQ(filename_sort_key("Mu\u0308ller"), filename_sort_key("M\u00fcller"));
  EXPECT_EQ(filename_sort_key("M\u00fcller"), "m\u00fcller");
}

TEST(FilenameSortKey, KeepsMarksApart) {
  EXPECT_NE(filename_sort_key("Muller"), filename_sort_key("Müller"));
}

TEST(FilenameSortKey, OfAKeyIsTheKey) {
  test::RandomDocuments random(1);
  for (int i = 0; i < 500; ++i) {
    const std::string key = filename_sort_key(random.filename());
    EXPECT_EQ(filename_sort_key(key), key);
  }
}

TEST(SearchWords, SplitsAtWhatIsNoLetterOrDigit) {
  EXPECT_THAT(search_words("Lab_results-2024 (final).pdf"), ElementsAre("lab", "results", "2024", "final", "pdf"));
}

TEST(SearchWords, DropsMarksAndFoldsCompatibilityForms) {
  EXPECT_THAT(search_words("MÜLLER"), ElementsAre("muller"));
  EXPECT_THAT(search_words("ﬁle ②"), ElementsAre("file", "2"));
  EXPECT_THAT(search_words("ＡＢＣ"), ElementsAre("abc"));
  EXPECT_THAT(search_words("İstanbul"), ElementsAre("istanbul"));
  EXPECT_THAT(search_words("℡"), ElementsAre("tel"));
}

TEST(SearchWords, TakesEachCjkCharacterAsAWord) {
  EXPECT_THAT(search_words("診断書2024"), ElementsAre("診", "断", "書", "2024"));
  EXPECT_THAT(search_words("カルテ"), ElementsAre("カ", "ル", "テ"));
  EXPECT_THAT(search_words("a中b"), ElementsAre("a", "中", "b"));
}

TEST(SearchWords, KeepsHangulTogetherSoThatPrefixesMatch) {
  const auto whole = search_words("결과");
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_TRUE(whole.front().starts_with(search_words("결").front()));
}

TEST(SearchWords, NamesEachWordOnceInOrder) {
  EXPECT_THAT(search_words("b a B c A"), ElementsAre("b", "a", "c"));
}

TEST(SearchWords, OfNothingOrPunctuationIsEmpty) {
  EXPECT_THAT(search_words(""), IsEmpty());
  EXPECT_THAT(search_words(" _-—.\u200b"), IsEmpty());
}

TEST(SearchWords, OfWordsAreTheWords) {
  test::RandomDocuments random(2);
  for (int i = 0; i < 500; ++i) {
    const auto words = search_words(random.filename());
    std::string joined;
    for (const std::string& word : words)
      joined += word + " ";
    EXPECT_EQ(search_words(joined), words);
  }
}

}  // namespace
}  // namespace lazaret
