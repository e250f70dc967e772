// The SQLite file itself: who may open it, what damage looks like, and what many threads make of it.
// What every metadata store does is in tests/contract.
#include "metadata/sqlite/store.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "metadata/sqlite/connection.h"
#include "metadata/sqlite/schema.h"
#include "tests/support/random_document.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using sqlite::Access;
using sqlite::Connection;
using testing_support::TemporaryFolder;

constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

class SqliteStoreTest : public testing::Test {
 protected:
  std::string path() const { return folder_.path() / "metadata.sqlite"; }
  std::unique_ptr<SqliteStore> open(ListLimits lists = {}) {
    return SqliteStore::open({.path = path(), .readers = 4, .lists = lists}).value();
  }
  // Changes the file behind the store's back.
  void tamper(const std::string& sql) {
    auto connection = Connection::open({.path = path(), .access = Access::kReadWrite}).value();
    const auto done = connection->execute(sql);
    ASSERT_TRUE(done) << done.error().detail;
  }
  static Reservation reservation(const DocumentId& id) {
    return {.attempt = {id, AttemptId{1}},
            .s3_key = make_object_key(kNow, id, AttemptId{1}),
            .now = kNow,
            .lease_until = kNow + std::chrono::minutes{1},
            .idempotency = {}};
  }
  Document live() {
    Document document = random_.next();
    document.state = State::kAvailable;
    document.state_before_delete.reset();
    document.deleted_at.reset();
    return document;
  }
  static void put(SqliteStore& store, const Document& document) {
    ASSERT_TRUE(store.reserve({}, reservation(document.id)));
    ASSERT_TRUE(store.commit({}, document, AttemptId{1}, {}));
  }

  TemporaryFolder folder_;
  test::RandomDocuments random_{11};
};

TEST_F(SqliteStoreTest, KeepsItsFilesFromOthers) {
  const auto store = open();
  put(*store, live());
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    struct stat status{};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path().filename();
  }
}

TEST_F(SqliteStoreTest, LeavesOneFileBehindWhenItCloses) {
  auto store = open();
  put(*store, live());
  store.reset();
  const auto files = std::distance(std::filesystem::directory_iterator(folder_.path()), {});
  EXPECT_EQ(files, 1);
}

TEST_F(SqliteStoreTest, RefusesASchemaFromTheFuture) {
  open().reset();
  tamper("PRAGMA user_version = 999");
  const auto store = SqliteStore::open({.path = path()});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInternal);
  EXPECT_THAT(store.error().detail, testing::HasSubstr("newer Lazaret"));
}

TEST_F(SqliteStoreTest, RefusesAnotherProgramsFile) {
  std::ofstream(path()).close();
  tamper("CREATE TABLE recipes (name TEXT)");
  const auto store = SqliteStore::open({.path = path()});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInternal);
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(10'000, 'x');
  const auto store = SqliteStore::open({.path = path()});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kCorrupt);
}

TEST_F(SqliteStoreTest, AFailedSchemaStepLeavesTheFileAsItWas) {
  open().reset();
  auto connection = Connection::open({.path = path(), .access = Access::kReadWrite}).value();
  std::vector<const char*> steps(sqlite::schema_steps().begin(), sqlite::schema_steps().end());
  steps.push_back("CREATE TABLE half (a); CREATE TABLE documents (b)");
  EXPECT_FALSE(sqlite::migrate(*connection, steps));
  auto look = connection->prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'");
  ASSERT_TRUE(look && look->step());
  EXPECT_EQ(look->integer(0), 0);
}

TEST_F(SqliteStoreTest, AppliesLaterStepsToAnOlderFile) {
  open().reset();
  auto connection = Connection::open({.path = path(), .access = Access::kReadWrite}).value();
  std::vector<const char*> steps(sqlite::schema_steps().begin(), sqlite::schema_steps().end());
  steps.push_back("CREATE TABLE later (a)");
  ASSERT_TRUE(sqlite::migrate(*connection, steps));
  EXPECT_TRUE(sqlite::migrate(*connection, steps)) << "and finds them applied";
  EXPECT_TRUE(connection->prepare("SELECT a FROM later"));
}

TEST_F(SqliteStoreTest, ExpiresEveryLeaseAtStart) {
  const auto store = open();
  const DocumentId id = random_.id();
  ASSERT_TRUE(store->reserve({}, reservation(id)));
  ASSERT_THAT(store->open_work({}, kNow, 10).value(), testing::IsEmpty());
  ASSERT_TRUE(store->expire_all_leases({}, kNow));
  EXPECT_THAT(store->open_work({}, kNow, 10).value(), testing::SizeIs(1));
  EXPECT_TRUE(store->begin_removal({}, id, {.pending_lease_over_at = kNow}, kNow));
}

TEST_F(SqliteStoreTest, APositionOfAnotherSortIsNoCursor) {
  const auto store = open();
  Query query;
  query.after = Position{std::string("name"), random_.id(), {}};
  EXPECT_EQ(store->query({}, query).error().code, ErrorCode::kInvalidCursor);
}

class DamagedRow : public SqliteStoreTest, public testing::WithParamInterface<const char*> {};

TEST_P(DamagedRow, IsCorruptAndNeverADocument) {
  Document document = live();
  document.release = Release{PatientText{"reason"}, "caller", kNow};
  {
    const auto store = open();
    put(*store, document);
  }
  tamper(std::string("PRAGMA ignore_check_constraints = ON; UPDATE documents SET ") + GetParam());
  const auto store = open();
  const auto got = store->get({}, document.id);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(got.error().detail.find(document.filename.text()), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Columns, DamagedRow,
                         testing::Values("verdict = '{'", "verdict = ''", "checksum = x'00'", "metadata = 'null'",
                                         "extracted = ''", "duplicate_of = x'0102'", "state_before_delete = 9",
                                         "release_at = NULL", "state = 3", "sanitised = '{}'"));

TEST_F(SqliteStoreTest, AnIndexWithoutItsRowIsCorrupt) {
  const Document document = live();
  {
    const auto store = open();
    put(*store, document);
  }
  tamper("UPDATE document_word SET serial = 77");
  const auto store = open();
  Query query;
  query.filter.search_words = {"pdf"};
  EXPECT_EQ(store->query({}, query).error().code, ErrorCode::kCorrupt);
}

TEST_F(SqliteStoreTest, TotalsStopAtTenThousand) {
  const Document document = live();
  open().reset();
  {
    const auto store = open();
    put(*store, document);
  }
  tamper(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
      "INSERT INTO documents SELECT NULL, randomblob(16), state, facet, upload_date + i, size, filename_key, words, "
      "attempt, version, processed, checksum, filename, original_filename, s3_key, categories, content_type, "
      "deleted_at, state_before_delete, duplicate_of, release_reason, release_caller, release_at, metadata, extracted, "
      "verdict, sanitised, original_checksum FROM documents, n; UPDATE facets SET documents = 10001");
  const auto store = open();
  const auto total = [&](Filter filter) { return store->query({}, {.filter = filter, .limit = 1}).value().total; };
  const Total most{10'000, TotalRelation::kAtLeast};
  EXPECT_EQ(total({}), most) << "from the facets";
  EXPECT_EQ(total({.date_from = document.upload_date}), most) << "counted";
  EXPECT_EQ(total({.date_from = document.upload_date}), most) << "remembered";
  const Total exact{10'000, TotalRelation::kExact};
  EXPECT_EQ(total({.date_from = document.upload_date + std::chrono::milliseconds{1}}), exact);
  tamper("UPDATE facets SET documents = 10000");
  EXPECT_EQ(total({}), exact);
}

TEST_F(SqliteStoreTest, ARememberedTotalIsForgottenWithTheNextChange) {
  const auto store = open();
  const auto total = [&] { return store->query({}, {.filter = {.size_min = 1}, .limit = 1}).value().total.count; };
  EXPECT_EQ(total(), 0U);
  put(*store, live());
  EXPECT_EQ(total(), 1U);
  put(*store, live());
  EXPECT_EQ(total(), 2U);
}

TEST_F(SqliteStoreTest, ShortPagesStillEndTheWalk) {
  const auto store = open({.rare = 0, .merged_streams = 0, .page_cost = 3});
  for (int i = 0; i < 20; ++i) {
    Document document = live();
    document.processed = i == 7;
    put(*store, document);
  }
  Query query{.filter = {.processed = true}, .limit = 5};
  std::size_t pages = 0;
  std::size_t found = 0;
  do {
    const auto page = store->query({}, query);
    ASSERT_TRUE(page);
    found += page->documents.size();
    query.after = page->next;
    ++pages;
  } while (query.after && pages < 100);
  EXPECT_EQ(found, 1U);
  EXPECT_GE(pages, 6U);
}

TEST_F(SqliteStoreTest, ManyThreadsSeeEveryAcknowledgedWrite) {
  const auto store = open();
  constexpr int kWriters = 6;
  constexpr int kEach = 40;
  std::vector<Document> made;
  for (int i = 0; i < kWriters * kEach; ++i)
    made.push_back(live());
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::jthread lister([&] {
    while (!stop) {
      const int before = acknowledged;
      const auto page = store->query({}, {.limit = 5});
      ASSERT_TRUE(page);
      EXPECT_GE(page->total.count, static_cast<std::uint64_t>(before));
    }
  });
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        for (int i = 0; i < kEach; ++i) {
          const Document& document = made[static_cast<std::size_t>(w * kEach + i)];
          put(*store, document);
          ++acknowledged;
          const auto got = store->get({}, document.id);
          ASSERT_TRUE(got);
          EXPECT_EQ(*got, document);
        }
      });
    }
  }
  stop = true;
  lister.join();
  EXPECT_EQ(store->query({}, {}).value().total.count, static_cast<std::uint64_t>(kWriters * kEach));
}

TEST_F(SqliteStoreTest, OfManyChangesOfOneVersionOneWins) {
  const auto store = open();
  Document document = live();
  document.version = 1;
  put(*store, document);
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 8; ++w) {
      writers.emplace_back([&, w] {
        Document changed = document;
        changed.version = 2;
        changed.size = 1000 + static_cast<std::uint64_t>(w);
        const auto written = store->replace({}, changed, 1);
        if (written) ++won;
        if (!written) EXPECT_EQ(written.error().code, ErrorCode::kConflict);
      });
    }
  }
  EXPECT_EQ(won, 1);
}

TEST_F(SqliteStoreTest, OneClaimOfManyWins) {
  const auto store = open();
  std::atomic<int> reserved = 0;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 8; ++w) {
      writers.emplace_back([&, id = random_.id()] {
        Reservation made = reservation(id);
        made.idempotency = IdempotencyClaim{sha256("key"), sha256("form"), kNow + std::chrono::hours{24}};
        const auto outcome = store->reserve({}, made);
        ASSERT_TRUE(outcome);
        if (std::holds_alternative<Reserved>(*outcome)) ++reserved;
      });
    }
  }
  EXPECT_EQ(reserved, 1);
}

}  // namespace
}  // namespace lazaret
