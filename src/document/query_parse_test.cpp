// Query strings and cursors: everything a list request may ask, and what it may not.
#include "document/query_parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/cursor.h"

namespace lazaret {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Secret kKey{"a key for tests that is long enough"};

class QueryParse : public testing::Test {
 protected:
  Result<Query> parse(std::string_view text) {
    auto parameters = parse_query_string(text);
    if (!parameters) return std::unexpected(parameters.error());
    return parse_query(*parameters, known_, kKey);
  }
  std::vector<std::string> faults(std::string_view text) {
    std::vector<std::string> names;
    const auto query = parse(text);
    if (query) return names;
    for (const Fault& fault : query.error().faults)
      names.push_back(fault.where);
    return names;
  }
  Categories known_ = *Categories::make({"lab_results", "patient_records"});
};

TEST_F(QueryParse, HasTheDefaultsOfTheFirstClients) {
  const auto query = parse("");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->limit, 100U);
  EXPECT_EQ(query->sort_by, SortBy::kUploadDate);
  EXPECT_EQ(query->sort_order, SortOrder::kDescending);
  EXPECT_EQ(query->filter, Filter{});
}

TEST_F(QueryParse, SortsNamesAndSizesAscendingUnlessTold) {
  EXPECT_EQ(parse("sort_by=filename")->sort_order, SortOrder::kAscending);
  EXPECT_EQ(parse("sort_by=size&sort_order=desc")->sort_order, SortOrder::kDescending);
}

TEST_F(QueryParse, TakesCategoriesRepeatedOrWithCommas) {
  EXPECT_THAT(parse("categories=patient_records&categories=lab_results,lab_results")->filter.categories,
              ElementsAre("lab_results", "patient_records"));
  EXPECT_EQ(parse("categories=lab_results&categories_match=all")->filter.categories_match, CategoriesMatch::kAll);
}

TEST_F(QueryParse, ReadsADateAsTheWholeUtcDay) {
  const auto query = parse("date_from=2026-01-31&date_to=2026-01-31");
  ASSERT_TRUE(query);
  EXPECT_EQ(format_rfc3339(*query->filter.date_from), "2026-01-31T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(*query->filter.date_to), "2026-01-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(*parse("date_to=2026-01-31T08:00:00%2B08:00")->filter.date_to), "2026-01-31T00:00:00.000Z");
}

TEST_F(QueryParse, NamesEveryParameterThatIsWrong) {
  EXPECT_THAT(faults("limit=0&sort_by=name&sort_order=up&processed=1&state=gone&checksum=ab&content_type=x"),
              testing::UnorderedElementsAre("limit", "sort_by", "sort_order", "processed", "state", "checksum",
                                            "content_type"));
}

TEST_F(QueryParse, RefusesUnknownAndRepeatedParameters) {
  EXPECT_THAT(faults("colour=red"), ElementsAre("colour"));
  EXPECT_THAT(faults("limit=1&limit=2"), ElementsAre("limit"));
  EXPECT_THAT(faults("=x"), ElementsAre(""));
}

TEST_F(QueryParse, RefusesReversedRangesAndUnknownCategories) {
  EXPECT_THAT(faults("date_from=2026-02-01&date_to=2026-01-01"), ElementsAre("date_to"));
  EXPECT_THAT(faults("size_min=2&size_max=1"), ElementsAre("size_max"));
  EXPECT_THAT(faults("categories=secrets"), ElementsAre("categories"));
  EXPECT_THAT(faults("categories="), ElementsAre("categories"));
}

TEST_F(QueryParse, RefusesNumbersThatAreNone) {
  for (const char* text :
       {"limit=201", "limit=-1", "limit=1.5", "limit=", "limit=%201", "limit=99999999999999999999"}) {
    EXPECT_THAT(faults(text), ElementsAre("limit")) << text;
  }
}

TEST_F(QueryParse, FoldsASearchIntoWords) {
  EXPECT_THAT(parse("search=Blood+Test_R%C3%A9sultat")->filter.search_words, ElementsAre("blood", "resultat", "test"));
  EXPECT_THAT(faults("search=---"), ElementsAre("search"));
  EXPECT_THAT(faults("search=" + std::string(257, 'a')), ElementsAre("search"));
  EXPECT_THAT(faults("search=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q"), ElementsAre("search"));
}

TEST_F(QueryParse, RefusesBrokenEscapesAndForeignBytes) {
  for (const char* text : {"search=%", "search=%f", "search=%ff", "search=%00", "%ff=1"}) {
    EXPECT_FALSE(parse_query_string(text)) << text;
  }
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "a=1&";
  EXPECT_FALSE(parse_query_string(many));
}

Position position_of(SortBy sort) {
  SystemRandom random;
  Position position;
  position.id = make_document_id(SystemClock{}.now(), random);
  position.total = {123, TotalRelation::kAtLeast};
  if (sort == SortBy::kUploadDate) position.key = SystemClock{}.now();
  if (sort == SortBy::kFilename) position.key = std::string("bericht.pdf");
  if (sort == SortBy::kSize) position.key = std::uint64_t{42};
  return position;
}

TEST_F(QueryParse, CarriesAWalkOnFromItsCursor) {
  for (const char* text : {"sort_by=upload_date", "sort_by=filename", "sort_by=size&processed=true"}) {
    const Query query = *parse(text);
    const Position position = position_of(query.sort_by);
    const auto next = parse(std::string(text) + "&limit=7&cursor=" + make_cursor(query, position, kKey));
    ASSERT_TRUE(next) << text;
    EXPECT_EQ(next->after, position);
  }
}

TEST_F(QueryParse, RefusesACursorOfAnotherQuery) {
  const Query query = *parse("sort_by=size&size_min=1");
  const std::string cursor = make_cursor(query, position_of(SortBy::kSize), kKey);
  EXPECT_TRUE(parse("sort_by=size&size_min=1&cursor=" + cursor));
  for (const char* text : {"sort_by=size", "sort_by=size&size_min=2", "sort_by=size&size_max=1", "size_min=1",
                           "sort_by=size&size_min=1&sort_order=desc", "sort_by=size&size_min=1&state=deleted",
                           "sort_by=size&size_min=1&categories=lab_results", "sort_by=size&size_min=1&search=a"}) {
    const auto other = parse(std::string(text) + "&cursor=" + cursor);
    ASSERT_FALSE(other) << text;
    EXPECT_EQ(other.error().code, ErrorCode::kInvalidCursor) << text;
  }
}

TEST_F(QueryParse, RefusesACursorThatWasEditedOrMadeWithAnotherKey) {
  const Query query = *parse("");
  const std::string cursor = make_cursor(query, position_of(SortBy::kUploadDate), kKey);
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string edited = cursor;
    edited[i] = edited[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_cursor(query, edited, kKey)) << i;
  }
  EXPECT_FALSE(read_cursor(query, cursor.substr(0, cursor.size() - 4), kKey));
  EXPECT_FALSE(read_cursor(query, cursor, Secret{"another key, also long enough......"}));
  EXPECT_FALSE(read_cursor(query, "", kKey));
  EXPECT_FALSE(read_cursor(query, std::string(5000, 'A'), kKey));
}

TEST_F(QueryParse, SaysTheNextPageInTheSameTerms) {
  const Query query = *parse(
      "limit=5&sort_by=filename&sort_order=desc&categories=lab_results,patient_records&categories_match=all&date_from="
      "2026-01-01&date_to=2026-01-31&size_min=1&size_max=9&processed=false&content_type=application/pdf&search=a+b&"
      "state=quarantined&checksum=" +
      std::string(64, 'a'));
  const Position position = position_of(SortBy::kFilename);
  const auto next = parse(next_page_query(query, make_cursor(query, position, kKey)));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->filter, query.filter);
  EXPECT_EQ(next->limit, query.limit);
  EXPECT_EQ(next->after, position);
}

TEST_F(QueryParse, RefusesASearchThatGrowsBeyondItsBoundWhenFolded) {
  std::string search;
  for (int i = 0; i < 80; ++i)
    search += "%E3%8E%89";  // U+3389, three bytes that fold to the four of "kcal"
  EXPECT_THAT(faults("search=" + search), ElementsAre("search"));
}

TEST_F(QueryParse, KeepsDatesWithinTheYearsThatCanBeWritten) {
  for (const char* text : {"date_from=0000-01-01T00:00:00%2B01:00", "date_to=9999-12-31T23:59:59-01:00"}) {
    const auto query = parse(text);
    ASSERT_TRUE(query) << text;
    const Position position = position_of(SortBy::kUploadDate);
    const auto next = parse(next_page_query(*query, make_cursor(*query, position, kKey)));
    ASSERT_TRUE(next) << text;
    EXPECT_EQ(next->filter, query->filter);
  }
}

TEST_F(QueryParse, ReadsMediaTypesInEitherCase) {
  EXPECT_EQ(parse("content_type=Application/PDF")->filter.content_type, "application/pdf");
}

}  // namespace
}  // namespace lazaret
