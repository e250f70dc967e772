// Every statement a list may run is answered by an index alone, in its order: nothing is scanned and nothing is sorted.
#include <algorithm>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metadata/sqlite/connection.h"
#include "metadata/sqlite/list.h"
#include "metadata/sqlite/lookups.h"
#include "metadata/sqlite/store.h"
#include "metadata/sqlite/streams.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::sqlite {
namespace {

class Plans : public testing::Test {
 protected:
  Plans() { EXPECT_TRUE(SqliteStore::open({.path = path(), .readers = 1})); }
  std::string path() const { return folder_.path() / "plans.sqlite"; }
  std::string plan(std::string_view sql) {
    const std::string explain = "EXPLAIN QUERY PLAN " + std::string(sql);
    const auto connection = Connection::open({.path = path(), .access = Access::kReadWrite}).value();
    auto statement = connection->prepare(explain);
    EXPECT_TRUE(statement) << sql;
    std::string text;
    while (statement->step().value())
      text.append(statement->text(3)).append("\n");
    return text;
  }

  testing_support::TemporaryFolder folder_;
};

TEST_F(Plans, StreamsWalkOneIndexInItsOrder) {
  const auto texts = stream_texts();
  ASSERT_EQ(texts.size(), 20U);
  for (const std::string_view sql : texts) {
    const std::string found = plan(sql);
    EXPECT_THAT(found, testing::StartsWith("SEARCH")) << sql;
    EXPECT_THAT(found, testing::AnyOf(testing::HasSubstr("COVERING INDEX"), testing::HasSubstr("PRIMARY KEY"))) << sql;
    EXPECT_THAT(found, testing::HasSubstr(",id)")) << "the position is sought, not skipped to: " << found;
    EXPECT_THAT(found, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << sql;
  }
}

TEST_F(Plans, NoOtherReadScansOrSorts) {
  auto texts = list_texts();
  std::ranges::copy(lookup_texts(), std::back_inserter(texts));
  for (const std::string_view sql : texts) {
    const std::string found = plan(sql);
    EXPECT_THAT(found, testing::HasSubstr("SEARCH")) << sql;
    EXPECT_THAT(found, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << sql << found;
    EXPECT_THAT(found, testing::Not(testing::HasSubstr("SCAN document"))) << sql << found;
  }
}

}  // namespace
}  // namespace lazaret::sqlite
