#include "http/api/conditional.h"

#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

TagHeader tags(const std::vector<std::string>& values) {
  Headers headers;
  for (const std::string& value : values)
    headers.add("If-Match", value);
  return parse_tag_header(headers, "if-match");
}

TEST(EntityTags, ReadsOneAListAndTheStar) {
  EXPECT_EQ(tags({"\"3\""}).tags->tags, (std::vector<EntityTag>{{"3", false}}));
  EXPECT_EQ(tags({"\"3\" , W/\"4\""}).tags->tags, (std::vector<EntityTag>{{"3", false}, {"4", true}}));
  EXPECT_EQ(tags({"\"3\"", "\"4\""}).tags->tags.size(), 2U);
  EXPECT_TRUE(tags({" * "}).tags->any);
}

TEST(EntityTags, TellsAbsentFromMalformed) {
  EXPECT_FALSE(tags({}).present);
  for (const std::string value :
       {"", "3", "\"3", "3\"", "\"3\" \"4\"", "\"3\",", ",\"3\"", "*,\"3\"", "w/\"3\"", "W/3", "\"a b\"", "**"}) {
    EXPECT_TRUE(tags({value}).present) << value;
    EXPECT_FALSE(tags({value}).tags) << value;
  }
}

TEST(EntityTags, AreBounded) {
  std::string many = "\"0\"";
  for (int i = 0; i < 100; ++i)
    many += ",\"1\"";
  EXPECT_FALSE(tags({many}).tags);
}

TEST(EntityTags, CompareStronglyAndWeakly) {
  const EntityTags both{false, {{"3", true}, {"4", false}}};
  EXPECT_FALSE(matches_strongly(both, "3"));
  EXPECT_TRUE(matches_weakly(both, "3"));
  EXPECT_TRUE(matches_strongly(both, "4"));
  EXPECT_FALSE(matches_weakly(both, "5"));
  EXPECT_TRUE(matches_strongly({true, {}}, "5"));
}

ByteRange part(std::string_view header, std::uint64_t size = 100) {
  return std::get<ByteRange>(parse_range(header, size));
}

TEST(Range, ReadsTheThreeForms) {
  EXPECT_EQ(part("bytes=0-9"), (ByteRange{0, 10}));
  EXPECT_EQ(part("bytes=90-"), (ByteRange{90, 10}));
  EXPECT_EQ(part("bytes=-5"), (ByteRange{95, 5}));
  EXPECT_EQ(part("Bytes= 0-9 "), (ByteRange{0, 10}));
}

TEST(Range, IsCutAtTheEnd) {
  EXPECT_EQ(part("bytes=90-1000"), (ByteRange{90, 10}));
  EXPECT_EQ(part("bytes=-1000"), (ByteRange{0, 100}));
  EXPECT_EQ(part("bytes=99-99999999999999999999999"), (ByteRange{99, 1}));
}

TEST(Range, OutsideIsUnsatisfiable) {
  for (const std::string_view header : {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_TRUE(std::holds_alternative<Unsatisfiable>(parse_range(header, 100))) << header;
  }
}

TEST(Range, ThatCannotBeReadAsksForTheWhole) {
  for (const std::string_view header : {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "lines=0-1",
                                        "bytes=0-1,5-6", "bytes=+1-2", "bytes=0x1-2", "bytes=1 - 2"}) {
    EXPECT_TRUE(std::holds_alternative<WholeBody>(parse_range(header, 100))) << header;
  }
}

TEST(IfRange, HoldsForTheStrongTagAlone) {
  const std::string same = "\"abc\"";
  const std::string weak = "W/\"abc\"";
  const std::string date = "Tue, 24 Nov 2026 17:33:00 GMT";
  EXPECT_TRUE(if_range_holds(nullptr, "abc"));
  EXPECT_TRUE(if_range_holds(&same, "abc"));
  EXPECT_FALSE(if_range_holds(&same, "abd"));
  EXPECT_FALSE(if_range_holds(&weak, "abc"));
  EXPECT_FALSE(if_range_holds(&date, "abc"));
}

}  // namespace
}  // namespace lazaret::http
