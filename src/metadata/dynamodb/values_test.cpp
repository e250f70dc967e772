#include "metadata/dynamodb/values.h"

#include <gtest/gtest.h>

#include "document/json.h"
#include "tests/support/random_document.h"

namespace lazaret::dynamo {
namespace {

JsonObject object(std::string_view text) {
  return parse_json_object(text, "").value();
}

TEST(DynamoDbValues, AMapIsWhatOtherToolsReadOfJson) {
  const aws::Item map = map_from(object(R"({"b":[1.50,null,{"x":""}],"a":true,"n":6.02214076e23})"));
  std::string text;
  aws::append_json(text, map);
  EXPECT_EQ(text, R"({"a":{"BOOL":true},"b":{"L":[{"N":"1.5"},{"NULL":true},{"M":{"x":{"S":""}}}]},)"
                  R"("n":{"N":"602214076000000000000000"}})");
}

TEST(DynamoDbValues, TextIsKeptOnlyWhereTheMapLosesSomething) {
  EXPECT_EQ(spelling_of(object(R"({"a":1,"b":"x","c":[{}]})")), std::nullopt);
  EXPECT_TRUE(spelling_of(object(R"({"b":1,"a":1})"))) << "the order";
  EXPECT_TRUE(spelling_of(object(R"({"a":1.50})"))) << "the digits";
  EXPECT_TRUE(spelling_of(object(R"({"":1})"))) << "a name that no map can have";
}

TEST(DynamoDbValues, EveryObjectComesBackAsItWas) {
  test::RandomDocuments random(3);
  for (int i = 0; i < 2000; ++i) {
    const JsonObject before = random.metadata();
    ASSERT_EQ(object_from(map_from(before), spelling_of(before).value_or("")), before);
  }
}

TEST(DynamoDbValues, WhatAnotherToolWroteIntoTheMapIsBelieved) {
  const JsonObject before = object(R"({"b":1,"a":1})");
  aws::Item map = map_from(before);
  map.insert_or_assign("a", std::uint64_t{2});
  EXPECT_EQ(object_from(map, *spelling_of(before)).text(), R"({"a":2,"b":1})");
  EXPECT_EQ(object_from(map, "no json").text(), R"({"a":2,"b":1})");
}

TEST(DynamoDbValues, SetsAndBytesOfOtherToolsAreShownAsJson) {
  using aws::AttributeValue;
  const aws::Item map{{"b", AttributeValue::Bytes{"\xff"}},
                      {"n", AttributeValue::NumberSet{aws::Number(std::uint64_t{7})}},
                      {"s", AttributeValue::StringSet{"y", "x"}}};
  EXPECT_EQ(object_from(map).text(), R"({"b":"/w==","n":[7],"s":["x","y"]})");
}

}  // namespace
}  // namespace lazaret::dynamo
