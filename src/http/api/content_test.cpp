// The bytes of documents, by key and by link, through the whole Api.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/support/api_fixture.h"

namespace lazaret::http {
namespace {

using testing_support::Answer;
using testing_support::ApiFixture;
using testing_support::Fields;

class ContentTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    id_ = stored();
    path_ = document_path(id_, "/content");
    etag_ = "\"" + sha256(kPdf).to_string() + "\"";
  }
  Answer content(Fields headers = {}) { return get(path_, std::move(headers)); }
  Answer link(const std::string& body = "") {
    if (body.empty()) return send({.method = "POST", .target = document_path(id_, "/url")});
    return send_json("POST", document_path(id_, "/url"), body);
  }

  std::string id_;
  std::string path_;
  std::string etag_;
};

TEST_F(ContentTest, GivesTheBytesAndEverythingABrowserNeedsToKeepThemHarmless) {
  const Answer answer = content();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, kPdf);
  EXPECT_EQ(answer.content_length, kPdf.size());
  EXPECT_EQ(answer.header("Content-Type"), "application/pdf");
  EXPECT_EQ(answer.header("ETag"), etag_);
  EXPECT_EQ(answer.header("Accept-Ranges"), "bytes");
  EXPECT_EQ(answer.header("Repr-Digest"), "sha-256=:" + base64_encode(sha256(kPdf).bytes()) + ":");
  EXPECT_EQ(answer.header("Content-Disposition"), "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(answer.header("Content-Security-Policy").contains("sandbox"));
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
}

TEST_F(ContentTest, KeepsItsTagWhenTheMetadataIsEdited) {
  send_json("PATCH", document_path(id_), R"({"processed":true})");
  EXPECT_EQ(content().header("ETag"), etag_);
}

TEST_F(ContentTest, GivesOneRange) {
  const Answer answer = content({{"Range", "bytes=1-3"}});
  EXPECT_EQ(answer.status, 206);
  EXPECT_EQ(answer.body, "PDF");
  EXPECT_EQ(answer.content_length, 3U);
  EXPECT_EQ(answer.header("Content-Range"), "bytes 1-3/17");
  EXPECT_EQ(content({{"Range", "bytes=-6"}}).body, "report");
  EXPECT_EQ(content({{"Range", "bytes=11-"}}).body, "report");
}

TEST_F(ContentTest, GivesTheWholeForSeveralRangesOrNone) {
  for (const std::string range : {"bytes=0-1,3-4", "bytes=x", "pages=1-2"}) {
    EXPECT_EQ(content({{"Range", range}}).status, 200) << range;
  }
  EXPECT_EQ(content({{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}).status, 200);
}

TEST_F(ContentTest, SaysHowLargeItIsToWhoAsksBeyondIt) {
  const Answer answer = content({{"Range", "bytes=17-"}});
  EXPECT_EQ(answer.status, 416);
  EXPECT_EQ(answer.code(), "range_not_satisfiable");
  EXPECT_EQ(answer.header("Content-Range"), "bytes */17");
}

TEST_F(ContentTest, GivesTheRangeOnlyWhileTheBytesAreTheSame) {
  EXPECT_EQ(content({{"Range", "bytes=0-1"}, {"If-Range", etag_}}).status, 206);
  EXPECT_EQ(content({{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}}).status, 200);
  EXPECT_EQ(content({{"Range", "bytes=0-1"}, {"If-Range", "Tue, 24 Nov 2026 17:33:00 GMT"}}).status, 200);
}

TEST_F(ContentTest, HonoursPreconditionsBeforeRanges) {
  EXPECT_EQ(content({{"If-None-Match", etag_}, {"Range", "bytes=0-1"}}).status, 304);
  EXPECT_EQ(content({{"If-Match", "\"old\""}, {"Range", "bytes=99-"}}).status, 412);
  EXPECT_EQ(content({{"If-Match", etag_}}).status, 200);
  EXPECT_EQ(content({{"If-None-Match", "nonsense"}}).code(), "invalid_header");
}

TEST_F(ContentTest, AnswersHeadWithTheLengthAndNoRange) {
  const Answer answer = send({.method = "HEAD", .target = path_, .headers = {{"Range", "bytes=0-1"}}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_EQ(answer.content_length, kPdf.size());
  EXPECT_EQ(answer.header("ETag"), etag_);
}

TEST_F(ContentTest, WithholdsWhatIsInQuarantine) {
  const std::string id = quarantined();
  EXPECT_EQ(get(document_path(id, "/content")).code(), "quarantined");
  EXPECT_EQ(send({.method = "HEAD", .target = document_path(id, "/content")}).status, 409);
  EXPECT_EQ(send({.method = "POST", .target = document_path(id, "/url")}).code(), "quarantined");
}

TEST_F(ContentTest, CallsARowWithoutBytesCorrupt) {
  ASSERT_TRUE(objects_.remove({}, rows_.get({}, *DocumentId::parse(id_))->s3_key));
  const Answer answer = content();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.code(), "corrupt");
}

TEST_F(ContentTest, NamesTheFileSafelyInEveryAlphabet) {
  EXPECT_EQ(content_disposition(PatientText("B\xc3\xa4r \"x\".pdf")),
            "attachment; filename=\"B__r _x_.pdf\"; filename*=UTF-8''B%C3%A4r%20%22x%22.pdf");
}

TEST_F(ContentTest, LinksNeedNoOtherCredential) {
  const std::string key = make_key("reader", "read");
  build(Access::kKeys);
  const Answer made =
      send({.method = "POST", .target = document_path(id_, "/url"), .headers = {{"Authorization", key}}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(get(path_).status, 401);
  const Answer answer = get(made.text("url"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, kPdf);
  EXPECT_EQ(send({.method = "HEAD", .target = made.text("url")}).status, 200);
}

TEST_F(ContentTest, LinksLastFifteenMinutesUnlessAskedOtherwise) {
  EXPECT_EQ(link().text("expires_at"), "2026-01-02T03:19:05.000Z");
  EXPECT_EQ(link(R"({"expires_in":60})").text("expires_at"), "2026-01-02T03:05:05.000Z");
  EXPECT_EQ(link(R"({"expires_in":604800})").status, 200);
  EXPECT_EQ(link(R"({"expires_in":604801})").code(), "invalid_field");
  EXPECT_EQ(link(R"({"expires_in":0})").code(), "invalid_field");
}

TEST_F(ContentTest, LinksEndWhenTheyExpire) {
  const std::string url = link(R"({"expires_in":60})").text("url");
  clock_.advance(std::chrono::seconds(59));
  EXPECT_EQ(get(url).status, 200);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(get(url).status, 403);
  EXPECT_EQ(get(url).code(), "link_expired");
}

TEST_F(ContentTest, LinksEndAtOnceWithADelete) {
  const std::string url = link().text("url");
  send({.method = "DELETE", .target = document_path(id_)});
  EXPECT_EQ(get(url).code(), "document_not_found");
}

TEST_F(ContentTest, EditedLinksAreInvalidWhateverCredentialComesAlong) {
  const std::string url = link().text("url");
  std::string edited = url;
  edited.back() = edited.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(get(edited).code(), "link_invalid");
  EXPECT_EQ(get(url + "&x=y").code(), "link_invalid");
  EXPECT_EQ(get(path_ + "?signature=abc").code(), "link_invalid");
}

TEST_F(ContentTest, AForgedLinkTellsNothingOfWhetherTheDocumentExists) {
  const Answer there = get(path_ + "?expires=9999999999&signature=" + std::string(43, 'A'));
  const Answer nowhere = get(document_path("01890a5d-ac96-774b-bcce-b302099a8057", "/content") +
                             "?expires=9999999999&signature=" + std::string(43, 'A'));
  EXPECT_EQ(there.code(), "link_invalid");
  EXPECT_EQ(nowhere.code(), "link_invalid");
  EXPECT_EQ(there.text("error"), nowhere.text("error"));
}

TEST_F(ContentTest, LinksAreRelativeOrUnderThePublicNameAndNeverFromHost) {
  EXPECT_TRUE(link().text("url").starts_with("/api/documents/"));
  options_.public_url = "https://documents.example.org";
  build();
  EXPECT_TRUE(link().text("url").starts_with("https://documents.example.org/api/documents/"));
}

TEST_F(ContentTest, LinksReachNoProblemAnswer) {
  const std::string url = link(R"({"expires_in":1})").text("url");
  clock_.advance(std::chrono::seconds(5));
  const std::string signature = url.substr(url.find("signature=") + 10);
  EXPECT_FALSE(get(url).body.contains(signature));
}

TEST_F(ContentTest, StreamsWhereTheStoreHasNoUrlsOfItsOwn) {
  const std::string url = link().text("url");
  options_.download_redirect = true;
  build();
  EXPECT_EQ(get(url).status, 200);
}

TEST_F(ContentTest, LeadsToTheStoresOwnUrlWhereThatIsWanted) {
  const std::string url = link().text("url");
  options_.download_redirect = true;
  objects_.presigned = "https://store.example/key?signature=x";
  build();
  for (const std::string& path : {url, document_path(id_, "/content")}) {
    const Answer answer = get(path, {{"Range", "bytes=0-3"}});
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.header("Location"), *objects_.presigned);
    EXPECT_TRUE(answer.body.empty());
  }
  EXPECT_LE(objects_.asked_presign.lifetime, std::chrono::seconds{60});
  EXPECT_EQ(objects_.asked_presign.content_type, "application/pdf");
  EXPECT_TRUE(objects_.asked_presign.content_disposition.starts_with("attachment;"));
}

TEST_F(ContentTest, LeadsNobodyToWhatIsKnownOrQuarantinedOrOnlyAskedAbout) {
  const std::string path = document_path(id_, "/content");
  const std::string etag = get(path).header("ETag");
  const std::string withheld = quarantined();
  options_.download_redirect = true;
  objects_.presigned = "https://store.example/key?signature=x";
  build();
  EXPECT_EQ(get(path, {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(get(path, {{"If-Match", "\"other\""}}).status, 412);
  EXPECT_EQ(send({.method = "HEAD", .target = path}).status, 200);
  EXPECT_EQ(get(document_path(withheld, "/content")).status, 409);
}

TEST_F(ContentTest, WantsJsonForALink) {
  EXPECT_EQ(send_json("POST", document_path(id_, "/url"), "{}", {}, "text/plain").code(), "unsupported_media_type");
  EXPECT_EQ(link("{").code(), "malformed_json");
  EXPECT_EQ(link(R"({"expires":5})").code(), "invalid_field");
}

}  // namespace
}  // namespace lazaret::http
