#include "inspect/facts.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

TEST(FactTable, HasNamesThatAreAllDifferent) {
  std::set<std::string_view> names{"page_count", "pdf_version", "encrypted"};
  for (const FactRow& row : fact_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(FactTable, IsTheTableOfTheDocumentation) {
  std::ifstream file(LAZARET_INSPECTION_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find(fact_table_markdown()), std::string::npos) << "docs/inspection.md should hold:\n"
                                                                 << fact_table_markdown();
}

TEST(FactList, KeepsTheLastValueOfEachCode) {
  FactList facts;
  facts.set(FactCode::kWidth, 1);
  facts.set(FactCode::kModality, "CT");
  facts.set(FactCode::kWidth, 2);
  ASSERT_EQ(facts.facts().size(), 2U);
  EXPECT_EQ(facts.facts()[0].number, 2);
  EXPECT_EQ(facts.facts()[1].word, "CT");
}

TEST(FactList, DropsWhatIsNoWordAndWhatIsNoNumber) {
  FactList facts;
  facts.set(FactCode::kModality, "Tan Ah Kow");
  facts.set(FactCode::kModality, "");
  facts.set(FactCode::kModality, std::string(65, 'a'));
  facts.set(FactCode::kWidth, ~std::uint64_t{0});
  EXPECT_TRUE(facts.facts().empty());
}

TEST(FactList, LetsTextsThroughThatNeedNoEscaping) {
  FactList facts;
  facts.set(FactCode::kProducer, "Acrobat Distiller 9.0 (Windows)");
  facts.set(FactCode::kCreationDate, "2026-11-25T16:40:00+08:00");
  EXPECT_EQ(facts.facts().size(), 2U);
  FactList refused;
  refused.set(FactCode::kProducer, "a\"b");
  refused.set(FactCode::kProducer, "a\\b");
  refused.set(FactCode::kProducer, "<b>");
  refused.set(FactCode::kProducer, std::string(129, 'a'));
  EXPECT_TRUE(refused.facts().empty());
}

TEST(FactList, TakesNoFlagBeyondOne) {
  FactList facts;
  facts.set(FactCode::kSigned, 2);
  EXPECT_TRUE(facts.facts().empty());
  facts.set(FactCode::kSigned, 1);
  EXPECT_EQ(facts.facts().size(), 1U);
}

}  // namespace
}  // namespace lazaret::inspect
