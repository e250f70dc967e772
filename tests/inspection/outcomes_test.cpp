#include "tests/inspection/outcomes.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace lazaret::testing_support {
namespace {

std::set<std::string> frozen() {
  std::ifstream file(LAZARET_EXPECTED_OUTCOMES);
  std::set<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.insert(line);
  return lines;
}

TEST(Outcomes, AreThoseThatWereFrozen) {
  std::set<std::string> missing = frozen();
  ASSERT_FALSE(missing.empty());
  for (const std::string& line : all_outcomes())
    EXPECT_EQ(missing.erase(line), 1U) << "new: " << line;
  for (const std::string& line : missing)
    ADD_FAILURE() << "gone: " << line;
}

}  // namespace
}  // namespace lazaret::testing_support
