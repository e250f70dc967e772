// What every metadata store does with one document at a time: attempts, claims, changes. Removal and lists have files
// of their own.
#include "tests/contract/metadata_store_contract.h"

#include <algorithm>
#include <utility>

#include <gmock/gmock.h>

namespace lazaret::contract {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

DocumentId MetadataStoreContract::id_of(std::uint64_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  for (std::size_t i = 0; i < 6; ++i)
    bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return DocumentId{bytes};
}

Reservation MetadataStoreContract::reservation(const DocumentId& id, std::uint64_t attempt) {
  return {.attempt = {id, AttemptId{attempt}},
          .s3_key = make_object_key(kNow, id, AttemptId{attempt}),
          .now = kNow,
          .lease_until = kNow + kLease,
          .idempotency = {}};
}

Reservation MetadataStoreContract::reservation_under_key(const DocumentId& id, const std::string& key,
                                                         const std::string& form) {
  Reservation made = reservation(id);
  made.idempotency = IdempotencyClaim{sha256(key), sha256(form), kNow + std::chrono::hours{24}};
  return made;
}

void MetadataStoreContract::put(MetadataStore& store, Document document) {
  const Reservation made = reservation(document.id);
  ASSERT_TRUE(store.reserve(call_, made));
  if (document.state != State::kDeleted) {
    ASSERT_TRUE(store.commit(call_, document, made.attempt.attempt, {}));
    return;
  }
  Document before = document;
  before.state = document.state_before_delete.value_or(State::kAvailable);
  before.state_before_delete.reset();
  before.deleted_at.reset();
  ASSERT_TRUE(store.commit(call_, before, made.attempt.attempt, {}));
  document.version = before.version + 1;
  ASSERT_TRUE(store.replace(call_, document, before.version));
}

Document MetadataStoreContract::plain(std::uint64_t number) {
  Document document;
  document.id = id_of(number);
  document.filename = PatientText{"plain.pdf"};
  document.original_filename = PatientText{"plain.pdf"};
  document.s3_key = make_object_key(kNow, document.id, AttemptId{1});
  document.size = 1000;
  document.upload_date = kNow;
  document.content_type = "application/pdf";
  document.checksum = sha256(std::to_string(number));
  document.verdict.engine = "engine";
  document.verdict.policy_version = "1";
  return document;
}

std::vector<Document> MetadataStoreContract::walk(MetadataStore& store, Query query, std::vector<Total>* totals) {
  std::vector<Document> all;
  for (int pages = 0; pages < 100'000; ++pages) {
    auto page = store.query(call_, query);
    EXPECT_TRUE(page.has_value());
    if (!page) return all;
    EXPECT_LE(page->documents.size(), query.limit);
    if (totals) totals->push_back(page->total);
    std::ranges::move(page->documents, std::back_inserter(all));
    if (!page->next) return all;
    query.after = std::move(page->next);
  }
  ADD_FAILURE() << "the walk does not end";
  return all;
}

std::vector<DocumentId> MetadataStoreContract::ids(Query query) {
  std::vector<DocumentId> found;
  for (const Document& document : walk(store(), std::move(query)))
    found.push_back(document.id);
  return found;
}

std::vector<OpenWork> MetadataStoreContract::open_work(Timestamp now, std::size_t limit) {
  auto work = store().open_work(call_, now, limit);
  EXPECT_TRUE(work.has_value());
  return work ? *work : std::vector<OpenWork>{};
}

namespace {

constexpr RemovalCondition kAny{};

TEST_P(MetadataStoreContract, AReservedRowIsNoDocument) {
  ASSERT_TRUE(reserve(reservation(id_of(1))));
  EXPECT_EQ(code_of(store().get(call_, id_of(1))), ErrorCode::kNotFound);
  EXPECT_THAT(ids({}), IsEmpty());
}

TEST_P(MetadataStoreContract, AReservedRowIsWorkWhenItsLeaseIsOver) {
  ASSERT_TRUE(reserve(reservation(id_of(1))));
  EXPECT_THAT(open_work(kNow + kLease - std::chrono::milliseconds{1}), IsEmpty());
  const auto work = open_work(kNow + kLease);
  ASSERT_THAT(work, SizeIs(1));
  EXPECT_EQ(work[0].kind, WorkKind::kPending);
  EXPECT_EQ(work[0].attempt, (Attempt{id_of(1), AttemptId{1}}));
  EXPECT_EQ(work[0].s3_key, reservation(id_of(1)).s3_key);
  EXPECT_EQ(work[0].due, kNow + kLease);
}

TEST_P(MetadataStoreContract, TheSameReservationMayBeMadeAgain) {
  const Reservation made = reservation_under_key(id_of(1), "key");
  ASSERT_TRUE(reserve(made));
  const auto again = reserve(made);
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::holds_alternative<Reserved>(*again));
  EXPECT_THAT(open_work(kNow + kLease), SizeIs(1));
}

TEST_P(MetadataStoreContract, AnotherAttemptCannotReserveATakenId) {
  ASSERT_TRUE(reserve(reservation(id_of(1), 1)));
  EXPECT_EQ(code_of(reserve(reservation(id_of(1), 2))), ErrorCode::kAlreadyExists);
}

TEST_P(MetadataStoreContract, ARunningClaimIsInProgressUntilItsLeaseEnds) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  const auto second = reserve(reservation_under_key(id_of(2), "key"));
  ASSERT_TRUE(second);
  ASSERT_TRUE(std::holds_alternative<InProgress>(*second));
  EXPECT_EQ(std::get<InProgress>(*second).lease_until, kNow + kLease);
  EXPECT_THAT(open_work(kNow + kLease), SizeIs(1)) << "a refused reservation leaves no row";
}

TEST_P(MetadataStoreContract, ARenewalMovesTheClaimToo) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  ASSERT_TRUE(store().renew(call_, {id_of(1), AttemptId{1}}, kNow + 2 * kLease));
  Reservation second = reservation_under_key(id_of(2), "key");
  second.now = kNow + kLease;
  const auto outcome = reserve(second);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(std::holds_alternative<InProgress>(*outcome));
  EXPECT_EQ(std::get<InProgress>(*outcome).lease_until, kNow + 2 * kLease);
}

TEST_P(MetadataStoreContract, AFinishedClaimGivesItsAnswerAgain) {
  const RecordedAnswer answer{201, R"({"id":"x","filename":"é"})", id_of(1)};
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  ASSERT_TRUE(store().commit(call_, plain(1), AttemptId{1}, answer));
  const auto second = reserve(reservation_under_key(id_of(2), "key"));
  ASSERT_TRUE(second);
  ASSERT_TRUE(std::holds_alternative<AlreadyAnswered>(*second));
  EXPECT_EQ(std::get<AlreadyAnswered>(*second).answer, answer);
  EXPECT_THAT(open_work(kNow + kLease), IsEmpty()) << "an answer told again leaves no row";
}

TEST_P(MetadataStoreContract, AnAnswerOutlivesItsDocument) {
  const RecordedAnswer answer{200, "{}", id_of(1)};
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  ASSERT_TRUE(store().commit(call_, plain(1), AttemptId{1}, answer));
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), kAny, kNow));
  ASSERT_TRUE(store().finish_removal(call_, id_of(1)));
  const auto second = reserve(reservation_under_key(id_of(2), "key"));
  ASSERT_TRUE(second);
  EXPECT_TRUE(std::holds_alternative<AlreadyAnswered>(*second));
}

TEST_P(MetadataStoreContract, AnotherFormUnderTheSameKeyIsRefused) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key", "one form")));
  const Reservation other = reservation_under_key(id_of(2), "key", "another form");
  EXPECT_EQ(code_of(reserve(other)), ErrorCode::kIdempotencyKeyReused) << "while the first runs";
  ASSERT_TRUE(store().commit(call_, plain(1), AttemptId{1}, RecordedAnswer{201, "{}", id_of(1)}));
  EXPECT_EQ(code_of(reserve(other)), ErrorCode::kIdempotencyKeyReused) << "after it";
  EXPECT_THAT(open_work(kNow + kLease), IsEmpty());
}

TEST_P(MetadataStoreContract, OtherKeysDoNotMeet) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "one key")));
  const auto second = reserve(reservation_under_key(id_of(2), "another key"));
  ASSERT_TRUE(second);
  EXPECT_TRUE(std::holds_alternative<Reserved>(*second));
}

TEST_P(MetadataStoreContract, AClaimWhoseLeaseIsOverIsTakenOver) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  Reservation second = reservation_under_key(id_of(2), "key", "another form even");
  second.now = kNow + kLease;
  second.lease_until = second.now + kLease;
  const auto outcome = reserve(second);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(std::holds_alternative<Reserved>(*outcome));
}

TEST_P(MetadataStoreContract, OneKeyNeverMakesTwoDocuments) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  Reservation second = reservation_under_key(id_of(2), "key");
  second.now = kNow + kLease;
  second.lease_until = second.now + kLease;
  ASSERT_TRUE(reserve(second));
  const RecordedAnswer late{201, "late", id_of(1)};
  EXPECT_EQ(code_of(store().commit(call_, plain(1), AttemptId{1}, late)), ErrorCode::kConflict);
  EXPECT_TRUE(store().commit(call_, plain(2), AttemptId{1}, RecordedAnswer{201, "mine", id_of(2)}));
  const auto third = reserve(reservation_under_key(id_of(3), "key"));
  ASSERT_TRUE(third);
  ASSERT_TRUE(std::holds_alternative<AlreadyAnswered>(*third));
  EXPECT_EQ(std::get<AlreadyAnswered>(*third).answer.body, "mine");
}

TEST_P(MetadataStoreContract, AnExpiredAnswerIsTakenOver) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  ASSERT_TRUE(store().commit(call_, plain(1), AttemptId{1}, RecordedAnswer{201, "{}", id_of(1)}));
  Reservation second = reservation_under_key(id_of(2), "key", "another form");
  second.now = kNow + std::chrono::hours{24};
  const auto outcome = reserve(second);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(std::holds_alternative<Reserved>(*outcome));
}

TEST_P(MetadataStoreContract, ARemovedPendingRowReleasesItsClaim) {
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), {.attempt = AttemptId{1}}, kNow));
  const auto second = reserve(reservation_under_key(id_of(2), "key"));
  ASSERT_TRUE(second);
  EXPECT_TRUE(std::holds_alternative<Reserved>(*second));
}

TEST_P(MetadataStoreContract, ForgetsAnswersPastTheirExpiry) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(reserve(reservation_under_key(id_of(i), "key " + std::to_string(i))));
    ASSERT_TRUE(store().commit(call_, plain(i), AttemptId{1}, RecordedAnswer{201, "{}", id_of(i)}));
  }
  const Timestamp expiry = kNow + std::chrono::hours{24};
  EXPECT_EQ(store().forget_expired_answers(call_, expiry - std::chrono::milliseconds{1}, 10), 0U);
  EXPECT_EQ(store().forget_expired_answers(call_, expiry, 2), 2U);
  EXPECT_EQ(store().forget_expired_answers(call_, expiry, 2), 1U);
  EXPECT_EQ(store().forget_expired_answers(call_, expiry, 2), 0U);
}

TEST_P(MetadataStoreContract, CommitMakesTheDocument) {
  ASSERT_TRUE(reserve(reservation(id_of(1))));
  const Document document = plain(1);
  ASSERT_TRUE(store().commit(call_, document, AttemptId{1}, {}));
  EXPECT_EQ(store().get(call_, id_of(1)), document);
  EXPECT_THAT(ids({}), ElementsAre(id_of(1)));
  EXPECT_THAT(open_work(kNow + kLease), IsEmpty());
}

TEST_P(MetadataStoreContract, KeepsEveryAttributeAsItWas) {
  for (int i = 0; i < 200; ++i) {
    Document document = random_.next();
    document.state = State::kQuarantined;
    const Reservation made = reservation(document.id);
    ASSERT_TRUE(reserve(made));
    ASSERT_TRUE(store().commit(call_, document, AttemptId{1}, {}));
    const auto stored = store().get(call_, document.id);
    ASSERT_TRUE(stored);
    ASSERT_EQ(*stored, document);
  }
}

TEST_P(MetadataStoreContract, TheSameCommitMayBeMadeAgain) {
  put(plain(1));
  EXPECT_TRUE(store().commit(call_, plain(1), AttemptId{1}, {}));
}

TEST_P(MetadataStoreContract, ARepeatedCommitUndoesNoLaterChange) {
  put(plain(1));
  Document changed = plain(1);
  changed.processed = true;
  changed.version = 2;
  ASSERT_TRUE(store().replace(call_, changed, 1));
  ASSERT_TRUE(store().commit(call_, plain(1), AttemptId{1}, {}));
  EXPECT_EQ(store().get(call_, id_of(1)), changed);
}

TEST_P(MetadataStoreContract, NobodyCommitsAnothersRow) {
  EXPECT_EQ(code_of(store().commit(call_, plain(1), AttemptId{1}, {})), ErrorCode::kConflict) << "nothing reserved";
  ASSERT_TRUE(reserve(reservation(id_of(1), 1)));
  EXPECT_EQ(code_of(store().commit(call_, plain(1), AttemptId{2}, {})), ErrorCode::kConflict) << "another attempt";
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), kAny, kNow));
  EXPECT_EQ(code_of(store().commit(call_, plain(1), AttemptId{1}, {})), ErrorCode::kConflict) << "removing";
  EXPECT_EQ(code_of(store().get(call_, id_of(1))), ErrorCode::kNotFound);
}

TEST_P(MetadataStoreContract, RenewMovesOnlyThisAttemptsLease) {
  ASSERT_TRUE(reserve(reservation(id_of(1), 1)));
  EXPECT_EQ(code_of(store().renew(call_, {id_of(1), AttemptId{2}}, kNow)), ErrorCode::kConflict);
  ASSERT_TRUE(store().renew(call_, {id_of(1), AttemptId{1}}, kNow + 2 * kLease));
  EXPECT_THAT(open_work(kNow + kLease), IsEmpty());
  EXPECT_THAT(open_work(kNow + 2 * kLease), SizeIs(1));
}

TEST_P(MetadataStoreContract, RenewIsTooLateForWhatIsNoLongerPending) {
  EXPECT_EQ(code_of(store().renew(call_, {id_of(1), AttemptId{1}}, kNow)), ErrorCode::kConflict);
  put(plain(1));
  EXPECT_EQ(code_of(store().renew(call_, {id_of(1), AttemptId{1}}, kNow)), ErrorCode::kConflict);
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), kAny, kNow));
  EXPECT_EQ(code_of(store().renew(call_, {id_of(1), AttemptId{1}}, kNow)), ErrorCode::kConflict);
}

TEST_P(MetadataStoreContract, ReplaceWritesOverTheExpectedVersionOnly) {
  put(plain(1));
  Document changed = plain(1);
  changed.version = 2;
  changed.processed = true;
  EXPECT_EQ(code_of(store().replace(call_, changed, 7)), ErrorCode::kConflict);
  EXPECT_EQ(store().get(call_, id_of(1)), plain(1));
  ASSERT_TRUE(store().replace(call_, changed, 1));
  EXPECT_EQ(store().get(call_, id_of(1)), changed);
  Document late = plain(1);
  late.version = 2;
  EXPECT_EQ(code_of(store().replace(call_, late, 1)), ErrorCode::kConflict);
}

TEST_P(MetadataStoreContract, TheSameReplaceMayBeMadeAgain) {
  put(plain(1));
  Document changed = plain(1);
  changed.version = 2;
  changed.categories = {"lab_results"};
  ASSERT_TRUE(store().replace(call_, changed, 1));
  EXPECT_TRUE(store().replace(call_, changed, 1));
}

TEST_P(MetadataStoreContract, ReplaceFindsNothingWhereClientsSeeNothing) {
  Document changed = plain(1);
  changed.version = 2;
  EXPECT_EQ(code_of(store().replace(call_, changed, 1)), ErrorCode::kNotFound) << "no row";
  ASSERT_TRUE(reserve(reservation(id_of(1))));
  EXPECT_EQ(code_of(store().replace(call_, changed, 1)), ErrorCode::kNotFound) << "pending";
  ASSERT_TRUE(store().begin_removal(call_, id_of(1), kAny, kNow));
  EXPECT_EQ(code_of(store().replace(call_, changed, 1)), ErrorCode::kNotFound) << "removing";
}

TEST_P(MetadataStoreContract, ListsFollowEveryChange) {
  put(plain(1));
  Document changed = plain(1);
  changed.version = 2;
  changed.filename = PatientText{"angiogram.pdf"};
  changed.categories = {"lab_results", "patient_records"};
  changed.processed = true;
  changed.state = State::kQuarantined;
  ASSERT_TRUE(store().replace(call_, changed, 1));
  const auto listed = [&](Filter filter) { return ids({.filter = std::move(filter)}); };
  EXPECT_THAT(listed({}), IsEmpty());
  EXPECT_THAT(listed({.search_words = {"plain"}}), IsEmpty());
  EXPECT_THAT(listed({.search_words = {"plain"}, .state = State::kQuarantined}), IsEmpty());
  EXPECT_THAT(listed({.processed = false, .state = State::kQuarantined}), IsEmpty());
  EXPECT_THAT(listed({.categories = {"patient_records"},
                      .processed = true,
                      .search_words = {"angio", "pdf"},
                      .state = State::kQuarantined}),
              ElementsAre(id_of(1)));
}

TEST_P(MetadataStoreContract, ASoftDeletedDocumentIsGivenByIdAndListedAsDeleted) {
  Document document = plain(1);
  document.state = State::kDeleted;
  document.state_before_delete = State::kQuarantined;
  document.deleted_at = kNow;
  put(document);
  document.version = 2;
  EXPECT_EQ(store().get(call_, id_of(1)), document);
  EXPECT_THAT(ids({}), IsEmpty());
  EXPECT_THAT(ids({.filter = {.state = State::kDeleted}}), ElementsAre(id_of(1)));
}

TEST_P(MetadataStoreContract, FindsTheOldestLiveDocumentWithTheSameBytes) {
  for (std::uint64_t i = 1; i <= 4; ++i) {
    Document document = plain(i);
    document.checksum = sha256("the same");
    document.upload_date = kNow + std::chrono::seconds{i};
    if (i == 1) document.state = State::kDeleted;
    if (i == 2) document.state = State::kQuarantined;
    put(document);
  }
  const auto find = [&](std::string_view bytes, std::uint64_t except) {
    return store().find_by_checksum(call_, sha256(bytes), id_of(except)).value();
  };
  EXPECT_EQ(find("the same", 9), id_of(2));
  EXPECT_EQ(find("the same", 2), id_of(3));
  EXPECT_EQ(find("others", 9), std::nullopt);
}

TEST_P(MetadataStoreContract, FindsASanitisedDocumentByWhatWasSentAndByWhatIsServed) {
  for (std::uint64_t i = 1; i <= 2; ++i) {
    Document document = plain(i);
    document.checksum = sha256("the copy");
    document.sanitised = Sanitised{7, sha256("as it was sent"), {}};
    document.upload_date = kNow + std::chrono::seconds{i};
    put(document);
    EXPECT_EQ(store().get(call_, id_of(i)), document);
  }
  const auto find = [&](std::string_view bytes, std::uint64_t except) {
    return store().find_by_checksum(call_, sha256(bytes), id_of(except)).value();
  };
  EXPECT_EQ(find("the copy", 9), id_of(1));
  EXPECT_EQ(find("as it was sent", 9), id_of(1));
  EXPECT_EQ(find("as it was sent", 1), id_of(2));
  EXPECT_THAT(ids({.filter = {.checksum = sha256("the copy")}}), SizeIs(2));
  EXPECT_THAT(ids({.filter = {.checksum = sha256("as it was sent")}}), IsEmpty());
}

TEST_P(MetadataStoreContract, KeepsWhoTookAnOriginalOut) {
  Document document = plain(1);
  document.sanitised = Sanitised{7, sha256("as it was sent"), {}};
  put(document);
  document.sanitised->taken_out.push_back({PatientText{"the \"court\" asks"}, "command line: ops", kNow});
  document.version = 2;
  ASSERT_TRUE(store().replace(call_, document, 1));
  EXPECT_EQ(store().get(call_, id_of(1)), document);
  EXPECT_EQ(store().find_by_checksum(call_, sha256("as it was sent"), id_of(9)).value(), id_of(1));
}

TEST_P(MetadataStoreContract, EverythingOutlivesARestart) {
  const RecordedAnswer answer{201, "{}", id_of(1)};
  ASSERT_TRUE(reserve(reservation_under_key(id_of(1), "key")));
  ASSERT_TRUE(store().commit(call_, plain(1), AttemptId{1}, answer));
  ASSERT_TRUE(reserve(reservation(id_of(2))));
  put(plain(3));
  ASSERT_TRUE(store().begin_removal(call_, id_of(3), kAny, kNow));
  home_->reopen();
  EXPECT_EQ(store().get(call_, id_of(1)), plain(1));
  EXPECT_THAT(ids({}), ElementsAre(id_of(1)));
  EXPECT_THAT(open_work(kNow + kLease), SizeIs(2));
  const auto again = reserve(reservation_under_key(id_of(4), "key"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::holds_alternative<AlreadyAnswered>(*again));
}

TEST_P(MetadataStoreContract, ProbeSaysThatItAnswers) {
  EXPECT_TRUE(store().probe(call_));
}

}  // namespace
}  // namespace lazaret::contract
