#include "aws/dynamodb/attribute_value.h"

#include <gmock/gmock.h>

#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr JsonLimits kLimits{.bytes = 1U << 20U, .depth = 80};

std::string to_json(const AttributeValue& value) {
  std::string out;
  append_json(out, value);
  return out;
}

Result<AttributeValue> from_json(std::string_view text) {
  return attribute_from(json::parse(text, "", kLimits).value());
}

std::string number(std::string_view text) {
  const auto parsed = Number::parse(text);
  return parsed ? parsed->text() : "refused";
}

TEST(Number, HasOneSpellingForEachValue) {
  EXPECT_EQ(number("0"), "0");
  EXPECT_EQ(number("-0.000e12"), "0");
  EXPECT_EQ(number("1.50"), "1.5");
  EXPECT_EQ(number("+007"), "7");
  EXPECT_EQ(number("1E+2"), "100");
  EXPECT_EQ(number("120e-1"), "12");
  EXPECT_EQ(number("-2.5e-3"), "-0.0025");
  EXPECT_EQ(number("1e125"), "1E+125");
  EXPECT_EQ(number("0.00000001"), "1E-8");
  EXPECT_EQ(number("1234e40"), "1.234E+43");
}

TEST(Number, Keeps38DigitsAndRefusesTheNext) {
  const std::string digits = "12345678901234567890123456789012345678";
  EXPECT_EQ(number(digits), digits);
  EXPECT_EQ(number("0." + digits), "0." + digits);
  EXPECT_EQ(number(digits + "000"), "1.2345678901234567890123456789012345678E+40");
  EXPECT_EQ(number(digits + "9"), "refused");
}

TEST(Number, LiesWithinWhatDynamoDbKeeps) {
  EXPECT_EQ(number("9.9999999999999999999999999999999999999E125"), "9.9999999999999999999999999999999999999E+125");
  EXPECT_EQ(number("1E-130"), "1E-130");
  EXPECT_EQ(number("1e126"), "refused");
  EXPECT_EQ(number("1e-131"), "refused");
  EXPECT_EQ(number("1e99999999999999999999"), "refused");
}

TEST(Number, IsNoOtherText) {
  for (const char* text : {"", "-", ".5", "5.", "1e", "1e+", "0x10", "NaN", "Infinity", "1 ", " 1", "1,5", "--1"})
    EXPECT_EQ(number(text), "refused") << text;
}

TEST(Number, ReadsIntegersExactly) {
  EXPECT_EQ(Number::parse("18446744073709551615")->to_uint64(), ~0ULL);
  EXPECT_EQ(Number::parse("18446744073709551616")->to_uint64(), std::nullopt);
  EXPECT_EQ(Number::parse("1.5")->to_uint64(), std::nullopt);
  EXPECT_EQ(Number::parse("-7")->to_int64(), -7);
}

TEST(AttributeValue, WritesEveryTypeAsTheProtocolSays) {
  EXPECT_EQ(to_json({}), R"({"NULL":true})");
  EXPECT_EQ(to_json(true), R"({"BOOL":true})");
  EXPECT_EQ(to_json(std::uint64_t{12}), R"({"N":"12"})");
  EXPECT_EQ(to_json(""), R"({"S":""})");
  EXPECT_EQ(to_json("Müller \"\\\n\x01 診断書 😀"), "{\"S\":\"Müller \\\"\\\\\\n\\u0001 診断書 😀\"}");
  EXPECT_EQ(to_json(AttributeValue::Bytes{std::string("\x00\xff\x10", 3)}), R"({"B":"AP8Q"})");
  EXPECT_EQ(to_json(AttributeValue::List{}), R"({"L":[]})");
  EXPECT_EQ(to_json(AttributeValue::List{"a", AttributeValue{}}), R"({"L":[{"S":"a"},{"NULL":true}]})");
  EXPECT_EQ(to_json(Item{{"b", "x"}, {"a", Item{}}}), R"({"M":{"a":{"M":{}},"b":{"S":"x"}}})");
  EXPECT_EQ(to_json(AttributeValue::StringSet{"b", "a"}), R"({"SS":["a","b"]})");
  EXPECT_EQ(to_json(AttributeValue::NumberSet{Number(std::uint64_t{2})}), R"({"NS":["2"]})");
  EXPECT_EQ(to_json(AttributeValue::BytesSet{{"a"}}), R"({"BS":["YQ=="]})");
}

TEST(AttributeValue, ReadsBackWhatItWrites) {
  AttributeValue nested = AttributeValue::List{"bottom"};
  for (int depth = 0; depth < 30; ++depth)
    nested = depth % 2 == 0 ? AttributeValue(Item{{"in", nested}}) : AttributeValue(AttributeValue::List{nested});
  const std::vector<AttributeValue> values{{},
                                           false,
                                           Number::parse("-1.25e-100").value(),
                                           "",
                                           "\U0010FFFF",
                                           AttributeValue::Bytes{""},
                                           AttributeValue::BytesSet{{""}, {"\xff"}},
                                           AttributeValue::NumberSet{Number(std::int64_t{-1}), Number()},
                                           nested};
  for (const AttributeValue& value : values) {
    const auto again = from_json(to_json(value));
    ASSERT_TRUE(again) << to_json(value);
    EXPECT_EQ(*again, value);
  }
}

TEST(AttributeValue, IsTheSameHoweverAServerSpelledIt) {
  EXPECT_EQ(from_json(R"({"N":"1E+2"})").value(), from_json(R"({"N":"100.0"})").value());
  EXPECT_EQ(from_json(R"({"SS":["b","a"]})").value(), from_json(R"({"SS":["a","b"]})").value());
}

TEST(AttributeValue, RefusesWhatIsNoneAndRepeatsNoValue) {
  for (const char* text :
       {R"("text")", R"({})", R"({"S":"secret","N":"1"})", R"({"S":1})", R"({"N":1})", R"({"N":"secret"})",
        R"({"B":"secret!"})", R"({"B":"YQ"})", R"({"BOOL":"true"})", R"({"L":{}})", R"({"L":["secret"]})",
        R"({"M":[]})", R"({"M":{"a":"secret"}})", R"({"SS":"secret"})", R"({"X":"secret"})"}) {
    const auto value = from_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(value.error().detail, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace lazaret::aws
