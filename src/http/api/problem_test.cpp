#include "http/api/problem.h"

#include <set>
#include <utility>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

boost::json::object body_of(const Response& response) {
  return boost::json::parse(std::get<std::string>(response.body)).as_object();
}

boost::json::object written(const Problem& problem, std::string_view path = "/api/documents") {
  return body_of(make_problem({path, "request-1"}, problem));
}

TEST(ProblemTable, IsInTheOrderOfItsCodesAndNamesEachOnce) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < problem_table().size(); ++i) {
    const ProblemRow& row = problem_table()[i];
    EXPECT_EQ(std::to_underlying(row.code), i);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GE(row.status, 400);
    EXPECT_FALSE(row.detail.empty());
  }
}

TEST(ProblemTable, TellsWhenToComeBackWhereverTheServiceIsAtFault) {
  for (const ProblemRow& row : problem_table()) {
    const bool at_fault = row.status == 500 || row.status == 503 || row.status == 504 || row.status == 429;
    if (at_fault) EXPECT_GT(row.retry_after, 0) << row.name;
  }
}

TEST(Problem, HoldsEveryMemberOfTheContract) {
  const Response response = make_problem({"/api/documents", "request-1"}, {.code = ProblemCode::kMissingFile});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.problem_code, "missing_file");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  const auto body = body_of(response);
  EXPECT_EQ(body.at("type").as_string(), "urn:lazaret:problem:missing_file");
  EXPECT_EQ(body.at("title").as_string(), "No file");
  EXPECT_EQ(body.at("status").as_int64(), 400);
  EXPECT_EQ(body.at("instance").as_string(), "/api/documents");
  EXPECT_EQ(body.at("code").as_string(), "missing_file");
  EXPECT_EQ(body.at("request_id").as_string(), "request-1");
}

TEST(Problem, SaysTheSameToTheFirstClients) {
  const auto body = written({.code = ProblemCode::kFileTooLarge, .detail = "Too large."});
  EXPECT_EQ(body.at("error").as_string(), "Too large.");
  EXPECT_EQ(body.at("detail").as_string(), "Too large.");
}

TEST(Problem, ListsFaultsOfFieldsByPointerAndOfParametersByName) {
  const auto body =
      written({.code = ProblemCode::kInvalidField,
               .errors = {{"/categories/0", "unknown", "No such category."}, {"limit", "invalid", "Bad."}}});
  const auto& errors = body.at("errors").as_array();
  EXPECT_EQ(errors.at(0).at("pointer").as_string(), "/categories/0");
  EXPECT_EQ(errors.at(0).at("code").as_string(), "unknown");
  EXPECT_EQ(errors.at(1).at("parameter").as_string(), "limit");
  EXPECT_EQ(body.at("error").as_string(), "No such category (field `categories`, entry 1). Bad (parameter `limit`).");
}

TEST(Problem, TellsPeopleOfAFieldWithoutAPointer) {
  const auto told = [](const char* pointer, const char* detail) {
    const auto body = written({.code = ProblemCode::kInvalidField, .errors = {{pointer, "bad", detail}}});
    return std::string(body.at("error").as_string());
  };
  EXPECT_EQ(told("/metadata/wards/2/a~1b", "Nested too deep."),
            "Nested too deep (field `metadata`, `wards`, entry 3, `a/b`).");
  EXPECT_EQ(told("/checksum", "The field `checksum` is wrong."), "The field `checksum` is wrong.");
  EXPECT_EQ(told("/0", "Unknown."), "Unknown (field `0`).");
  EXPECT_EQ(told("", "The body must be an object."), "The body must be an object.");
}

TEST(Problem, NamesAFewFaultsAndCountsTheRest) {
  Problem problem{.code = ProblemCode::kInvalidField};
  for (int i = 0; i < 5; ++i)
    problem.errors.push_back({"/" + std::to_string(i), "bad", "Bad."});
  EXPECT_TRUE(written(problem).at("error").as_string().ends_with("And 2 more; see `errors`."));
}

TEST(Problem, ShowsFindingsAndTellsTheWorstInItsSentence) {
  Verdict verdict;
  verdict.findings = {{"launch", Severity::kCritical, "It starts a program.", "object 4 0"}};
  verdict.more_findings = 3;
  const auto body = written({.code = ProblemCode::kFileRejected, .verdict = verdict});
  EXPECT_EQ(body.at("findings").as_array().at(0).at("where").as_string(), "object 4 0");
  EXPECT_EQ(body.at("more_findings").as_int64(), 3);
  EXPECT_TRUE(body.at("error").as_string().ends_with("It starts a program."));
}

TEST(Problem, PutsItsLimitAndWaitWhereMachinesReadThem) {
  const Response response =
      make_problem({"/", "r"}, {.code = ProblemCode::kRateLimited, .limit = 10, .retry_after = 6});
  EXPECT_EQ(response.headers.get("Retry-After"), "6");
  EXPECT_EQ(body_of(response).at("limit").as_int64(), 10);
  EXPECT_EQ(body_of(response).at("retry_after").as_int64(), 6);
}

TEST(Problem, RepeatsNoPathThatIsNoUri) {
  for (const std::string_view path : {"", "/a b", "/\"", "/\xff", "/\x01", "/<script>"}) {
    EXPECT_EQ(written({}, path).at("instance").as_string(), "about:blank") << path;
  }
}

TEST(Problem, IsValidJsonWhateverTheTextsHold) {
  const auto body = written({.code = ProblemCode::kInvalidField, .errors = {{"/\xff\"", "c", "\n\xfe"}}});
  EXPECT_EQ(body.at("errors").as_array().at(0).at("pointer").as_string(), "/?\"");
}

TEST(ProblemOfError, ShowsNothingOfTheDetailThatIsForTheLog) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const Error error{static_cast<ErrorCode>(code), Retry::kNever, "secret /var/lib/path", {}};
    for (const Effect effect : {Effect::kRead, Effect::kChange, Effect::kUpload}) {
      const Response response = make_problem({"/", "r"}, problem_of(error, effect));
      EXPECT_FALSE(std::get<std::string>(response.body).contains("secret")) << code;
    }
  }
}

TEST(ProblemOfError, SaysWhetherSomethingMayBeLeftBehind) {
  const Error safe{ErrorCode::kUnavailable, Retry::kSafe, {}, {}};
  const Error ambiguous{ErrorCode::kUnavailable, Retry::kAmbiguous, {}, {}};
  EXPECT_TRUE(problem_of(safe, Effect::kUpload).detail.contains("Nothing was stored"));
  EXPECT_TRUE(problem_of(ambiguous, Effect::kUpload).detail.contains("may have been stored"));
  EXPECT_TRUE(problem_of(safe, Effect::kChange).detail.contains("Nothing was changed"));
  EXPECT_TRUE(problem_of(ambiguous, Effect::kChange).detail.contains("may have been made"));
}

TEST(Sizes, AreSaidAsPeopleSayThem) {
  EXPECT_EQ(describe_bytes(50ULL << 20), "50 MB");
  EXPECT_EQ(describe_bytes(64 * 1024), "64 KB");
  EXPECT_EQ(describe_bytes(1000), "1000 bytes");
}

TEST(Pointers, EscapeWhatPointersMeanThemselves) {
  EXPECT_EQ(pointer_to("a/b~c"), "/a~1b~0c");
}

}  // namespace
}  // namespace lazaret::http
