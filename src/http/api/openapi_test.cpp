// The description against what is there: every route, every code, every reference.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/api/problem.h"
#include "http/api/router.h"
#include "http/api/system_handlers.h"

namespace lazaret::http {
namespace {

using Operation = std::pair<std::string, std::string>;  // method, pattern

boost::json::object description() {
  return boost::json::parse(openapi_document()).as_object();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

template <class Visit>
void each_operation(const Visit& visit) {
  const auto all = description();
  for (const auto& path : all.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object())
      visit(std::string(path.key()), std::string(operation.key()), operation.value().as_object());
  }
}

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
  std::set<Operation> served;
  for (const Route& route : routes()) {
    served.emplace(lower(route.method), route.pattern);
    served.emplace("options", route.pattern);
    if (route.method == "GET") served.emplace("head", route.pattern);
  }
  std::set<Operation> described;
  each_operation([&](const std::string& path, const std::string& method, const boost::json::object&) {
    described.emplace(method, path);
  });
  EXPECT_EQ(described, served);
}

TEST(OpenApi, ListsEveryProblemCodeAndNoOther) {
  std::set<std::string> known;
  for (const ProblemRow& row : problem_table())
    known.emplace(row.name);
  std::set<std::string> described;
  const auto all = description();
  for (const auto& code :
       all.at("components").at("schemas").at("Problem").at("properties").at("code").at("enum").as_array())
    described.emplace(code.as_string());
  EXPECT_EQ(described, known);
}

TEST(Reference, ListsEveryProblemCodeAndEveryRoute) {
  std::ifstream file(LAZARET_API_REFERENCE);
  const std::string reference{std::istreambuf_iterator<char>(file), {}};
  for (const ProblemRow& row : problem_table())
    EXPECT_TRUE(reference.contains("`" + std::string(row.name) + "`")) << row.name;
  for (const Route& route : routes())
    EXPECT_TRUE(reference.contains(route.pattern)) << route.pattern;
}

TEST(OpenApi, NamesEachCodeUnderItsStatus) {
  const auto all = description();
  for (const ProblemRow& row : problem_table()) {
    const auto& response = all.at("components").at("responses").at("Problem" + std::to_string(row.status)).as_object();
    EXPECT_TRUE(std::string(response.at("description").as_string()).contains("`" + std::string(row.name) + "`"))
        << row.name;
  }
}

TEST(OpenApi, SaysOfEachRouteWhatBodyItTakes) {
  const auto all = description();
  for (const Route& route : routes()) {
    const auto& operation = all.at("paths").at(route.pattern).at(lower(route.method)).as_object();
    const bool takes = route.body != BodyKind::kNone && route.body != BodyKind::kIgnored;
    ASSERT_EQ(operation.contains("requestBody"), takes) << route.pattern;
    if (!takes) continue;
    const auto& content = operation.at("requestBody").at("content").as_object();
    EXPECT_EQ(content.contains("multipart/form-data"), route.body == BodyKind::kForm) << route.pattern;
    EXPECT_EQ(content.contains("application/merge-patch+json"), route.body == BodyKind::kMergePatch) << route.pattern;
    EXPECT_EQ(content.contains("application/json"), route.body != BodyKind::kForm) << route.pattern;
  }
}

TEST(OpenApi, SaysOfEachRouteWhichScopeItAsks) {
  const auto all = description();
  for (const Route& route : routes()) {
    const auto& security = all.at("paths").at(route.pattern).at(lower(route.method)).at("security").as_array();
    if (route.scope == Scope::kOpen) {
      EXPECT_TRUE(security.empty()) << route.pattern;
    } else {
      EXPECT_EQ(security.at(0).at("bearer").as_array().at(0).as_string(), to_string(route.scope)) << route.pattern;
    }
  }
}

TEST(OpenApi, NamesEachOperationOnce) {
  std::set<std::string> ids;
  each_operation([&](const std::string& path, const std::string& method, const boost::json::object& operation) {
    EXPECT_TRUE(ids.emplace(operation.at("operationId").as_string()).second) << method << ' ' << path;
  });
}

void collect_references(const boost::json::value& value, std::set<std::string>& references) {
  if (value.is_array()) {
    for (const auto& element : value.as_array())
      collect_references(element, references);
  }
  if (!value.is_object()) return;
  for (const auto& member : value.as_object()) {
    if (member.key() == "$ref") references.emplace(member.value().as_string());
    collect_references(member.value(), references);
  }
}

TEST(OpenApi, RefersToNothingThatIsNotThereAndDefinesNothingUnused) {
  const boost::json::value all = boost::json::parse(openapi_document());
  std::set<std::string> references;
  collect_references(all, references);
  std::set<std::string> defined;
  for (const auto& kind : all.at("components").as_object()) {
    if (kind.key() == "securitySchemes") continue;
    for (const auto& one : kind.value().as_object())
      defined.insert("#/components/" + std::string(kind.key()) + "/" + std::string(one.key()));
  }
  // What no single operation answers with is described all the same: an unknown path's 404 and 405.
  references.insert("#/components/responses/Problem405");
  EXPECT_EQ(references, defined);
}

}  // namespace
}  // namespace lazaret::http
