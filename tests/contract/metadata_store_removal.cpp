// How a row leaves a metadata store, and what the sweeper is told of it.
#include <gmock/gmock.h>

#include "tests/contract/metadata_store_contract.h"

namespace lazaret::contract {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr RemovalCondition kAny{};

TEST_P(MetadataStoreContract, BeginRemovalHidesADocumentAtOnce) {
  put(plain(1));
  const auto work = store().begin_removal(call_, id_of(1), kAny, kNow);
  ASSERT_TRUE(work);
  EXPECT_EQ(work->kind, WorkKind::kRemoving);
  EXPECT_EQ(work->attempt, (Attempt{id_of(1), AttemptId{1}}));
  EXPECT_EQ(work->s3_key, plain(1).s3_key);
  EXPECT_EQ(code_of(store().get(call_, id_of(1))), ErrorCode::kNotFound);
  EXPECT_THAT(ids({}), IsEmpty());
  EXPECT_THAT(ids({.filter = {.search_words = {"plain"}}}), IsEmpty());
  EXPECT_THAT(open_work(kNow), SizeIs(1));
}

TEST_P(MetadataStoreContract, BeginRemovalOfARemovingRowIsSuccessAgain) {
  put(plain(1));
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), {.version = 1}, kNow));
  const auto again = store().begin_removal(call_, id_of(1), {.version = 1}, kNow);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->s3_key, plain(1).s3_key);
}

TEST_P(MetadataStoreContract, ARowBeingRemovedIsWorkFromItsDueTimeOnAndKeepsItUnderASecondRemoval) {
  put(plain(1));
  ASSERT_TRUE(reserve(reservation(id_of(2))));
  for (const std::uint64_t number : {1U, 2U}) {
    const auto begun = store().begin_removal(call_, id_of(number), kAny, kNow + std::chrono::minutes{20});
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->due, kNow + std::chrono::minutes{20});
    const auto again = store().begin_removal(call_, id_of(number), kAny, kNow);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->due, kNow + std::chrono::minutes{20});
  }
  home_->reopen();
  EXPECT_THAT(open_work(kNow + std::chrono::minutes{19}), IsEmpty());
  EXPECT_THAT(open_work(kNow + std::chrono::minutes{20}), SizeIs(2));
}

TEST_P(MetadataStoreContract, BeginRemovalAsksTheVersionOfADocument) {
  put(plain(1));
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), {.version = 2}, kNow)), ErrorCode::kConflict);
  EXPECT_TRUE(store().get(call_, id_of(1)));
  EXPECT_TRUE(store().begin_removal(call_, id_of(1), {.version = 1}, kNow));
}

TEST_P(MetadataStoreContract, WhatIsAskedOfAPendingRowTakesNoDocument) {
  put(plain(1));
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), {.attempt = AttemptId{1}}, kNow)), ErrorCode::kConflict);
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), {.pending_lease_over_at = kNow + 9 * kLease}, kNow)),
            ErrorCode::kConflict);
  EXPECT_TRUE(store().get(call_, id_of(1)));
}

TEST_P(MetadataStoreContract, BeginRemovalAsksTheAttemptAndLeaseOfAPendingRow) {
  ASSERT_TRUE(reserve(reservation(id_of(1), 1)));
  const Timestamp early = kNow + kLease - std::chrono::milliseconds{1};
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), {.attempt = AttemptId{2}}, kNow)), ErrorCode::kConflict);
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), {.pending_lease_over_at = early}, kNow)),
            ErrorCode::kConflict);
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), {.version = 1}, kNow)), ErrorCode::kConflict);
  EXPECT_TRUE(
      store().begin_removal(call_, id_of(1), {.attempt = AttemptId{1}, .pending_lease_over_at = kNow + kLease}, kNow));
}

TEST_P(MetadataStoreContract, RemovalOfNothingIsNotFound) {
  EXPECT_EQ(code_of(store().begin_removal(call_, id_of(1), kAny, kNow)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(store().postpone_removal(call_, id_of(1), kNow)), ErrorCode::kNotFound);
  EXPECT_TRUE(store().finish_removal(call_, id_of(1)));
}

TEST_P(MetadataStoreContract, APostponedRemovalIsDueLater) {
  put(plain(1));
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), kAny, kNow));
  ASSERT_TRUE(store().postpone_removal(call_, id_of(1), kNow + std::chrono::hours{1}));
  EXPECT_THAT(open_work(kNow + std::chrono::minutes{59}), IsEmpty());
  EXPECT_THAT(open_work(kNow + std::chrono::hours{1}), SizeIs(1));
}

TEST_P(MetadataStoreContract, FinishRemovalTakesTheLastOfARow) {
  put(plain(1));
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), kAny, kNow));
  ASSERT_TRUE(store().finish_removal(call_, id_of(1)));
  EXPECT_THAT(open_work(kNow + kLease), IsEmpty());
  EXPECT_TRUE(store().finish_removal(call_, id_of(1)));
}

TEST_P(MetadataStoreContract, FinishRemovalTakesNothingThatIsNotRemoving) {
  put(plain(1));
  ASSERT_TRUE(reserve(reservation(id_of(2))));
  ASSERT_TRUE(store().finish_removal(call_, id_of(1)));
  ASSERT_TRUE(store().finish_removal(call_, id_of(2)));
  EXPECT_TRUE(store().get(call_, id_of(1)));
  EXPECT_THAT(open_work(kNow + kLease), SizeIs(1));
}

TEST_P(MetadataStoreContract, OpenWorkComesOldestDueFirstAndNoMoreThanAsked) {
  for (const std::uint64_t i : {3U, 1U, 2U}) {
    Reservation made = reservation(id_of(i));
    made.lease_until = kNow + std::chrono::seconds{i};
    ASSERT_TRUE(reserve(made));
  }
  const auto work = open_work(kNow + kLease, 2);
  ASSERT_THAT(work, SizeIs(2));
  EXPECT_EQ(work[0].attempt.id, id_of(1));
  EXPECT_EQ(work[1].attempt.id, id_of(2));
}

TEST_P(MetadataStoreContract, ListsWhatWasDeletedLongAgo) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Document document = plain(i);
    document.state = State::kDeleted;
    document.deleted_at = kNow + std::chrono::seconds{i};
    put(document);
  }
  put(plain(4));
  const auto before = [&](int seconds, std::size_t limit) {
    return store().deleted_before(call_, kNow + std::chrono::seconds{seconds}, limit).value();
  };
  EXPECT_THAT(before(0, 10), IsEmpty());
  EXPECT_THAT(before(2, 10), testing::UnorderedElementsAre(id_of(1), id_of(2)));
  EXPECT_THAT(before(3, 1), SizeIs(1));
}

}  // namespace
}  // namespace lazaret::contract
