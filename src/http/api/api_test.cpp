// Who may call, how often, and what every answer carries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace lazaret::http {
namespace {

using testing_support::Answer;
using testing_support::ApiFixture;
using testing_support::FaultKind;
using testing_support::Fields;

class ApiTest : public ApiFixture {};

TEST_F(ApiTest, AsksForAKey) {
  make_key("reader", "read");
  build(Access::kKeys);
  const Answer answer = get("/api/documents");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.code(), "unauthenticated");
  EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer realm=\"lazaret\"");
}

TEST_F(ApiTest, TellsAWrongKeyThatItIsWrong) {
  make_key("reader", "read");
  build(Access::kKeys);
  for (const std::string value : {"Bearer lzr_wrong", "Basic abc", "Bearer"}) {
    const Answer answer = get("/api/documents", {{"Authorization", value}});
    EXPECT_EQ(answer.status, 401) << value;
    EXPECT_TRUE(answer.header("WWW-Authenticate").contains("invalid_token"));
  }
}

TEST_F(ApiTest, KeepsEveryRouteToItsScope) {
  const std::map<Scope, std::string> keys{{Scope::kRead, make_key("r", "read")},
                                          {Scope::kWrite, make_key("w", "write")},
                                          {Scope::kAdmin, make_key("a", "admin")}};
  build(Access::kKeys);
  for (const Route& route : routes()) {
    std::string path(route.pattern);
    if (const std::size_t at = path.find("{id}"); at != std::string::npos) {
      path.replace(at, 4, "01890a5d-ac96-774b-bcce-b302099a8057");
    }
    for (const auto& [scope, key] : keys) {
      const int status =
          send({.method = std::string(route.method), .target = path, .headers = {{"Authorization", key}}}).status;
      const bool refused = route.scope != Scope::kOpen && route.scope != scope;
      EXPECT_EQ(status == 403, refused) << route.method << ' ' << path << ' ' << to_string(scope) << ' ' << status;
    }
    const int without = send({.method = std::string(route.method), .target = path}).status;
    EXPECT_EQ(without == 401, route.scope != Scope::kOpen) << route.method << ' ' << path;
  }
}

TEST_F(ApiTest, NamesTheScopeThatIsMissing) {
  const std::string key = make_key("reader", "read");
  build(Access::kKeys);
  const Answer answer = upload({file()}, "/api/documents", {{"Authorization", key}});
  EXPECT_EQ(answer.code(), "forbidden");
  EXPECT_TRUE(answer.header("WWW-Authenticate").contains("insufficient_scope"));
  EXPECT_TRUE(answer.text("error").contains("write"));
}

TEST_F(ApiTest, LetsOnlyAdminsPurge) {
  const std::string id = stored();
  const std::string writer = make_key("w", "read,write");
  const std::string admin = make_key("a", "write,admin");
  build(Access::kKeys);
  const std::string purge = document_path(id) + "?purge=true";
  EXPECT_EQ(send({.method = "DELETE", .target = purge, .headers = {{"Authorization", writer}}}).status, 403);
  EXPECT_EQ(send({.method = "DELETE", .target = purge, .headers = {{"Authorization", admin}}}).status, 204);
}

TEST_F(ApiTest, SaysNothingOfDocumentsToWhoMayNotSeeThem) {
  const std::string id = stored();
  make_key("r", "read");
  build(Access::kKeys);
  EXPECT_EQ(get(document_path(id)).status, 401);
  EXPECT_EQ(get("/api/documents/nonsense").status, 401);
}

TEST_F(ApiTest, OpensMetricsWhenTold) {
  const std::string key = make_key("scraper", "read");
  build(Access::kKeys);
  EXPECT_EQ(get("/metrics").status, 401);
  EXPECT_EQ(get("/metrics", {{"Authorization", key}}).body, "lazaret_up 1\n");
  options_.metrics_open = true;
  build(Access::kKeys);
  EXPECT_EQ(get("/metrics").status, 200);
}

TEST_F(ApiTest, WithoutKeysAnswersToThisMachineOnly) {
  for (const std::string host : {"evil.example", "localhost.evil.example", "10.0.0.1:8000", ""}) {
    const Answer answer = get("/api/documents", {{"Host", host}});
    EXPECT_EQ(answer.status, 403) << host;
    EXPECT_EQ(answer.code(), "forbidden");
  }
  EXPECT_EQ(get("/api/documents", {{"Host", "[::1]:8000"}}).status, 200);
}

TEST_F(ApiTest, WithoutKeysLetsNoForeignPageChangeAnything) {
  for (const std::string origin : {"https://evil.example", "null", "http://localhost.evil.example"}) {
    EXPECT_EQ(upload({file()}, "/api/documents", {{"Origin", origin}}).code(), "forbidden") << origin;
  }
  EXPECT_EQ(get("/api/documents", {{"Origin", "https://evil.example"}}).status, 200);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Origin", "http://localhost:3000"}}).status, 201);
}

TEST_F(ApiTest, WithoutKeysEvenAStarLetsNoForeignPageChangeAnything) {
  options_.cors = {{"*"}, false};
  build();
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Origin", "http://localhost:8000"}}).status, 201);
}

TEST_F(ApiTest, WithKeysAnyHostAndOriginWillDo) {
  const std::string key = make_key("w", "write");
  build(Access::kKeys);
  const Fields headers{{"Authorization", key}, {"Host", "documents.example.org"}, {"Origin", "https://any.example"}};
  EXPECT_EQ(upload({file()}, "/api/documents", headers).status, 201);
}

TEST_F(ApiTest, LimitsUploadsAndCountsRefusedOnesToo) {
  options_.max_upload_rate = 3;
  build();
  EXPECT_EQ(upload({file()}).header("RateLimit"), "\"uploads\";r=2;t=20");
  EXPECT_EQ(upload({file("x", "a.exe")}).header("RateLimit"), "\"uploads\";r=1;t=20");
  EXPECT_EQ(upload({file()}, "/api/documents/validate").header("RateLimit-Policy"), "\"uploads\";q=3;w=60");
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.code(), "rate_limited");
  EXPECT_EQ(answer.header("Retry-After"), "20");
  EXPECT_EQ(answer.headers.count("Retry-After"), 1U);
  EXPECT_EQ(answer.header("RateLimit"), "\"uploads\";r=0;t=20");
  EXPECT_EQ(answer.json().at("limit").as_int64(), 3);
  clock_.advance(std::chrono::seconds(20));
  EXPECT_EQ(upload({file()}).status, 201);
}

TEST_F(ApiTest, LimitsNothingButUploads) {
  options_.max_upload_rate = 1;
  build();
  stored();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(get("/api/documents").status, 200);
}

TEST_F(ApiTest, LimitsCallersByKeyWhereTheyHaveOne) {
  const std::string a = make_key("a", "write");
  const std::string b = make_key("b", "write");
  options_.max_upload_rate = 1;
  build(Access::kKeys);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Authorization", a}}).status, 201);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Authorization", a}}).status, 429);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Authorization", b}}).status, 201);
}

TEST_F(ApiTest, BelievesForwardedAddressesFromTrustedProxiesOnly) {
  options_.max_upload_rate = 1;
  build();
  EXPECT_EQ(upload({file()}, "/api/documents", {{"X-Forwarded-For", "198.51.100.1"}}).status, 201);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"X-Forwarded-For", "198.51.100.2"}}).status, 429);
  options_.trusted_proxies = {"127.0.0.1"};
  build();
  EXPECT_EQ(upload({file()}, "/api/documents", {{"X-Forwarded-For", "198.51.100.1"}}).status, 201);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"X-Forwarded-For", "198.51.100.2"}}).status, 201);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"X-Forwarded-For", "198.51.100.1"}}).status, 429);
}

TEST_F(ApiTest, RefusesProxiesItCannotRead) {
  options_.trusted_proxies = {"nonsense"};
  EXPECT_EQ(
      Api::make({*intake_, *documents_, *spool_, rows_, objects_, inspector_, nullptr, observer_, clock_, random_, {}},
                options_)
          .error()
          .code,
      ErrorCode::kInvalidParameter);
}

TEST_F(ApiTest, CarriesItsHeadersOnEveryAnswer) {
  for (const std::string path :
       {"/", "/health", "/api/documents", "/api/documents/nonsense", "/nowhere", "/api/nowhere"}) {
    const Answer answer = get(path, {{"Origin", "http://localhost:3000"}});
    EXPECT_EQ(answer.header("X-Request-Id"), "request-1") << path;
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_FALSE(answer.header("Content-Security-Policy").empty()) << path;
    EXPECT_FALSE(answer.header("Cache-Control").empty()) << path;
    EXPECT_TRUE(answer.header("Vary").contains("Origin")) << path;
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "http://localhost:3000") << path;
    if (path.starts_with("/api")) EXPECT_EQ(answer.header("Cache-Control"), "no-store") << path;
  }
}

TEST_F(ApiTest, CarriesItsHeadersOnAnswersToHeadsThatCouldNotBeRead) {
  Response response = api_->fault_answer(EdgeFault::kHeadersTooLarge, nullptr);
  api_->decorate(nullptr, response);
  EXPECT_EQ(response.status, 431);
  const auto body = boost::json::parse(std::get<std::string>(response.body)).as_object();
  EXPECT_EQ(body.at("request_id").as_string(), response.headers.get("X-Request-Id"));
  EXPECT_EQ(response.headers.count("X-Request-Id"), 1U);
  EXPECT_EQ(response.headers.get("Vary"), "Origin");
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
}

TEST_F(ApiTest, AnswersOptionsWithTheMethodsOfThePath) {
  const Answer answer = send({.method = "OPTIONS", .target = "/api/documents"});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_FALSE(answer.headers.has("Access-Control-Allow-Methods"));
}

TEST_F(ApiTest, AnswersPreflightsForEveryMethodWithoutAKey) {
  make_key("r", "read");
  build(Access::kKeys);
  for (const std::string method : {"GET", "PATCH", "DELETE"}) {
    const Answer answer = send({.method = "OPTIONS",
                                .target = document_path("01890a5d-ac96-774b-bcce-b302099a8057"),
                                .headers = {{"Origin", "http://localhost:3000"},
                                            {"Access-Control-Request-Method", method},
                                            {"Access-Control-Request-Headers", "authorization,if-match"}}});
    EXPECT_EQ(answer.status, 204);
    EXPECT_TRUE(answer.header("Access-Control-Allow-Methods").contains(method));
    EXPECT_EQ(answer.header("Access-Control-Allow-Headers"), "authorization,if-match");
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "http://localhost:3000");
  }
}

TEST_F(ApiTest, NamesTheMethodsOfAPathThatWasCalledByAnother) {
  const Answer answer = send({.method = "DELETE", .target = "/api/documents"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.code(), "method_not_allowed");
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD, OPTIONS, POST");
}

TEST_F(ApiTest, KnowsTheMethodsThatNoPathTakes) {
  for (const char* method : {"TRACE", "CONNECT"}) {
    const Answer answer = send({.method = method, .target = "/api/documents"});
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, OPTIONS, POST");
  }
}

TEST_F(ApiTest, ConnectsToNothing) {
  const Answer answer = send({.method = "CONNECT", .target = "elsewhere:443"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.code(), "method_not_allowed");
  EXPECT_TRUE(answer.headers.has("Allow"));
  EXPECT_EQ(answer.header("Allow"), "");
}

TEST_F(ApiTest, KnowsNoMethodNobodyKnows) {
  EXPECT_EQ(send({.method = "BREW", .target = "/api/documents"}).code(), "method_not_implemented");
  EXPECT_EQ(send({.method = "get", .target = "/api/documents"}).status, 501);
}

TEST_F(ApiTest, AnswersHeadLikeGetWithoutTheBody) {
  stored();
  for (const std::string path : {"/", "/health", "/health/ready", "/metrics", "/openapi.json", "/api/categories",
                                 "/api/documents", "/nowhere", "/api/documents/nonsense", "/api/documents?limit=0"}) {
    const Answer get_answer = get(path);
    const Answer head_answer = send({.method = "HEAD", .target = path});
    EXPECT_EQ(head_answer.status, get_answer.status) << path;
    EXPECT_TRUE(head_answer.body.empty()) << path;
    EXPECT_EQ(head_answer.content_length, get_answer.body.size()) << path;
    EXPECT_EQ(head_answer.header("Content-Type"), get_answer.header("Content-Type")) << path;
  }
}

TEST_F(ApiTest, SaysWhatItIs) {
  EXPECT_EQ(get("/health").body, R"({"status":"ok","service":"lazaret","version":"1.2.3"})");
  EXPECT_EQ(get("/health/live").status, 200);
  const Answer home = get("/");
  EXPECT_EQ(home.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_FALSE(home.body.contains("<script"));
  EXPECT_TRUE(home.header("Content-Security-Policy").contains("default-src 'none'"));
}

TEST_F(ApiTest, SaysOfEachPartWhetherItIsReady) {
  EXPECT_EQ(get("/health/ready").status, 200);
  clock_.advance(std::chrono::seconds(2));
  faulty_objects_.faults.fail("probe", FaultKind::kBefore, 2);
  const Answer answer = get("/health/ready");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body,
            R"({"status":"failing","checks":{"object_store":{"status":"failing"},"metadata_store":{"status":"ok"},)"
            R"("inspector":{"status":"ok"}}})");
}

TEST_F(ApiTest, AsksItsPartsAtMostOnceASecond) {
  for (int i = 0; i < 10; ++i)
    get("/health/ready");
  EXPECT_EQ(faulty_objects_.faults.calls("probe"), 1);
}

TEST_F(ApiTest, IsNotReadyWhileItDrains) {
  api_->set_draining();
  const Answer answer = get("/health/ready");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.text("status"), "draining");
  EXPECT_EQ(get("/health/live").status, 200);
  EXPECT_EQ(get("/api/documents").status, 200);
}

TEST_F(ApiTest, TellsItsObserverOfEveryRequestAndNothingOfItsQuery) {
  const std::string id = stored();
  EXPECT_EQ(observer_.events.back().document_id, id);
  EXPECT_EQ(observer_.events.back().route, "/api/documents");
  get(document_path(id, "/content") + "?expires=1&signature=x");
  const auto& event = observer_.events.back();
  EXPECT_EQ(event.route, "/api/documents/{id}/content");
  EXPECT_EQ(event.document_id, id);
  EXPECT_EQ(event.caller, "link");
  EXPECT_EQ(event.problem_code, "link_invalid");
  EXPECT_EQ(event.status, 403);
  get("/nowhere/else");
  EXPECT_EQ(observer_.events.back().route, "other");
  send({.method = "BREW"});
  EXPECT_EQ(observer_.events.back().method, "other");
}

TEST_F(ApiTest, TellsItsObserverWhoCalledAndFromWhere) {
  const std::string key = make_key("reader", "read");
  options_.trusted_proxies = {"10.0.0.0/8"};
  build(Access::kKeys);
  send({.target = "/api/documents",
        .headers = {{"Authorization", key}, {"X-Forwarded-For", "198.51.100.7"}},
        .peer = "10.1.2.3"});
  EXPECT_EQ(observer_.events.back().caller, "reader");
  EXPECT_EQ(observer_.events.back().client, "198.51.100.7");
}

TEST_F(ApiTest, RevokesAKeyWithinASecond) {
  const std::string key = make_key("reader", "read");
  build(Access::kKeys);
  EXPECT_EQ(get("/api/documents", {{"Authorization", key}}).status, 200);
  ASSERT_TRUE(revoke_key(folder_ / "keys", "reader"));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(get("/api/documents", {{"Authorization", key}}).status, 401);
}

}  // namespace
}  // namespace lazaret::http
