// What every metadata store does with many documents: filters, sorts, walks, totals; held against the naive store.
#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <gmock/gmock.h>

#include "document/fold.h"
#include "tests/contract/metadata_store_contract.h"

namespace lazaret::contract {
namespace {

// Few values, so that filters meet and sorts have ties.
Document crowded(test::RandomDocuments& random) {
  Document document = random.next();
  document.size = 1 + random.below(40) * 1000;
  document.upload_date = Timestamp{std::chrono::milliseconds{1'700'000'000'000 + static_cast<int>(random.below(300))}};
  document.checksum = sha256(std::to_string(random.below(200)));
  document.processed = random.chance(10);
  document.state = random.chance(70) ? State::kAvailable : random.chance(60) ? State::kQuarantined : State::kDeleted;
  document.deleted_at.reset();
  document.state_before_delete.reset();
  if (document.state == State::kDeleted) {
    document.deleted_at = document.upload_date;
    document.state_before_delete = State::kAvailable;
  }
  document.version = 1;
  return document;
}

std::vector<DocumentId> ids_of(const std::vector<Document>& documents) {
  std::vector<DocumentId> ids;
  for (const Document& document : documents)
    ids.push_back(document.id);
  return ids;
}

}  // namespace

void MetadataStoreContract::fill(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    documents_.push_back(crowded(random_));
    put(oracle_, documents_.back());
    put(store(), documents_.back());
  }
}

void MetadataStoreContract::expect_same_walk(const Query& query) {
  std::vector<Total> expected_totals;
  std::vector<Total> totals;
  Query whole = query;
  whole.limit = documents_.size() + 1;  // the oracle reads every row for every page: it gets one
  const auto expected = walk(oracle_, whole, &expected_totals);
  const auto found = walk(store(), query, &totals);
  ASSERT_EQ(ids_of(found), ids_of(expected));
  ASSERT_EQ(found, expected);
  if (GetParam().filtered_totals == FilteredTotals::kExact) {
    ASSERT_THAT(totals, testing::Each(expected_totals.front()));
  } else {
    ASSERT_LE(totals.front().count, expected_totals.front().count);
  }
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kSorts = {SortBy::kUploadDate, SortBy::kFilename, SortBy::kSize};
constexpr auto kOrders = {SortOrder::kAscending, SortOrder::kDescending};

TEST_P(MetadataStoreContract, TheDefaultListIsNewestFirst) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Document document = plain(i);
    document.upload_date = kNow + std::chrono::milliseconds{i};
    put(document);
  }
  EXPECT_THAT(ids({}), ElementsAre(id_of(3), id_of(2), id_of(1)));
}

TEST_P(MetadataStoreContract, TiesAreBrokenByIdInTheSortsOwnDirection) {
  for (const std::uint64_t i : {2U, 3U, 1U})
    put(plain(i));
  for (const SortBy sort_by : kSorts) {
    EXPECT_THAT(ids({.sort_by = sort_by, .sort_order = SortOrder::kAscending, .limit = 1}),
                ElementsAre(id_of(1), id_of(2), id_of(3)));
    EXPECT_THAT(ids({.sort_by = sort_by, .sort_order = SortOrder::kDescending, .limit = 1}),
                ElementsAre(id_of(3), id_of(2), id_of(1)));
  }
}

TEST_P(MetadataStoreContract, FileNamesSortByTheirFoldedForm) {
  std::uint64_t number = 0;
  for (const char* name : {"b.pdf", "A.pdf", "Ä.pdf", "a.pdf", "Z.pdf"}) {
    Document document = plain(++number);
    document.filename = PatientText{name};
    put(document);
  }
  // "A" and "a" fold alike, so their ids decide; "ä" comes after every plain letter.
  EXPECT_THAT(ids({.sort_by = SortBy::kFilename, .sort_order = SortOrder::kAscending}),
              ElementsAre(id_of(2), id_of(4), id_of(1), id_of(5), id_of(3)));
}

TEST_P(MetadataStoreContract, TheLastPageHasNoNext) {
  for (std::uint64_t i = 1; i <= 4; ++i)
    put(plain(i));
  Query query{.limit = 2};
  auto page = store().query(call_, query);
  ASSERT_TRUE(page);
  ASSERT_TRUE(page->next);
  query.after = page->next;
  std::size_t more = 0;
  // A store may need a page to see that nothing is left, never two.
  for (; query.after && more < 3; ++more) {
    page = store().query(call_, query);
    ASSERT_TRUE(page);
    query.after = page->next;
  }
  EXPECT_LE(more, 2U);
  EXPECT_FALSE(page->next);
}

TEST_P(MetadataStoreContract, TheFirstPagesTotalTravelsWithTheWalk) {
  for (std::uint64_t i = 1; i <= 5; ++i)
    put(plain(i));
  std::vector<Total> totals;
  EXPECT_THAT(walk(store(), {.limit = 2}, &totals), SizeIs(5));
  EXPECT_THAT(totals, testing::Each(Total{5, TotalRelation::kExact}));
}

TEST_P(MetadataStoreContract, RangesHoldBothTheirEnds) {
  for (std::uint64_t i = 1; i <= 4; ++i) {
    Document document = plain(i);
    document.size = i * 10;
    document.upload_date = kNow + std::chrono::milliseconds{i};
    put(document);
  }
  for (const SortBy sort_by : kSorts) {
    const auto listed = [&](Filter filter) {
      return ids({.filter = std::move(filter), .sort_by = sort_by, .sort_order = SortOrder::kAscending, .limit = 1});
    };
    EXPECT_THAT(listed({.size_min = 20, .size_max = 30}), ElementsAre(id_of(2), id_of(3)));
    EXPECT_THAT(listed({.size_min = 31}), ElementsAre(id_of(4)));
    EXPECT_THAT(listed({.size_max = ~0ULL}), SizeIs(4));
    EXPECT_THAT(
        listed({.date_from = kNow + std::chrono::milliseconds{2}, .date_to = kNow + std::chrono::milliseconds{3}}),
        ElementsAre(id_of(2), id_of(3)));
    EXPECT_THAT(listed({.date_to = kNow}), IsEmpty());
    EXPECT_THAT(listed({.date_from = kNow + std::chrono::milliseconds{3}, .size_max = 30}), ElementsAre(id_of(3)));
  }
}

TEST_P(MetadataStoreContract, CategoriesMatchAnyOrAll) {
  const std::vector<std::vector<std::string>> sets{{}, {"a"}, {"b"}, {"a", "b"}, {"ab", "b", "c"}};
  for (std::uint64_t i = 0; i < sets.size(); ++i) {
    Document document = plain(i);
    document.categories = sets[i];
    put(document);
  }
  const auto listed = [&](std::vector<std::string> wanted, CategoriesMatch match) {
    return ids(
        {.filter = {.categories = std::move(wanted), .categories_match = match}, .sort_order = SortOrder::kAscending});
  };
  EXPECT_THAT(listed({"a"}, CategoriesMatch::kAny), ElementsAre(id_of(1), id_of(3)));
  EXPECT_THAT(listed({"a", "c"}, CategoriesMatch::kAny), ElementsAre(id_of(1), id_of(3), id_of(4)));
  EXPECT_THAT(listed({"a", "b"}, CategoriesMatch::kAll), ElementsAre(id_of(3)));
  EXPECT_THAT(listed({"d"}, CategoriesMatch::kAny), IsEmpty());
}

TEST_P(MetadataStoreContract, SearchFindsEveryWordByItsStart) {
  const std::vector<std::string> names{"Müller_Labor 2024.pdf", "labor.pdf", "collaboration.pdf", "診断書.pdf",
                                       "report reports reporter.pdf"};
  for (std::uint64_t i = 0; i < names.size(); ++i) {
    Document document = plain(i);
    document.filename = PatientText{names[i]};
    put(document);
  }
  for (const SortBy sort_by : kSorts) {
    const auto search = [&](std::string_view text) {
      Query query{.filter = {.search_words = search_words(text)}, .sort_by = sort_by};
      auto found = ids(std::move(query));
      std::ranges::sort(found);
      return found;
    };
    EXPECT_THAT(search("LAB"), ElementsAre(id_of(0), id_of(1)));
    EXPECT_THAT(search("muller lab"), ElementsAre(id_of(0)));
    EXPECT_THAT(search("20 mu pdf"), ElementsAre(id_of(0)));
    EXPECT_THAT(search("斷"), IsEmpty());
    EXPECT_THAT(search("断"), ElementsAre(id_of(3)));
    EXPECT_THAT(search("report"), ElementsAre(id_of(4))) << "three words of one name are one document";
    EXPECT_THAT(search("abor"), IsEmpty());
  }
}

TEST_P(MetadataStoreContract, ADocumentFoundByTwoWordsCountsOnce) {
  Document document = plain(1);
  document.filename = PatientText{"report reports reporter.pdf"};
  put(document);
  for (const SortBy sort_by : kSorts) {
    std::vector<Total> totals;
    walk(store(), {.filter = {.search_words = {"rep"}}, .sort_by = sort_by}, &totals);
    EXPECT_THAT(totals, ElementsAre(Total{1, TotalRelation::kExact}));
  }
}

// ---- against the oracle ----

Filter random_filter(test::RandomDocuments& random, const std::vector<Document>& documents) {
  const auto any = [&]() -> const Document& { return documents[random.below(documents.size())]; };
  Filter filter;
  filter.state = random.chance(75) ? State::kAvailable : random.chance(50) ? State::kQuarantined : State::kDeleted;
  if (random.chance(30)) {
    std::set<std::string> wanted;
    for (std::uint64_t i = 0; i <= random.below(3); ++i) {
      const Document& document = any();
      if (!document.categories.empty()) wanted.insert(document.categories[random.below(document.categories.size())]);
    }
    filter.categories.assign(wanted.begin(), wanted.end());
    filter.categories_match = random.chance(50) ? CategoriesMatch::kAll : CategoriesMatch::kAny;
  }
  if (random.chance(20)) filter.date_from = any().upload_date;
  if (random.chance(20)) filter.date_to = any().upload_date;
  if (random.chance(20)) filter.size_min = any().size;
  if (random.chance(20)) filter.size_max = any().size;
  if (random.chance(20)) filter.processed = random.chance(50);
  if (random.chance(10)) filter.content_type = any().content_type;
  if (random.chance(5)) filter.checksum = any().checksum;
  if (random.chance(25)) {
    const auto words = search_words(any().filename.text());
    for (std::uint64_t i = 0; i <= random.below(2) && !words.empty(); ++i) {
      std::string word = words[random.below(words.size())];
      // Cut only plain words: a cut inside a character is no text.
      const bool plain = std::ranges::all_of(word, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
      if (plain && random.chance(50)) word.resize(1 + random.below(word.size()));
      filter.search_words.push_back(std::move(word));
    }
  }
  return filter;
}

TEST_P(MetadataStoreContract, EveryWalkIsTheOraclesWalk) {
  fill(GetParam().random_documents);
  for (std::size_t i = 0; i < GetParam().random_queries; ++i) {
    SCOPED_TRACE(i);
    Query query{.filter = random_filter(random_, documents_)};
    query.sort_by = std::data(kSorts)[random_.below(kSorts.size())];
    query.sort_order = std::data(kOrders)[random_.below(kOrders.size())];
    query.limit = 20 + random_.below(181);
    expect_same_walk(query);
    if (HasFatalFailure()) return;
  }
}

TEST_P(MetadataStoreContract, EveryWalkIsTheOraclesWalkAfterManyChanges) {
  fill(GetParam().random_documents / 3);
  for (Document& document : documents_) {
    auto current = store().get(call_, document.id);
    ASSERT_TRUE(current);
    const std::uint64_t version = current->version;
    if (random_.chance(30)) {
      ASSERT_TRUE(store().begin_removal(call_, document.id, {}, kNow));
      ASSERT_TRUE(oracle_.begin_removal(call_, document.id, {}, kNow));
    } else if (random_.chance(60)) {
      Document changed = crowded(random_);
      changed.id = document.id;
      changed.s3_key = document.s3_key;
      changed.version = version + 1;
      ASSERT_TRUE(store().replace(call_, changed, version));
      ASSERT_TRUE(oracle_.replace(call_, changed, version));
    }
  }
  for (std::size_t i = 0; i < GetParam().random_queries / 2; ++i) {
    SCOPED_TRACE(i);
    Query query{.filter = random_filter(random_, documents_)};
    query.sort_by = std::data(kSorts)[random_.below(kSorts.size())];
    query.sort_order = std::data(kOrders)[random_.below(kOrders.size())];
    query.limit = 1 + random_.below(50);
    expect_same_walk(query);
    if (HasFatalFailure()) return;
  }
}

// Even documents stand still; odd ones are replaced, deleted, restored and removed while walks go on.
class Unrest {
 public:
  Unrest(MetadataStore& store, std::vector<Document> movable, std::uint64_t seed)
      : store_(store), movable_(std::move(movable)), random_(seed), thread_([this] { run(); }) {}
  ~Unrest() {
    stop_ = true;
    thread_.join();
  }

 private:
  void run() {
    Call call;
    for (std::size_t i = 0; !stop_ && i < 100'000; ++i) {
      const std::size_t which = random_.below(movable_.size());
      const auto current = store_.get(call, movable_[which].id);
      if (!current) continue;
      if (random_.chance(2)) {
        static_cast<void>(store_.begin_removal(call, current->id, {}, current->upload_date));
        continue;
      }
      Document changed = crowded(random_);
      changed.id = current->id;
      changed.s3_key = current->s3_key;
      changed.version = current->version + 1;
      static_cast<void>(store_.replace(call, changed, current->version));
    }
  }

  MetadataStore& store_;
  std::vector<Document> movable_;
  test::RandomDocuments random_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_P(MetadataStoreContract, WhatStandsStillIsNeitherSkippedNorRepeatedWhileOthersMove) {
  fill(GetParam().random_documents / 5);
  std::vector<Document> still;
  std::vector<Document> movable;
  for (std::size_t i = 0; i < documents_.size(); ++i)
    (i % 2 == 0 ? still : movable).push_back(documents_[i]);
  const Unrest unrest(store(), movable, 7);
  for (std::size_t i = 0; i < 40; ++i) {
    SCOPED_TRACE(i);
    Query query{.filter = random_filter(random_, still)};
    query.sort_by = std::data(kSorts)[random_.below(kSorts.size())];
    query.sort_order = std::data(kOrders)[random_.below(kOrders.size())];
    query.limit = 1 + random_.below(40);
    std::vector<DocumentId> expected;
    const std::set<DocumentId> watched = [&] {
      std::set<DocumentId> ids;
      for (const Document& document : still)
        ids.insert(document.id);
      return ids;
    }();
    Query whole = query;
    whole.limit = documents_.size() + 1;
    for (const DocumentId& id : ids_of(walk(oracle_, whole)))
      if (watched.contains(id)) expected.push_back(id);
    std::vector<DocumentId> found;
    for (const DocumentId& id : ids_of(walk(store(), query)))
      if (watched.contains(id)) found.push_back(id);
    ASSERT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace lazaret::contract
