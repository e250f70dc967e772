// Every code a client can get is provoked here, over the whole Api, and held against the OpenAPI description.
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace lazaret::http {
namespace {

using testing_support::Answer;
using testing_support::ApiFixture;
using testing_support::FaultKind;
using testing_support::Fields;

class ErrorsTest : public ApiFixture {
 protected:
  // How to come by a code. `method` and `pattern` say which operation of the description answered.
  struct Way {
    std::string method;
    std::string pattern;
    std::function<Answer()> provoke;
  };

  Answer fault(EdgeFault what, const std::string& method = "GET", const std::string& path = "/api/documents") {
    RequestHead head;
    head.method = method;
    head.path = head.target = path;
    head.request_id = "request-1";
    Response response = api_->fault_answer(what, &head);
    api_->decorate(&head, response);
    Answer answer;
    answer.status = response.status;
    answer.body = std::get<std::string>(response.body);
    answer.headers = std::move(response.headers);
    return answer;
  }
  Way by_edge(EdgeFault what) {
    return {"get", "/api/documents", [this, what] { return fault(what); }};
  }
  Way by_upload(std::function<Answer()> provoke) { return {"post", "/api/documents", std::move(provoke)}; }
  Way by_get(std::function<Answer()> provoke) { return {"get", "/api/documents/{id}", std::move(provoke)}; }

  Answer failing_get(ErrorCode code) {
    const std::string id = stored();
    faulty_rows_.faults.fail("get", FaultKind::kBefore, faulty_rows_.faults.calls("get") + 1, code);
    return get(document_path(id));
  }
  Answer content_without_bytes() {
    const std::string id = stored();
    static_cast<void>(objects_.remove({}, rows_.get({}, *DocumentId::parse(id))->s3_key));
    return get(document_path(id, "/content"));
  }
  Answer upload_while_full() {
    options_.max_uploads_in_flight = 0;
    build();
    return upload({file()});
  }
  // The first upload leaves its claim behind with the lease still on, as a crash would.
  Answer upload_while_running() {
    faulty_objects_.faults.fail("put", FaultKind::kBefore);
    faulty_rows_.faults.fail("begin_removal", FaultKind::kBefore);
    upload({file()}, "/api/documents", {{"Idempotency-Key", "k"}});
    return upload({file()}, "/api/documents", {{"Idempotency-Key", "k"}});
  }
  Answer upload_twice_with_one_key(const std::string& second) {
    upload({file()}, "/api/documents", {{"Idempotency-Key", "k"}});
    return upload({file(second)}, "/api/documents", {{"Idempotency-Key", "k"}});
  }
  Answer expired_link() {
    const std::string id = stored();
    const std::string url = send_json("POST", document_path(id, "/url"), R"({"expires_in":1})").text("url");
    clock_.advance(std::chrono::seconds(2));
    return get(url);
  }
  Answer patch(const std::string& body, Fields headers = {}) {
    return send_json("PATCH", document_path(stored()), body, std::move(headers));
  }
  Answer rejected(Outcome outcome) {
    inspector_.answer(outcome, Action::kReject);
    return upload({file()});
  }

  std::map<ProblemCode, Way> ways();
};

std::map<ProblemCode, ErrorsTest::Way> ErrorsTest::ways() {
  using enum ProblemCode;
  const std::string nobody = document_path("01890a5d-ac96-774b-bcce-b302099a8057");
  return {
      {kInvalidParameter, {"get", "/api/documents", [=, this] { return get("/api/documents?limit=x"); }}},
      {kInvalidHeader, by_get([=, this] { return get(nobody, {{"If-None-Match", "x"}}); })},
      {kMalformedRequest, by_edge(EdgeFault::kMalformedRequest)},
      {kMalformedMultipart, by_upload([this] { return upload({file(), file()}); })},
      {kMalformedJson, {"patch", "/api/documents/{id}", [this] { return patch("{"); }}},
      {kDigestMismatch,
       by_upload([this] { return upload({file(), {"checksum", sha256("other").to_string(), {}, {}}}); })},
      {kMissingFile, by_upload([this] { return upload({{"metadata", "{}", {}, {}}}); })},
      {kInvalidCursor, {"get", "/api/documents", [this] { return get("/api/documents?cursor=x"); }}},
      {kUnauthenticated, by_get([=, this] {
         make_key("r", "read");
         build(Access::kKeys);
         return get(nobody);
       })},
      {kForbidden, by_get([=, this] { return get(nobody, {{"Host", "evil.example"}}); })},
      {kLinkInvalid,
       {"get", "/api/documents/{id}/content", [=, this] { return get(nobody + "/content?signature=x"); }}},
      {kLinkExpired, {"get", "/api/documents/{id}/content", [this] { return expired_link(); }}},
      {kDocumentNotFound, by_get([=, this] { return get(nobody); })},
      {kRouteNotFound, {"", "", [this] { return get("/nowhere"); }}},
      {kMethodNotAllowed, {"", "", [this] { return send({.method = "PUT", .target = "/api/documents"}); }}},
      {kRequestTimeout, by_edge(EdgeFault::kRequestTimeout)},
      {kConflict,
       {"post", "/api/documents/{id}/restore",
        [this] { return send({.method = "POST", .target = document_path(stored(), "/restore")}); }}},
      {kIdempotencyInProgress, by_upload([this] { return upload_while_running(); })},
      {kQuarantined,
       {"get", "/api/documents/{id}/content", [this] { return get(document_path(quarantined(), "/content")); }}},
      {kLengthRequired,
       {"patch", "/api/documents/{id}", [=, this] { return send({.method = "PATCH", .target = nobody}); }}},
      {kPreconditionFailed, {"patch", "/api/documents/{id}", [this] { return patch("{}", {{"If-Match", "\"9\""}}); }}},
      {kFileTooLarge, by_upload([this] { return upload({file(std::string(2000, 'x'))}); })},
      {kBodyTooLarge, {"patch", "/api/documents/{id}", [this] { return patch(std::string(300'000, ' ')); }}},
      {kUriTooLong, by_edge(EdgeFault::kUriTooLong)},
      {kExtensionNotAllowed, by_upload([this] { return upload({file("x", "a.exe")}); })},
      {kUnsupportedMediaType, by_upload([this] { return upload({file("x", "a.pdf", "text/html")}); })},
      {kTypeMismatch, by_upload([this] { return rejected(Outcome::kNotPdf); })},
      {kRangeNotSatisfiable,
       {"get", "/api/documents/{id}/content",
        [this] { return get(document_path(stored(), "/content"), {{"Range", "bytes=9999-"}}); }}},
      {kExpectationFailed, by_edge(EdgeFault::kExpectationFailed)},
      {kInvalidField, {"patch", "/api/documents/{id}", [this] { return patch(R"({"size":1})"); }}},
      {kFileRejected, by_upload([this] { return rejected(Outcome::kMalicious); })},
      {kIdempotencyKeyReused, by_upload([this] { return upload_twice_with_one_key("%PDF-1.7 another"); })},
      {kPreconditionRequired,
       {"delete", "/api/documents/{id}",
        [=, this] {
          options_.require_if_match = true;
          build();
          return send({.method = "DELETE", .target = nobody});
        }}},
      {kRateLimited, by_upload([this] {
         options_.max_upload_rate = 1;
         build();
         stored();
         return upload({file()});
       })},
      {kHeadersTooLarge, by_edge(EdgeFault::kHeadersTooLarge)},
      {kInternal, by_get([this] { return failing_get(ErrorCode::kInternal); })},
      {kCorrupt, {"get", "/api/documents/{id}/content", [this] { return content_without_bytes(); }}},
      {kMethodNotImplemented, by_edge(EdgeFault::kMethodNotImplemented)},
      {kUnavailable, by_get([this] { return failing_get(ErrorCode::kUnavailable); })},
      {kOverloaded, by_upload([this] { return upload_while_full(); })},
      {kTimeout, by_get([this] { return failing_get(ErrorCode::kDeadline); })},
      {kHttpVersionNotSupported, by_edge(EdgeFault::kVersionNotSupported)},
  };
}

TEST_F(ErrorsTest, EveryCodeOfTheTableIsReached) {
  std::set<ProblemCode> reached;
  for (const auto& [code, way] : ways())
    reached.insert(code);
  for (const ProblemRow& row : problem_table())
    EXPECT_TRUE(reached.contains(row.code)) << row.name;
}

class EveryError : public ErrorsTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(EveryError, IsAnsweredAsTheTableAndTheDescriptionSay) {
  const ProblemRow& row = problem_table()[GetParam()];
  const auto all = ways();
  const Way& way = all.at(row.code);
  const Answer answer = way.provoke();
  EXPECT_EQ(answer.status, row.status) << answer.body;
  EXPECT_EQ(answer.code(), row.name) << answer.body;
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.text("error"), answer.text("detail"));
  EXPECT_EQ(answer.json().at("status").as_int64(), row.status);
  EXPECT_EQ(answer.text("request_id"), "request-1");
  EXPECT_EQ(answer.header("Retry-After").empty(), row.retry_after == 0);
  EXPECT_GE(answer.text("error").size(), 20U) << "a sentence that helps";
  if (way.pattern.empty()) return;
  const auto description = boost::json::parse(openapi_document()).as_object();
  const auto& responses = description.at("paths").at(way.pattern).at(way.method).at("responses").as_object();
  EXPECT_TRUE(responses.contains(std::to_string(row.status))) << way.method << ' ' << way.pattern;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryError, testing::Range<std::size_t>(0, problem_table().size()),
                         [](const auto& info) { return std::string(problem_table()[info.param].name); });

TEST_F(ErrorsTest, FaultsAtTheEdgeLookLikeAllOthers) {
  for (int i = 0; i <= static_cast<int>(EdgeFault::kVersionNotSupported); ++i) {
    const Answer answer = fault(static_cast<EdgeFault>(i));
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << i;
    EXPECT_EQ(answer.header("X-Request-Id"), "request-1") << i;
  }
}

TEST_F(ErrorsTest, AFullQueueSaysThatNothingWasStored) {
  const Answer answer = fault(EdgeFault::kOverloaded, "POST");
  EXPECT_EQ(answer.code(), "overloaded");
  EXPECT_TRUE(answer.text("error").contains("Nothing was stored"));
}

TEST_F(ErrorsTest, AnExceptionInAnUploadSaysThatSomethingMayHaveBeenStored) {
  EXPECT_TRUE(fault(EdgeFault::kInternal, "POST").text("error").contains("may have been stored"));
}

TEST_F(ErrorsTest, ABodyOverItsLimitIsToldTheLimit) {
  const Answer answer = fault(EdgeFault::kBodyTooLarge, "POST");
  EXPECT_EQ(answer.json().at("limit").as_int64(), 1024 + (1 << 20));
}

}  // namespace
}  // namespace lazaret::http
