#include "metadata/dynamodb/keys.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "metadata/dynamodb/plan.h"
#include "tests/support/random_document.h"

namespace lazaret::dynamo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Timestamp at(std::string_view text) {
  return parse_rfc3339(text).value();
}

Position position_of(SortBy sort_by, const Document& document) {
  return position_from(sort_by, sort_key(sort_by, document)).value();
}

TEST(DynamoDbKeys, OrderAsTheListsDo) {
  test::RandomDocuments random(7);
  for (const SortBy sort_by : {SortBy::kUploadDate, SortBy::kFilename, SortBy::kSize}) {
    for (int i = 0; i < 2000; ++i) {
      const Document a = random.next();
      Document b = random.next();
      if (random.chance(30)) b.filename = a.filename;
      if (random.chance(30)) b.size = a.size;
      const Position first = position_of(sort_by, a);
      const Position second = position_of(sort_by, b);
      ASSERT_EQ(sort_key(sort_by, a) < sort_key(sort_by, b),
                std::tie(first.key, first.id) < std::tie(second.key, second.id));
    }
  }
}

TEST(DynamoDbKeys, AShorterNameComesBeforeTheLongerWhateverTheIds) {
  Document shorter;
  shorter.filename = PatientText("report");
  shorter.id = DocumentId::parse("ffffffff-ffff-7fff-bfff-ffffffffffff").value();
  Document longer;
  longer.filename = PatientText("report 2");
  longer.id = DocumentId::parse("00000000-0000-7000-8000-000000000000").value();
  EXPECT_LT(sort_key(SortBy::kFilename, shorter), sort_key(SortBy::kFilename, longer));
}

TEST(DynamoDbKeys, ReadBackAsThePositionTheyWereMadeFrom) {
  test::RandomDocuments random(8);
  for (const SortBy sort_by : {SortBy::kUploadDate, SortBy::kFilename, SortBy::kSize}) {
    const Document document = random.next();
    const std::string key = sort_key(sort_by, document);
    const auto position = position_from(sort_by, key);
    ASSERT_TRUE(position);
    EXPECT_EQ(position->id, document.id);
    EXPECT_EQ(sort_key(sort_by, *position), key);
    EXPECT_EQ(position_from(sort_by, key.substr(1 + key.size() / 2)), std::nullopt);
    EXPECT_EQ(position_from(sort_by, ""), std::nullopt);
  }
}

TEST(DynamoDbKeys, FitInTheLongestSortKeyThatThereIs) {
  Document document;
  std::string name;
  while (name.size() + 2 <= kMaxFilenameBytes)
    name += "\u0390";  // folds into three code points
  document.filename = PatientText(name);
  EXPECT_LE(sort_key(SortBy::kFilename, document).size(), 1024U);
}

TEST(DynamoDbKeys, MonthsBeginAndEndWhereTheyDo) {
  EXPECT_EQ(month_of(at("2024-02-29T23:59:59.999Z")), "2024-02");
  EXPECT_EQ(first_of("2024-02"), at("2024-02-01T00:00:00Z"));
  EXPECT_EQ(last_of("2024-02"), at("2024-02-29T23:59:59.999Z"));
  EXPECT_EQ(last_of("2023-12"), at("2023-12-31T23:59:59.999Z"));
  EXPECT_EQ(last_of("2024-01"), at("2024-01-31T23:59:59.999Z"));
}

TEST(DynamoDbKeys, WordsOfThreeLettersAndCjkCharactersHaveRows) {
  EXPECT_EQ(start_of("report"), "rep");
  EXPECT_EQ(start_of("lab"), "lab");
  EXPECT_EQ(start_of("v2"), std::nullopt);
  EXPECT_EQ(start_of("断"), "断");
  EXPECT_EQ(start_of("анализ"), "ана");
  EXPECT_EQ(start_of("é"), std::nullopt);
  EXPECT_EQ(start_of("pdf"), std::nullopt) << "it is in every name";
  EXPECT_EQ(start_of("pdfs"), std::nullopt) << "and a search must not miss its rows";
}

TEST(DynamoDbKeys, ADocumentHasOneRowForEachChecksumCategoryAndStart) {
  Document document;
  document.filename = PatientText("report reports Lab v2.pdf");
  document.categories = {"lab_results", "research_papers"};
  document.upload_date = at("2026-11-24T17:33:00.123Z");
  const auto rows = rows_of(document, 1);
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_TRUE(std::ranges::is_sorted(rows));
  EXPECT_EQ(rows[0].partition, "C#lab_results#A#2026-11#0");
  EXPECT_EQ(rows[0].sort, "2026-11-24T17:33:00.123Z#00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(rows[3].partition, "T#lab#A#2026-11#0");
  EXPECT_EQ(rows[3].words, " report reports lab v2 pdf ");
}

TEST(DynamoDbKeys, ASearchRowWithOtherWordsIsAnotherRow) {
  Document before;
  before.filename = PatientText("report of may.pdf");
  Document after = before;
  after.filename = PatientText("report of june.pdf");
  const auto one = rows_of(before, 1);
  const auto other = rows_of(after, 1);
  const auto starts_alike = [](const IndexRow& row) { return row.partition.starts_with("T#rep#"); };
  const auto a = std::ranges::find_if(one, starts_alike);
  const auto b = std::ranges::find_if(other, starts_alike);
  ASSERT_TRUE(a != one.end() && b != other.end());
  EXPECT_EQ(a->partition, b->partition);
  EXPECT_NE(a->sort, b->sort);
}

TEST(DynamoDbKeys, ShardsShareEvenly) {
  test::RandomDocuments random(9);
  std::array<int, 4> counts{};
  for (int i = 0; i < 4000; ++i)
    ++counts.at(shard_of(random.id(), 4));
  EXPECT_THAT(counts, testing::Each(testing::AllOf(testing::Gt(850), testing::Lt(1150))));
}

std::vector<std::string> months_of(const Plan& plan) {
  std::vector<std::string> months;
  for (const auto& stage : plan.stages)
    months.push_back(stage.month);
  return months;
}

TEST(DynamoDbPlan, WalksTheMonthsOfTheRangeInTheOrderOfTheSort) {
  const std::vector<std::string> months{"2025-12", "2026-01", "2026-03", "2026-07"};
  Query query;
  query.filter.date_from = at("2026-01-15T00:00:00Z");
  query.filter.date_to = at("2026-03-01T00:00:00Z");
  EXPECT_THAT(months_of(make_plan(query, months, 4)), ElementsAre("2026-03", "2026-01"));
  query.sort_order = SortOrder::kAscending;
  EXPECT_THAT(months_of(make_plan(query, months, 4)), ElementsAre("2026-01", "2026-03"));
}

TEST(DynamoDbPlan, GoesOnInTheNextMonthWhenOneIsBehind) {
  const std::vector<std::string> months{"2025-12", "2026-01", "2026-03"};
  Query query{.after = behind_month("2026-03", SortOrder::kDescending)};
  EXPECT_THAT(months_of(make_plan(query, months, 4)), ElementsAre("2026-01", "2025-12"));
  query = {.sort_order = SortOrder::kAscending, .after = behind_month("2025-12", SortOrder::kAscending)};
  EXPECT_THAT(months_of(make_plan(query, months, 4)), ElementsAre("2026-01", "2026-03"));
}

TEST(DynamoDbPlan, AnEmptyRangeIsNoWalk) {
  Query query{.sort_by = SortBy::kSize};
  query.filter.size_min = 10;
  query.filter.size_max = 9;
  EXPECT_THAT(make_plan(query, {}, 4).stages, IsEmpty());
}

TEST(DynamoDbPlan, TheRarestDrives) {
  const std::vector<std::string> months{"2026-03"};
  const auto first = [&](Filter filter, SortBy sort_by = SortBy::kUploadDate) {
    return make_plan({.filter = std::move(filter), .sort_by = sort_by}, months, 2).stages.at(0).sources;
  };
  EXPECT_EQ(first({}).at(0).partition, "L#A#2026-03#0");
  EXPECT_EQ(first({.categories = {"a", "b"}}).size(), 4U);
  EXPECT_EQ(first({.categories = {"a", "b"}, .categories_match = CategoriesMatch::kAll}).size(), 2U);
  EXPECT_EQ(first({.categories = {"a"}, .search_words = {"of", "report"}}).at(0).partition, "T#rep#A#2026-03#0");
  EXPECT_EQ(first({.search_words = {"of"}}).at(0).kind, SourceKind::kDate);
  EXPECT_THAT(first({.checksum = Digest{}, .search_words = {"report"}}), SizeIs(1));
  EXPECT_EQ(first({.categories = {"a"}}, SortBy::kFilename).at(1).partition, "N#A#1");
}

}  // namespace
}  // namespace lazaret::dynamo
