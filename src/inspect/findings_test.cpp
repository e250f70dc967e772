#include "inspect/findings.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

TEST(FindingTable, HasStableNamesThatAreAllDifferent) {
  std::set<std::string_view> names;
  for (const FindingRow& row : finding_table()) {
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(FindingTable, SpeaksInWholeSentencesThatFitAVerdict) {
  for (const FindingRow& row : finding_table()) {
    EXPECT_TRUE(row.message.ends_with('.')) << row.name;
    EXPECT_LE(row.message.size(), 250U) << row.name;
  }
}

TEST(FindingTable, KnowsNoCodeBeyondItsRows) {
  EXPECT_EQ(finding_code_of(0), FindingCode::kEmptyFile);
  EXPECT_FALSE(finding_code_of(static_cast<std::uint16_t>(FindingCode::kCount)));
  EXPECT_FALSE(finding_code_of(0xFFFF));
}

TEST(FindingTable, IsTheTableOfTheDocumentation) {
  std::ifstream file(LAZARET_INSPECTION_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find(finding_table_markdown()), std::string::npos) << "docs/inspection.md should hold:\n"
                                                                    << finding_table_markdown();
}

}  // namespace
}  // namespace lazaret::inspect
