// Lists, reads and changes of documents through the whole Api.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace lazaret::http {
namespace {

using testing_support::Answer;
using testing_support::ApiFixture;
using testing_support::FaultKind;

constexpr std::string_view kNobody = "/api/documents/01890a5d-ac96-774b-bcce-b302099a8057";

class DocumentsTest : public ApiFixture {
 protected:
  Answer patch(const std::string& id, const std::string& body, testing_support::Fields headers = {}) {
    return send_json("PATCH", document_path(id), body, std::move(headers), "application/merge-patch+json");
  }
  Answer post(const std::string& target, testing_support::Fields headers = {}) {
    return send({.method = "POST", .target = target, .headers = std::move(headers)});
  }
  Answer remove(const std::string& target, testing_support::Fields headers = {}) {
    return send({.method = "DELETE", .target = target, .headers = std::move(headers)});
  }
};

TEST_F(DocumentsTest, GivesADocumentWithItsVersion) {
  const std::string id = stored();
  const Answer answer = get(document_path(id));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("id"), id);
  EXPECT_EQ(answer.header("ETag"), "\"1\"");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
}

TEST_F(DocumentsTest, SaysThatNothingChangedToWhoHasIt) {
  const std::string id = stored();
  const Answer same = get(document_path(id), {{"If-None-Match", "W/\"9\", \"1\""}});
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  EXPECT_EQ(same.header("ETag"), "\"1\"");
  EXPECT_EQ(get(document_path(id), {{"If-None-Match", "\"2\""}}).status, 200);
  EXPECT_EQ(get(document_path(id), {{"If-None-Match", "1"}}).code(), "invalid_header");
}

TEST_F(DocumentsTest, KnowsNoDocumentThatIsNotThere) {
  EXPECT_EQ(get(std::string(kNobody)).code(), "document_not_found");
  EXPECT_EQ(get("/api/documents/nonsense").code(), "document_not_found");
  EXPECT_EQ(get("/api/documents/01890A5D-AC96-774B-BCCE-B302099A8057").status, 404);
  const std::string id = stored();
  EXPECT_EQ(get(document_path("%30" + id.substr(1))).status, 404);
  EXPECT_EQ(get(document_path(id, "/")).code(), "route_not_found");
}

TEST_F(DocumentsTest, ListsNewestFirst) {
  const std::string first = stored();
  clock_.advance(std::chrono::seconds(1));
  const std::string second = stored();
  const auto documents = get("/api/documents").json().at("documents").as_array();
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents.at(0).at("id").as_string(), second);
  EXPECT_EQ(documents.at(1).at("id").as_string(), first);
}

TEST_F(DocumentsTest, WalksPagesByCursorAndByLink) {
  for (int i = 0; i < 5; ++i) {
    clock_.advance(std::chrono::seconds(1));
    stored();
  }
  std::set<std::string> seen;
  std::string target = "/api/documents?limit=2&sort_order=asc";
  for (int pages = 0; pages < 5 && !target.empty(); ++pages) {
    const Answer page = get(target);
    ASSERT_EQ(page.status, 200) << page.body;
    EXPECT_EQ(page.json().at("total").as_int64(), 5);
    EXPECT_EQ(page.text("total_relation"), "eq");
    for (const auto& document : page.json().at("documents").as_array())
      EXPECT_TRUE(seen.insert(std::string(document.at("id").as_string())).second);
    const std::string link = page.header("Link");
    EXPECT_EQ(link.empty(), page.json().at("next_cursor").is_null());
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    if (!link.empty()) EXPECT_TRUE(link.ends_with(">; rel=\"next\""));
  }
  EXPECT_EQ(seen.size(), 5U);
}

TEST_F(DocumentsTest, LinksToTheNextPageUnderItsPublicName) {
  options_.public_url = "https://documents.example.org/";
  build();
  stored();
  stored();
  EXPECT_TRUE(
      get("/api/documents?limit=1").header("Link").starts_with("<https://documents.example.org/api/documents?"));
}

TEST_F(DocumentsTest, NamesEveryBadParameterOfAList) {
  const Answer answer = get("/api/documents?limit=0&colour=red&sort_by=smell");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "invalid_parameter");
  std::vector<std::string> names;
  for (const auto& fault : answer.json().at("errors").as_array())
    names.emplace_back(fault.at("parameter").as_string());
  EXPECT_THAT(names, testing::UnorderedElementsAre("limit", "colour", "sort_by"));
  EXPECT_TRUE(answer.text("error").contains("limit"));
}

TEST_F(DocumentsTest, RefusesACursorOfAnotherWalk) {
  stored();
  stored();
  const std::string cursor = get("/api/documents?limit=1").text("next_cursor");
  EXPECT_EQ(get("/api/documents?limit=1&sort_by=size&cursor=" + cursor).code(), "invalid_cursor");
  EXPECT_EQ(get("/api/documents?cursor=nonsense").code(), "invalid_cursor");
  EXPECT_EQ(get("/api/documents?limit=7&cursor=" + cursor).status, 200);
}

TEST_F(DocumentsTest, ListsAnotherStateOnlyWhenAsked) {
  const std::string id = stored();
  ASSERT_EQ(remove(document_path(id)).status, 204);
  EXPECT_EQ(get("/api/documents").json().at("total").as_int64(), 0);
  EXPECT_EQ(get("/api/documents?state=deleted").json().at("total").as_int64(), 1);
}

TEST_F(DocumentsTest, ChangesWhatAPatchNamesAndNothingElse) {
  const std::string id = stored({{"metadata", R"({"a":1,"b":2})", {}, {}}});
  const Answer answer = patch(id, R"({"processed":true,"metadata":{"a":null,"c":3}})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("ETag"), "\"2\"");
  EXPECT_TRUE(answer.json().at("processed").as_bool());
  EXPECT_FALSE(answer.json().at("metadata").as_object().contains("a"));
  EXPECT_EQ(answer.json().at("metadata").at("b").as_int64(), 2);
  EXPECT_EQ(answer.text("filename"), "report.pdf");
}

TEST_F(DocumentsTest, TakesAPatchAsPlainJson) {
  EXPECT_EQ(send_json("PATCH", document_path(stored()), R"({"filename":"x.pdf"})").text("filename"), "x.pdf");
}

TEST_F(DocumentsTest, ChangesNothingForAnEmptyPatch) {
  EXPECT_EQ(patch(stored(), "{}").header("ETag"), "\"1\"");
}

TEST_F(DocumentsTest, RefusesAPatchOfWhatIsNotTheCallers) {
  const std::string id = stored();
  const Answer answer = patch(id, R"({"checksum":"abc"})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.json().at("errors").as_array().at(0).at("pointer").as_string(), "/checksum");
  EXPECT_EQ(patch(id, R"({"filename":"report.exe"})").code(), "invalid_field");
  EXPECT_EQ(patch(id, "{").code(), "malformed_json");
}

TEST_F(DocumentsTest, WantsPatchesInATypeItKnowsAndOfAKnownLength) {
  const std::string id = stored();
  EXPECT_EQ(send_json("PATCH", document_path(id), "{}", {}, "text/plain").code(), "unsupported_media_type");
  EXPECT_EQ(send({.method = "PATCH", .target = document_path(id), .body = "{}"}).code(), "unsupported_media_type");
  EXPECT_EQ(send({.method = "PATCH", .target = document_path(id)}).code(), "length_required");
  EXPECT_EQ(send({.method = "PUT", .target = document_path(id, "/categories")}).code(), "length_required");
}

TEST_F(DocumentsTest, BoundsTheBodyOfAPatch) {
  const std::string id = stored();
  const Answer announced = patch(id, std::string(300'000, ' '));
  EXPECT_EQ(announced.code(), "body_too_large");
  EXPECT_TRUE(announced.before_body);
  const Answer chunked = send({.method = "PATCH",
                               .target = document_path(id),
                               .headers = {{"Content-Type", "application/json"}},
                               .body = std::string(300'000, ' '),
                               .chunked = true});
  EXPECT_EQ(chunked.code(), "body_too_large");
  EXPECT_EQ(chunked.json().at("limit").as_int64(), 256 * 1024);
}

TEST_F(DocumentsTest, ChangesOnlyTheVersionThatWasNamed) {
  const std::string id = stored();
  EXPECT_EQ(patch(id, R"({"processed":true})", {{"If-Match", "\"2\""}}).code(), "precondition_failed");
  EXPECT_EQ(patch(id, R"({"processed":true})", {{"If-Match", "\"1\""}}).status, 200);
  EXPECT_EQ(patch(id, R"({"processed":false})", {{"If-Match", "\"1\""}}).status, 412);
}

TEST_F(DocumentsTest, ReadsEveryFormOfIfMatch) {
  const std::string id = stored();
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "*"}}).status, 200);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "\"9\", \"1\""}}).status, 200);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "\"9\""}, {"If-Match", "\"1\""}}).status, 200);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "\"8\", \"9\""}}).status, 412);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "W/\"1\""}}).status, 412);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "\"01\""}}).status, 412);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "\"abc\""}}).status, 412);
}

TEST_F(DocumentsTest, RefusesAMalformedIfMatchBeforeTheBody) {
  const Answer answer = patch(stored(), "{}", {{"If-Match", "1"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "invalid_header");
  EXPECT_TRUE(answer.before_body);
}

TEST_F(DocumentsTest, HonoursIfMatchInEveryCallThatChanges) {
  const std::string id = stored();
  const testing_support::Fields wrong{{"If-Match", "\"7\""}};
  EXPECT_EQ(send_json("PUT", document_path(id, "/categories"), R"({"categories":[]})", wrong).status, 412);
  EXPECT_EQ(remove(document_path(id), wrong).status, 412);
  EXPECT_EQ(remove(document_path(id) + "?purge=true", wrong).status, 412);
  ASSERT_EQ(remove(document_path(id)).status, 204);
  EXPECT_EQ(post(document_path(id, "/restore"), wrong).status, 412);
  const std::string other = quarantined();
  EXPECT_EQ(send_json("POST", document_path(other, "/release"), R"({"reason":"seen"})", wrong).status, 412);
}

TEST_F(DocumentsTest, AsksForIfMatchWhereItIsRequired) {
  const std::string id = stored();
  options_.require_if_match = true;
  build();
  EXPECT_EQ(patch(id, "{}").code(), "precondition_required");
  EXPECT_EQ(remove(document_path(id)).status, 428);
  EXPECT_EQ(patch(id, "{}", {{"If-Match", "\"1\""}}).status, 200);
}

TEST_F(DocumentsTest, ReplacesCategories) {
  const std::string id = stored();
  const Answer answer =
      send_json("PUT", document_path(id, "/categories"), R"({"categories":["research_papers","lab_results"]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(boost::json::serialize(answer.json().at("categories")), R"(["lab_results","research_papers"])");
  EXPECT_EQ(send_json("PUT", document_path(id, "/categories"), R"({"categories":["nonsense"]})").status, 422);
  EXPECT_EQ(send_json("PUT", document_path(id, "/categories"), "[]").status / 100, 4);
}

TEST_F(DocumentsTest, DeletesOnceAndThenKnowsItNoMore) {
  const std::string id = stored();
  const Answer answer = remove(document_path(id));
  EXPECT_EQ(answer.status, 204);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(remove(document_path(id)).status, 404);
  EXPECT_EQ(get(document_path(id)).status, 404);
  EXPECT_EQ(get(document_path(id, "/content")).status, 404);
  EXPECT_EQ(patch(id, "{}").status, 404);
  EXPECT_EQ(objects_.size(), 1U);
}

TEST_F(DocumentsTest, RestoresWhatWasDeleted) {
  const std::string id = stored();
  EXPECT_EQ(post(document_path(id, "/restore")).code(), "conflict");
  ASSERT_EQ(remove(document_path(id)).status, 204);
  const Answer answer = post(document_path(id, "/restore"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("state"), "available");
  EXPECT_EQ(get(document_path(id)).status, 200);
}

TEST_F(DocumentsTest, RestoresNothingPastItsRetention) {
  const std::string id = stored();
  ASSERT_EQ(remove(document_path(id)).status, 204);
  clock_.advance(std::chrono::hours(24 * 30));
  EXPECT_EQ(post(document_path(id, "/restore")).code(), "document_not_found");
}

TEST_F(DocumentsTest, PurgesForGoodALiveOneAndADeletedOne) {
  const std::string live = stored();
  const std::string deleted = stored();
  ASSERT_EQ(remove(document_path(deleted)).status, 204);
  EXPECT_EQ(remove(document_path(live) + "?purge=true").status, 204);
  EXPECT_EQ(remove(document_path(deleted) + "?purge=true").status, 204);
  EXPECT_EQ(objects_.size(), 0U);
  EXPECT_EQ(post(document_path(deleted, "/restore")).status, 404);
}

TEST_F(DocumentsTest, MisreadsNoQueryOfDelete) {
  const std::string id = stored();
  for (const std::string query :
       {"purge=yes", "purge", "Purge=true", "purge=true&purge=true", "force=true", "purge=%"}) {
    const Answer answer = remove(document_path(id) + "?" + query);
    EXPECT_EQ(answer.code(), "invalid_parameter") << query;
  }
  EXPECT_EQ(remove(document_path(id) + "?purge=false").status, 204);
  EXPECT_EQ(objects_.size(), 1U);
}

TEST_F(DocumentsTest, ReleasesAQuarantinedDocument) {
  const std::string id = quarantined();
  const Answer answer = send_json("POST", document_path(id, "/release"), R"({"reason":"A known form."})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.text("state"), "available");
  EXPECT_EQ(answer.json().at("release").at("reason").as_string(), "A known form.");
  EXPECT_EQ(get(document_path(id, "/content")).status, 200);
}

TEST_F(DocumentsTest, ReleasesNothingElseAndNothingWithoutAReason) {
  const std::string id = stored();
  EXPECT_EQ(send_json("POST", document_path(id, "/release"), R"({"reason":"x"})").code(), "conflict");
  EXPECT_EQ(send_json("POST", document_path(quarantined(), "/release"), "{}").code(), "invalid_field");
  EXPECT_EQ(post(document_path(id, "/release")).status / 100, 4);
}

TEST_F(DocumentsTest, RecordsWhoReleased) {
  const std::string id = quarantined();
  const std::string admin = make_key("dr-house", "admin");
  build(Access::kKeys);
  const Answer answer =
      send_json("POST", document_path(id, "/release"), R"({"reason":"seen"})", {{"Authorization", admin}});
  EXPECT_EQ(answer.json().at("release").at("caller").as_string(), "dr-house");
}

TEST_F(DocumentsTest, NamesTheCategoriesThereAre) {
  EXPECT_EQ(get("/api/categories").body, R"({"categories":["lab_results","patient_records","research_papers"]})");
}

TEST_F(DocumentsTest, SaysThatAChangeMayHaveBeenMadeWhenItDoesNotKnow) {
  const std::string id = stored();
  faulty_rows_.faults.fail("replace", FaultKind::kAfter);
  const Answer answer = patch(id, R"({"processed":true})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.text("error").contains("may have been made"));
}

TEST_F(DocumentsTest, ShowsNothingOfAStoresOwnWords) {
  const std::string id = stored();
  faulty_rows_.faults.fail("get", FaultKind::kBefore, faulty_rows_.faults.calls("get") + 1, ErrorCode::kInternal);
  const Answer answer = get(document_path(id));
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.body.contains("planned"));
  EXPECT_EQ(observer_.failures, std::vector{ErrorCode::kInternal});
}

}  // namespace
}  // namespace lazaret::http
