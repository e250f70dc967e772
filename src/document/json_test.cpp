// JSON from people who are not trusted: what is refused, what is kept, and merge patches.
#include "document/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_document.h"

namespace lazaret {
namespace {

std::string compact(std::string_view text) {
  return parse_json_object(text, "/metadata").value().text();
}

ErrorCode code_of(std::string_view text) {
  const Result<JsonObject> read = parse_json_object(text, "/metadata");
  return read ? ErrorCode::kInternal : read.error().code;
}

Fault fault_of(std::string_view text, JsonLimits limits = {}) {
  const Result<JsonObject> read = parse_json_object(text, "/metadata", limits);
  if (read || read.error().code != ErrorCode::kInvalidField || read.error().faults.empty()) return {};
  return read.error().faults.front();
}

TEST(JsonObject, IsWrittenWithoutSpaceAndWithPlainEscapes) {
  EXPECT_EQ(compact(" { \"a\" : [ 1 , true , null ] , \"b\\u0041\" : \"\\u00e9\\/\\ud83d\\ude00\\u001f\" } "),
            "{\"a\":[1,true,null],\"bA\":\"é/😀\\u001f\"}");
}

TEST(JsonObject, KeepsTheDigitsOfNumbers) {
  const std::string numbers =
      R"({"a":1.50,"b":-0,"c":9007199254740993,"d":1E+2,"e":12345678901234567890123456789012345678,"f":0.10e-5,"g":1e125})";
  EXPECT_EQ(compact(numbers), numbers);
}

TEST(JsonObject, IsTheSameWhenReadAgain) {
  test::RandomDocuments random(7);
  for (int i = 0; i < 500; ++i) {
    const std::string text = random.metadata().text();
    EXPECT_EQ(compact(text), text);
  }
}

TEST(JsonObject, RefusesWhatIsNoJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "{}}",
                           "{} {}",
                           "{\"a\":1,}",
                           "{'a':1}",
                           "{a:1}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":1.}",
                           "{\"a\":NaN}",
                           "{\"a\":Infinity}",
                           "{\"a\":1}//x",
                           "/**/{}",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\udc00\\ud800\"}",
                           "{\"a\":\"\xff\"}",
                           "\xef\xbb\xbf{}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "[1",
                           "tru"}) {
    EXPECT_EQ(code_of(text), ErrorCode::kMalformedJson) << text;
  }
}

TEST(JsonObject, RefusesOtherValues) {
  for (const char* text : {"[]", "1", "\"x\"", "null", "true"})
    EXPECT_EQ(fault_of(text).code, "not_an_object") << text;
}

TEST(JsonObject, RefusesDuplicateNamesAndSaysWhere) {
  EXPECT_EQ(fault_of(R"({"a":{"x":1,"y":2,"x":3}})").code, "duplicate_name");
  EXPECT_EQ(fault_of(R"({"a":[0,{"x~/":1,"x~\/":3}]})").where, "/metadata/a/1/x~0~1");
  EXPECT_EQ(fault_of("{\"a\":1,\"\\u0061\":2}").where, "/metadata/a");
}

TEST(JsonObject, RefusesTheLevelBeyondItsDepth) {
  EXPECT_EQ(compact(R"({"a":[[[[[[[]]]]]]]})"), R"({"a":[[[[[[[]]]]]]]})");  // 8 levels
  const Fault fault = fault_of(R"({"a":[[[[[[[[]]]]]]]]})");
  EXPECT_EQ(fault.code, "too_deep");
  EXPECT_EQ(fault.where, "/metadata/a/0/0/0/0/0/0/0");
  EXPECT_EQ(fault_of(std::string(100'000, '[')).code, "too_deep");
}

TEST(JsonObject, RefusesTheByteBeyondItsLimit) {
  EXPECT_TRUE(parse_json_object("{ \"a\" : \"xxxx\" }", "", {.bytes = 12, .depth = 8}));
  EXPECT_EQ(fault_of("{\"a\":\"xxxxx\"}", {.bytes = 12, .depth = 8}).code, "too_long");
  EXPECT_EQ(fault_of("{\"a\":\"x\\n\\n\\n\"}", {.bytes = 12, .depth = 8}).code, "too_long");
  EXPECT_EQ(fault_of("{\"a\":[1,2,3,4]}", {.bytes = 14, .depth = 8}).where, "/metadata");
}

TEST(JsonObject, RefusesNumbersNoStoreKeeps) {
  for (const char* number : {"123456789012345678901234567890123456789", "0.100000000000000000000000000000000000001",
                             "1e126", "10e125", "1e-131", "0.1e-130", "1e999999999999999999999", "-1e126"}) {
    const Fault fault = fault_of("{\"n\":[" + std::string(number) + "]}");
    EXPECT_EQ(fault.code, "number_out_of_range") << number;
    EXPECT_EQ(fault.where, "/metadata/n/0") << number;
  }
}

TEST(JsonObject, CountsOnlySignificantDigits) {
  for (const char* number :
       {"100000000000000000000000000000000000000000000000000", "0.00000000000000000000000000000000000000001", "0e500",
        "0.0", "1e-130", "9.9999999999999999999999999999999999999e125"}) {
    EXPECT_TRUE(parse_json_object("{\"n\":" + std::string(number) + "}", "")) << number;
  }
}

TEST(JsonObject, RefusesNulCharactersInNamesAndValues) {
  EXPECT_EQ(fault_of("{\"a\":\"x\\u0000\"}").where, "/metadata/a");
  EXPECT_EQ(fault_of("{\"a\\u0000\":1}").code, "invalid_character");
}

struct MergeCase {
  const char* target;
  const char* patch;
  const char* result;
};

// RFC 7396, appendix A, as far as both are objects.
TEST(MergePatch, DoesWhatTheStandardShows) {
  for (const MergeCase& one : {MergeCase{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                               {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                               {R"({"a":"b"})", R"({"a":null})", R"({})"},
                               {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                               {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                               {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                               {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
                               {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                               {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                               {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
                               {R"({"a":1.50})", R"({"b":{"c":2.0}})", R"({"a":1.50,"b":{"c":2.0}})"}}) {
    const auto merged = merge_patch(JsonObject::trusted(one.target), JsonObject::trusted(one.patch), "/metadata");
    ASSERT_TRUE(merged) << one.target;
    EXPECT_EQ(merged->text(), one.result);
  }
}

TEST(MergePatch, ChecksTheSizeOfTheResult) {
  const auto target = JsonObject::trusted("{\"a\":\"" + std::string(20'000, 'x') + "\"}");
  const auto patch = JsonObject::trusted("{\"b\":\"" + std::string(20'000, 'x') + "\"}");
  const auto merged = merge_patch(target, patch, "/metadata");
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().faults.front(),
            (Fault{"/metadata", "too_long", "This may be at most 32768 bytes as compact JSON."}));
}

TEST(MergePatch, TwiceIsOnce) {
  test::RandomDocuments random(8);
  for (int i = 0; i < 300; ++i) {
    const JsonObject patch = random.metadata();
    const auto once = merge_patch(random.metadata(), patch, "").value();
    EXPECT_EQ(merge_patch(once, patch, "").value(), once);
  }
}

TEST(JsonString, EscapesWhatJsonMustEscapeAndNothingElse) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028é", 17));
  EXPECT_EQ(out, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\u2028é\"");
}

TEST(JsonString, EscapesWhatItMustAtEveryPlace) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const auto c = static_cast<char>(byte);
    const bool plain = byte >= 0x20 && c != '"' && c != '\\';
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = c;
      EXPECT_EQ(plain_json_prefix(text), plain ? text.size() : at) << byte;
      std::string json;
      append_json_string(json, text);
      EXPECT_EQ(json.size() == text.size() + 2, plain) << byte;
    }
  }
  EXPECT_EQ(plain_json_prefix("\xc3\xa9 and \xe4\xb8\xad\xe6\x96\x87, with a \" at last"), 22U);
}

}  // namespace
}  // namespace lazaret
