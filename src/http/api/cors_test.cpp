#include "http/api/cors.h"

#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

Headers from(const std::string& origin) {
  Headers headers;
  headers.add("Origin", origin);
  return headers;
}

Headers decorated(const Cors& cors, const Headers& request) {
  Headers response;
  cors.decorate(request, response);
  return response;
}

TEST(Cors, NamesAnAllowedOriginAndWhatItMayRead) {
  const Headers response = decorated(Cors({{"https://app.example.org"}, false}), from("https://app.example.org"));
  EXPECT_EQ(response.get("Access-Control-Allow-Origin"), "https://app.example.org");
  for (const std::string_view name :
       {"ETag", "Location", "X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After"}) {
    EXPECT_TRUE(response.get("Access-Control-Expose-Headers").contains(name)) << name;
  }
}

TEST(Cors, GivesAForeignOriginNothing) {
  const Cors cors({{"https://app.example.org"}, false});
  for (const std::string origin : {"https://evil.example", "https://app.example.org.evil.example", "null", "",
                                   "http://app.example.org", "https://app.example.org:444", "http://localhost:3000"}) {
    EXPECT_FALSE(decorated(cors, from(origin)).has("Access-Control-Allow-Origin")) << origin;
  }
}

TEST(Cors, VariesByOriginOnEveryAnswer) {
  const Cors cors({{"https://app.example.org"}, false});
  EXPECT_EQ(decorated(cors, {}).get("Vary"), "Origin");
  EXPECT_EQ(decorated(cors, from("https://evil.example")).get("Vary"), "Origin");
}

TEST(Cors, LetsAnyLocalOriginInDuringDevelopment) {
  const Cors cors({{}, true});
  for (const std::string origin : {"http://localhost:3000", "https://localhost", "http://127.0.0.1:5173"}) {
    EXPECT_EQ(decorated(cors, from(origin)).get("Access-Control-Allow-Origin"), origin);
  }
  for (const std::string origin : {"http://localhost.evil.example", "http://127.0.0.1.evil.example",
                                   "http://localhost:80:80", "ftp://localhost", "localhost"}) {
    EXPECT_FALSE(decorated(cors, from(origin)).has("Access-Control-Allow-Origin")) << origin;
  }
}

TEST(Cors, TakesAStarForEveryOriginButNamesNoneByIt) {
  const Cors cors({{"*"}, false});
  EXPECT_TRUE(decorated(cors, from("https://any.example")).has("Access-Control-Allow-Origin"));
  EXPECT_FALSE(cors.is_named("https://any.example"));
  EXPECT_FALSE(cors.is_named("*"));
}

TEST(Cors, AnswersAPreflightWithoutAskedHeaders) {
  Headers response;
  Cors({{"https://app.example.org"}, false}).add_preflight(from("https://app.example.org"), "GET, PATCH", response);
  EXPECT_EQ(response.get("Access-Control-Allow-Methods"), "GET, PATCH");
  EXPECT_TRUE(response.get("Access-Control-Allow-Headers").contains("Idempotency-Key"));
  EXPECT_TRUE(response.get("Vary").contains("Access-Control-Request-Headers"));
}

TEST(Cors, RepeatsTheHeadersAPreflightAsksFor) {
  Headers request = from("https://app.example.org");
  request.add("Access-Control-Request-Headers", "content-type,x-requested-with");
  Headers response;
  Cors({{"https://app.example.org"}, false}).add_preflight(request, "POST", response);
  EXPECT_EQ(response.get("Access-Control-Allow-Headers"), "content-type,x-requested-with");
}

TEST(Cors, RepeatsNothingThatIsNoListOfHeaders) {
  Headers request = from("https://app.example.org");
  request.add("Access-Control-Request-Headers", "a\r\nSet-Cookie: x");
  Headers response;
  Cors({{"https://app.example.org"}, false}).add_preflight(request, "POST", response);
  EXPECT_FALSE(response.get("Access-Control-Allow-Headers").contains("Cookie"));
}

TEST(Cors, TellsAForeignPreflightNothing) {
  Headers response;
  Cors({{"https://app.example.org"}, false}).add_preflight(from("https://evil.example"), "POST", response);
  EXPECT_FALSE(response.has("Access-Control-Allow-Methods"));
}

TEST(Cors, KnowsAPreflightByItsMethodAndHeaders) {
  Headers request = from("https://app.example.org");
  EXPECT_FALSE(Cors::is_preflight("OPTIONS", request));
  request.add("Access-Control-Request-Method", "PATCH");
  EXPECT_TRUE(Cors::is_preflight("OPTIONS", request));
  EXPECT_FALSE(Cors::is_preflight("GET", request));
}

TEST(SameOrigin, ComparesHostAndPort) {
  EXPECT_TRUE(is_same_origin("http://localhost:8000", "localhost:8000"));
  EXPECT_FALSE(is_same_origin("http://localhost:3000", "localhost:8000"));
  EXPECT_FALSE(is_same_origin("null", ""));
}

}  // namespace
}  // namespace lazaret::http
