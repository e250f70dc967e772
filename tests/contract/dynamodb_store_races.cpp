// DynamoDbStore with several servers at work on the same documents while their calls fail at random: afterwards every
// list, from every index, is the oracle's over the documents that get() gives. Prints its seed.
#include <atomic>
#include <barrier>
#include <iostream>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "document/fold.h"
#include "metadata/dynamodb/store.h"
#include "metadata/sqlite/store.h"
#include "tests/support/dynamodb_parts.h"
#include "tests/support/failing_transport.h"
#include "tests/support/naive_metadata_store.h"
#include "tests/support/random_document.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::DynamoDbParts;
using testing_support::FailingTransport;

constexpr const char* kTable = "races";
constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

// A server of its own over the same tables.
struct Server {
  Server()
      : healthy(testing_support::dynamodb_endpoint("dynalite")),
        failing(healthy.curl()),
        parts(testing_support::dynamodb_endpoint("dynalite"), &failing),
        store(parts.store_parts(), {.table = kTable,
                                    .months_kept = std::chrono::milliseconds{0},
                                    .totals_kept = std::chrono::milliseconds{0}}) {}
  DynamoDbParts healthy;
  FailingTransport failing;
  DynamoDbParts parts;
  DynamoDbStore store;
};

// Few values, so that writers meet.
Document crowded(test::RandomDocuments& random) {
  Document document = random.next();
  document.size = 1 + random.below(5);
  // Three months.
  document.upload_date = kNow + std::chrono::days{static_cast<int>(random.below(3) * 31)} +
                         std::chrono::milliseconds{static_cast<int>(random.below(3))};
  document.checksum = sha256(std::to_string(random.below(5)));
  document.state = random.chance(60) ? State::kAvailable : random.chance(50) ? State::kQuarantined : State::kDeleted;
  document.deleted_at.reset();
  document.state_before_delete.reset();
  if (document.state == State::kDeleted) {
    document.deleted_at = document.upload_date;
    document.state_before_delete = State::kAvailable;
  }
  document.version = 1;
  return document;
}

void put(MetadataStore& store, const Document& document) {
  const Reservation made{{document.id, AttemptId{1}}, document.s3_key, kNow, kNow + std::chrono::minutes{1}, {}};
  ASSERT_TRUE(store.reserve({}, made));
  ASSERT_TRUE(store.commit({}, document, AttemptId{1}, {}));
}

std::vector<DocumentId> walk(MetadataStore& store, Query query) {
  std::vector<DocumentId> ids;
  for (int pages = 0; pages < 1000; ++pages) {
    auto page = store.query({}, query);
    EXPECT_TRUE(page) << page.error().detail;
    if (!page) break;
    for (const Document& document : page->documents)
      ids.push_back(document.id);
    if (!page->next) break;
    query.after = std::move(page->next);
  }
  return ids;
}

Query random_query(test::RandomDocuments& random, const std::vector<Document>& documents) {
  const auto any = [&]() -> const Document& { return documents[random.below(documents.size())]; };
  Query query{.limit = 1 + random.below(20)};
  query.sort_by = static_cast<SortBy>(random.below(3));
  query.sort_order = static_cast<SortOrder>(random.below(2));
  Filter& filter = query.filter;
  filter.state = static_cast<State>(random.below(3));
  if (random.chance(50) && !any().categories.empty()) {
    const auto& categories = any().categories;
    if (!categories.empty()) filter.categories.push_back(categories[random.below(categories.size())]);
  }
  if (random.chance(20)) filter.checksum = any().checksum;
  if (random.chance(20)) filter.date_from = any().upload_date;
  if (random.chance(20)) filter.size_max = any().size;
  if (random.chance(20)) filter.processed = random.chance(50);
  if (random.chance(50)) {
    const auto words = search_words(any().filename.text());
    if (!words.empty()) filter.search_words.push_back(words[random.below(words.size())]);
  }
  return query;
}

class DynamoDbRaces : public testing::Test {
 protected:
  DynamoDbRaces() {
    const auto made = judge_.healthy.make_tables(kTable, 2);
    EXPECT_TRUE(made) << made.error().detail;
  }
  ~DynamoDbRaces() override { judge_.healthy.drop_tables(kTable); }

  // Changes, renames, deletes and purges documents at random until `rounds` are over.
  static void write(Server& server, const std::vector<DocumentId>& ids, std::uint64_t seed, int rounds) {
    test::RandomDocuments random(seed);
    for (int i = 0; i < rounds; ++i) {
      const auto current = server.store.get({}, ids[random.below(ids.size())]);
      if (!current) continue;
      if (random.chance(4)) {
        static_cast<void>(server.store.begin_removal({}, current->id, {.version = current->version}, kNow));
        continue;
      }
      Document changed = crowded(random);
      changed.id = current->id;
      changed.s3_key = current->s3_key;
      changed.version = current->version + 1;
      static_cast<void>(server.store.replace({}, changed, current->version));
    }
  }

  void expect_lists_of(const std::vector<DocumentId>& ids, std::uint64_t seed, int queries) {
    testing_support::NaiveMetadataStore oracle;
    testing_support::TemporaryFolder folder;
    const auto sqlite = SqliteStore::open({.path = folder.path() / "metadata.sqlite"}).value();
    std::vector<Document> documents;
    for (const DocumentId& id : ids) {
      const auto document = judge_.store.get({}, id);
      if (!document) continue;
      documents.push_back(*document);
      put(oracle, *document);
      put(*sqlite, *document);
    }
    ASSERT_FALSE(documents.empty());
    test::RandomDocuments random(seed);
    for (int i = 0; i < queries; ++i) {
      SCOPED_TRACE(i);
      const Query query = random_query(random, documents);
      const auto expected = walk(oracle, query);
      ASSERT_EQ(walk(judge_.store, query), expected);
      ASSERT_EQ(walk(*sqlite, query), expected);
    }
  }

  Server judge_;
};

TEST_F(DynamoDbRaces, TwoChangesForTheSameCategoryLeaveTheOneThatWon) {
  Server one;
  Server other;
  test::RandomDocuments random(11);
  for (int round = 0; round < 25; ++round) {
    Document document = crowded(random);
    document.state = State::kAvailable;
    document.deleted_at.reset();
    document.state_before_delete.reset();
    document.categories = {"a"};
    put(judge_.store, document);
    Document first = document;
    first.version = 2;
    first.categories = {"a", "b"};
    Document second = document;
    second.version = 2;
    second.categories = {"b"};
    Result<void> first_done;
    Result<void> second_done;
    std::barrier together(2);
    std::thread beside([&] {
      together.arrive_and_wait();
      second_done = other.store.replace({}, second, 1);
    });
    together.arrive_and_wait();
    first_done = one.store.replace({}, first, 1);
    beside.join();
    ASSERT_NE(first_done.has_value(), second_done.has_value());
    const Document& winner = first_done ? first : second;
    EXPECT_EQ(judge_.store.get({}, document.id), winner);
    for (const char* category : {"a", "b"}) {
      const auto shown = walk(judge_.store, {.filter = {.categories = {category}}});
      const bool wanted = std::ranges::find(winner.categories, category) != winner.categories.end();
      EXPECT_EQ(std::ranges::count(shown, document.id), wanted ? 1 : 0) << category;
    }
  }
}

TEST_F(DynamoDbRaces, ListsAreRightAfterManyWritersWhoseCallsFail) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  test::RandomDocuments random(seed);
  std::vector<DocumentId> ids;
  for (int i = 0; i < 40; ++i) {
    const Document document = crowded(random);
    ids.push_back(document.id);
    put(judge_.store, document);
  }
  std::array<Server, 3> servers;
  {
    std::vector<std::jthread> writers;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      servers.at(i).failing.fail_one_in(4, seed + i);
      writers.emplace_back([&, i] { write(servers.at(i), ids, seed + 100 + i, 60); });
    }
  }
  expect_lists_of(ids, seed, 120);
}

TEST_F(DynamoDbRaces, ADocumentThatStandsStillIsShownOnceWhileItsNeighboursMove) {
  test::RandomDocuments random(12);
  std::vector<DocumentId> still;
  std::vector<DocumentId> moving;
  for (int i = 0; i < 40; ++i) {
    Document document = crowded(random);
    (i % 2 == 0 ? still : moving).push_back(document.id);
    put(judge_.store, document);
  }
  Server server;
  std::jthread writer([&] { write(server, moving, 13, 80); });
  for (int round = 0; round < 30; ++round) {
    Query query{.sort_by = static_cast<SortBy>(round % 3), .limit = 3};
    std::vector<DocumentId> shown;
    for (const State state : {State::kAvailable, State::kQuarantined, State::kDeleted}) {
      query.filter.state = state;
      for (const DocumentId& id : walk(judge_.store, query))
        if (std::ranges::find(still, id) != still.end()) shown.push_back(id);
    }
    ASSERT_THAT(shown, testing::UnorderedElementsAreArray(still));
  }
}

}  // namespace
}  // namespace lazaret
