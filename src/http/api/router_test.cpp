#include "http/api/router.h"

#include <string>

#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

constexpr std::string_view kId = "01890a5d-ac96-774b-bcce-b302099a8057";

std::string under_documents(std::string_view rest) {
  return "/api/documents/" + std::string(kId) + std::string(rest);
}

TEST(Router, FindsEveryRouteOfTheTableByItsOwnPattern) {
  for (const Route& route : routes()) {
    std::string path(route.pattern);
    if (const std::size_t at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, kId);
    const auto resource = find_resource(path);
    ASSERT_TRUE(resource) << path;
    EXPECT_EQ(resource->pattern, route.pattern);
    ASSERT_NE(find_route(*resource, route.method), nullptr) << path;
    EXPECT_EQ(find_route(*resource, route.method)->id, route.id);
  }
}

TEST(Router, GivesTheIdAsItWasSent) {
  EXPECT_EQ(find_resource(under_documents("/content"))->id_text, kId);
}

TEST(Router, KnowsNoPathThatIsAlmostOne) {
  for (const std::string path : {"",
                                 "api/documents",
                                 "/api/documents/",
                                 "//api/documents",
                                 "/api//documents",
                                 "/API/documents",
                                 "/api/Documents",
                                 "/health/",
                                 "/health/live/",
                                 "/api",
                                 "/api/",
                                 "/api/documents/upload/",
                                 "/%61pi/documents",
                                 "/api%2Fdocuments",
                                 "/api/documents/../documents",
                                 "/./health",
                                 "/openapi.json/",
                                 "//",
                                 "/api/documents//content",
                                 "*"}) {
    EXPECT_FALSE(find_resource(path)) << path;
  }
  EXPECT_FALSE(find_resource(under_documents("/")));
  EXPECT_FALSE(find_resource(under_documents("/Content")));
  EXPECT_FALSE(find_resource(under_documents("/content/")));
  EXPECT_FALSE(find_resource(under_documents("//content")));
  EXPECT_FALSE(find_resource(under_documents("/content/more")));
}

TEST(Router, PrefersAWordOfOursToAnId) {
  const auto resource = find_resource("/api/documents/upload");
  EXPECT_EQ(resource->pattern, "/api/documents/upload");
  EXPECT_EQ(find_route(*resource, "GET"), nullptr);
}

TEST(Router, AnswersHeadWhereverGetIs) {
  for (const Route& route : routes()) {
    const Route* const head = find_route({route.pattern, {}}, "HEAD");
    EXPECT_EQ(head != nullptr, find_route({route.pattern, {}}, "GET") != nullptr) << route.pattern;
  }
}

TEST(Router, ListsTheMethodsOfAResource) {
  EXPECT_EQ(allowed_methods(*find_resource("/api/documents")), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(allowed_methods(*find_resource(under_documents(""))), "DELETE, GET, HEAD, OPTIONS, PATCH");
  EXPECT_EQ(allowed_methods(*find_resource(under_documents("/categories"))), "OPTIONS, PUT");
}

TEST(Router, TellsAMethodItDoesNotTakeFromOneNobodyKnows) {
  EXPECT_TRUE(is_known_method("TRACE"));
  EXPECT_FALSE(is_known_method("get"));
  EXPECT_FALSE(is_known_method("BREW"));
}

}  // namespace
}  // namespace lazaret::http
