// The JSON bodies of requests that change a document.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/validation.h"

namespace lazaret {
namespace {

using testing::ElementsAre;

Categories known() {
  return Categories::make({"a", "b", "c"}).value();
}

std::vector<std::string> places(const auto& result) {
  std::vector<std::string> where;
  if (!result) {
    for (const Fault& fault : result.error().faults)
      where.push_back(fault.where);
  }
  return where;
}

TEST(Change, TakesEveryMemberItKnows) {
  const auto change = parse_change(
      R"({"filename":"x/new\u202e.pdf","categories":["b","a","b"],"metadata":{"n":1.50,"gone":null},"processed":true})",
      known());
  ASSERT_TRUE(change);
  EXPECT_EQ(change->filename, PatientText{"new.pdf"});
  EXPECT_THAT(*change->categories, ElementsAre("a", "b"));
  EXPECT_EQ(change->metadata_patch->text(), R"({"n":1.50,"gone":null})");
  EXPECT_FALSE(change->clear_metadata);
  EXPECT_EQ(change->processed, true);
}

TEST(Change, OfNothingIsNothing) {
  const auto change = parse_change("{}", known());
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->filename || change->categories || change->metadata_patch || change->processed);
  EXPECT_FALSE(change->clear_metadata);
}

TEST(Change, ClearsMetadataWithNull) {
  EXPECT_TRUE(parse_change(R"({"metadata":null})", known())->clear_metadata);
}

TEST(Change, ReportsEveryFaultWithItsPlace) {
  EXPECT_THAT(places(parse_change(
                  R"({"filename":1,"categories":["x","a","y"],"metadata":[],"processed":"yes","id":"1"})", known())),
              ElementsAre("/filename", "/categories/0", "/categories/2", "/metadata", "/processed", "/id"));
}

TEST(Change, RefusesNullWhereNothingCanBeCleared) {
  EXPECT_THAT(places(parse_change(R"({"filename":null,"categories":null,"processed":null})", known())),
              ElementsAre("/filename", "/categories", "/processed"));
}

TEST(Change, ChecksFileNames) {
  EXPECT_THAT(places(parse_change(R"({"filename":""})", known())), ElementsAre("/filename"));
  EXPECT_THAT(places(parse_change("{\"filename\":\"" + std::string(1025, 'a') + "\"}", known())),
              ElementsAre("/filename"));
}

TEST(Change, CannotTouchExtracted) {
  EXPECT_THAT(places(parse_change(R"({"metadata":{"extracted":null}})", known())), ElementsAre("/metadata/extracted"));
}

TEST(Change, BoundsMetadataAsUploadsDo) {
  const std::string eight = R"({"a":[[[[[[[]]]]]]]})";
  EXPECT_TRUE(parse_change("{\"metadata\":" + eight + "}", known()));
  EXPECT_FALSE(parse_change("{\"metadata\":{\"b\":" + eight + "}}", known()));
  EXPECT_THAT(places(parse_change("{\"metadata\":{\"a\":\"" + std::string(33'000, 'x') + "\"}}", known())),
              ElementsAre("/metadata"));
}

TEST(Change, NamesOnlySomeOfManyUnknownMembers) {
  std::string body = "{\"x\":0";
  for (int i = 0; i < 2000; ++i)
    body += ",\"x" + std::to_string(i) + "\":0";
  EXPECT_EQ(places(parse_change(body + "}", known())).size(), 20U);
}

TEST(Change, OfWhatIsNoObjectIsRefused) {
  EXPECT_EQ(parse_change("", known()).error().code, ErrorCode::kMalformedJson);
  EXPECT_EQ(parse_change("[]", known()).error().code, ErrorCode::kInvalidField);
  EXPECT_EQ(parse_change(R"({"processed":true,"processed":true})", known()).error().code, ErrorCode::kInvalidField);
}

TEST(CategoriesBody, WantsExactlyCategories) {
  EXPECT_THAT(parse_categories_body(R"({"categories":["c","a"]})", known()).value(), ElementsAre("a", "c"));
  EXPECT_THAT(parse_categories_body(R"({"categories":[]})", known()).value(), testing::IsEmpty());
  EXPECT_THAT(places(parse_categories_body("{}", known())), ElementsAre("/categories"));
  EXPECT_THAT(places(parse_categories_body(R"({"categories":[1]})", known())), ElementsAre("/categories/0"));
  EXPECT_THAT(places(parse_categories_body(R"({"categories":[],"x":1})", known())), ElementsAre("/x"));
}

TEST(UrlBody, IsEmptyOrSecondsWithinAWeek) {
  EXPECT_EQ(parse_url_body("").value(), std::nullopt);
  EXPECT_EQ(parse_url_body("{}").value(), std::nullopt);
  EXPECT_EQ(parse_url_body(R"({"expires_in":1})").value(), 1);
  EXPECT_EQ(parse_url_body(R"({"expires_in":604800})").value(), 604800);
  for (const char* value : {"0", "-1", "604801", "1.5", "1e2", "\"60\"", "null", "99999999999999999999"}) {
    EXPECT_THAT(places(parse_url_body("{\"expires_in\":" + std::string(value) + "}")), ElementsAre("/expires_in"))
        << value;
  }
}

TEST(ReleaseBody, WantsAReasonOfPlainText) {
  EXPECT_EQ(parse_release_body(R"({"reason":"seen by Dr. Müller"})").value().text(), "seen by Dr. Müller");
  EXPECT_TRUE(parse_release_body("{\"reason\":\"" + std::string(1000, 'x') + "\"}"));
  for (const std::string& body :
       {std::string("{}"), std::string(R"({"reason":""})"), std::string(R"({"reason":"  "})"),
        std::string(R"({"reason":7})"), std::string(R"({"reason":"a\nb"})"), std::string(R"({"reason":"a\u0085b"})"),
        "{\"reason\":\"" + std::string(1001, 'x') + "\"}"}) {
    EXPECT_THAT(places(parse_release_body(body)), ElementsAre("/reason")) << body;
  }
}

}  // namespace
}  // namespace lazaret
