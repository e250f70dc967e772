#include "sandbox/rules/anchor_filter.h"

#include <gtest/gtest.h>

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;

TEST(AnchorFilter, FindsAnAnchorWhereverItStands) {
  const AnchorFilter filter({"mshta", "$_POST"});
  for (const std::size_t before : {0U, 1U, 2U, 7U, 4095U}) {
    EXPECT_TRUE(filter.may_match(std::string(before, 'm') + "mshta")) << before;
    EXPECT_TRUE(filter.may_match(std::string(before, '$') + "$_POST" + std::string(9, ' '))) << before;
  }
}

TEST(AnchorFilter, FindsItInEitherCaseAndAsUtf16) {
  const AnchorFilter filter({"MsHta"});
  EXPECT_TRUE(filter.may_match("mshta"));
  EXPECT_TRUE(filter.may_match("MSHTA"));
  EXPECT_TRUE(filter.may_match("x m\0s\0h\0t\0a\0"s));
  EXPECT_TRUE(filter.may_match("M\0S\0H\0T\0A\0"s));
}

TEST(AnchorFilter, FindsBytesThatAreNoText) {
  const AnchorFilter filter({"\x02\xCE\x02"});
  EXPECT_TRUE(filter.may_match("\0\x02\xCE\x02\0"s));
  EXPECT_FALSE(filter.may_match("\x02\xEE\x02"));
}

TEST(AnchorFilter, IsNotTakenInByHalfAnAnchor) {
  const AnchorFilter filter({"mshta", "regsvr32"});
  EXPECT_FALSE(filter.may_match(""));
  EXPECT_FALSE(filter.may_match("ms"));
  EXPECT_FALSE(filter.may_match("msht"));
  EXPECT_FALSE(filter.may_match("mshtml, regsvr, and m\0s\0h\0t\0"s));
}

TEST(AnchorFilter, ReachesAsFarAsItsLongestAnchorInUtf16) {
  EXPECT_EQ(AnchorFilter({"abc", "mshta"}).reach(), 9U);
  EXPECT_EQ(AnchorFilter({}).reach(), 0U);
}

TEST(AnchorFilter, LetsEverythingThroughForAnAnchorThatIsTooShort) {
  EXPECT_TRUE(AnchorFilter({"mshta", ""}).may_match("x"));
  EXPECT_TRUE(AnchorFilter({"ab"}).may_match(""));
  EXPECT_FALSE(AnchorFilter({}).may_match("x"));
}

}  // namespace
}  // namespace lazaret::sandbox
