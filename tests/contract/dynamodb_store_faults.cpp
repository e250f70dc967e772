// DynamoDbStore when calls fail: at every call of every operation, one call or all from then on, the request lost or
// the answer. Whatever happened, lists show exactly the document that get() gives, and what was interrupted can be made
// again.
#include <array>
#include <functional>

#include <gmock/gmock.h>

#include "document/fold.h"
#include "metadata/dynamodb/store.h"
#include "tests/support/dynamodb_parts.h"
#include "tests/support/failing_transport.h"
#include "tests/support/naive_metadata_store.h"

namespace lazaret {
namespace {

using testing::IsEmpty;
using testing_support::DynamoDbParts;
using testing_support::Extent;
using testing_support::FailingTransport;
using testing_support::Lost;

constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};
constexpr std::chrono::minutes kLease{1};
constexpr std::array kLosses{Lost::kRequest, Lost::kAnswer};

class DynamoDbFaults : public testing::Test {
 protected:
  DynamoDbFaults() {
    const auto made = healthy_parts_.make_tables(kTable, 2);
    EXPECT_TRUE(made) << made.error().detail;
  }
  ~DynamoDbFaults() override { healthy_parts_.drop_tables(kTable); }

  // A document of its own for each round.
  Document next_document() {
    Document document;
    document.id = make_document_id(kNow, random_);
    document.filename = PatientText("blood report.pdf");
    document.original_filename = document.filename;
    document.s3_key = make_object_key(kNow, document.id, AttemptId{1});
    document.size = 1000;
    document.upload_date = kNow;
    document.categories = {"lab_results", "patient_records"};
    document.content_type = "application/pdf";
    document.checksum = sha256(document.id.to_string());
    document.verdict.engine = "engine";
    document.verdict.policy_version = "1";
    return document;
  }
  static Document changed(Document document) {
    document.filename = PatientText("angiogram.pdf");
    document.categories = {"patient_records", "research_papers"};
    document.state = State::kQuarantined;
    document.version += 1;
    return document;
  }
  Reservation reservation(const Document& document) const {
    return {{document.id, AttemptId{1}}, document.s3_key, kNow, kNow + kLease, {}};
  }
  Reservation under_key(const Document& document, const Digest& key) const {
    Reservation made = reservation(document);
    made.idempotency = IdempotencyClaim{key, sha256("form"), kNow + std::chrono::hours{24}};
    return made;
  }
  void put(const Document& document) {
    ASSERT_TRUE(healthy_.reserve(call_, reservation(document)));
    ASSERT_TRUE(healthy_.commit(call_, document, AttemptId{1}, {}));
  }

  // Lists show `id` as get() gives it, or nowhere.
  void expect_lists_tell_the_truth(const DocumentId& id) {
    testing_support::NaiveMetadataStore oracle;
    const auto stored = healthy_.get(call_, id);
    if (stored) {
      Document document = *stored;
      ASSERT_TRUE(oracle.reserve(call_, reservation(document)));
      ASSERT_TRUE(oracle.commit(call_, document, AttemptId{1}, {}));
    }
    for (const State state : {State::kAvailable, State::kQuarantined}) {
      for (Filter filter : {Filter{}, Filter{.categories = {"lab_results"}}, Filter{.categories = {"research_papers"}},
                            Filter{.search_words = {"blood"}}, Filter{.search_words = {"angio"}}}) {
        filter.state = state;
        const auto shown = [&](MetadataStore& store) {
          std::vector<DocumentId> ids;
          const auto page = store.query(call_, {.filter = filter, .limit = 200});
          EXPECT_TRUE(page);
          for (const Document& document : page->documents)
            if (document.id == id) ids.push_back(document.id);
          return ids;
        };
        EXPECT_EQ(shown(healthy_), shown(oracle));
      }
    }
  }

  // Runs `operate` on a fresh document with a fault at call 1, 2, ... until none strikes any more; `check` follows
  // each.
  using Operate = std::function<bool(MetadataStore&, const Document&)>;
  using Check = std::function<void(const Document&, bool succeeded)>;
  void fail_at_every_call(Extent extent, const std::function<void(const Document&)>& prepare, const Operate& operate,
                          const Check& check) {
    for (const Lost lost : kLosses) {
      int at = 0;
      do {
        ASSERT_LT(++at, 60);
        SCOPED_TRACE((lost == Lost::kRequest ? "request " : "answer ") + std::to_string(at));
        const Document document = next_document();
        prepare(document);
        failing_.fail_at(at, lost, extent);
        const bool succeeded = operate(spoiled_, document);
        const bool struck = failing_.struck();
        failing_.heal();
        check(document, succeeded);
        if (HasFatalFailure()) return;
        if (!struck) break;
      } while (true);
      EXPECT_GT(at, 1) << "nothing ever failed";
    }
  }

  static constexpr const char* kTable = "faults";
  SystemRandom random_;
  Call call_;
  DynamoDbParts healthy_parts_{testing_support::dynamodb_endpoint("dynalite")};
  FailingTransport failing_{healthy_parts_.curl()};
  DynamoDbParts spoiled_parts_{testing_support::dynamodb_endpoint("dynalite"), &failing_};
  DynamoDbStoreOptions options_{
      .table = kTable, .months_kept = std::chrono::milliseconds{0}, .totals_kept = std::chrono::milliseconds{0}};
  DynamoDbStore healthy_{healthy_parts_.store_parts(), options_};
  DynamoDbStore spoiled_{spoiled_parts_.store_parts(), options_};
};

TEST_F(DynamoDbFaults, OneLostCallAnywhereIsMadeGoodByTheRetry) {
  const auto nothing = [](const Document&) {};
  const auto whole_life = [&](MetadataStore& store, const Document& document) {
    const Digest key = sha256("key of " + document.id.to_string());
    const auto reserved = store.reserve(call_, under_key(document, key));
    EXPECT_TRUE(reserved && std::holds_alternative<Reserved>(*reserved));
    EXPECT_TRUE(store.renew(call_, {document.id, AttemptId{1}}, kNow + 2 * kLease));
    EXPECT_TRUE(store.commit(call_, document, AttemptId{1}, RecordedAnswer{201, "{}", document.id}));
    EXPECT_TRUE(store.replace(call_, changed(document), document.version));
    return true;
  };
  fail_at_every_call(Extent::kOneCall, nothing, whole_life, [&](const Document& document, bool) {
    EXPECT_EQ(healthy_.get(call_, document.id), changed(document));
    expect_lists_tell_the_truth(document.id);
  });
}

TEST_F(DynamoDbFaults, OneLostCallOfARemovalIsMadeGoodByTheRetry) {
  const auto remove = [&](MetadataStore& store, const Document& document) {
    EXPECT_TRUE(store.begin_removal(call_, document.id, {.version = document.version}, kNow));
    EXPECT_TRUE(store.finish_removal(call_, document.id));
    return true;
  };
  fail_at_every_call(
      Extent::kOneCall, [&](const Document& document) { put(document); }, remove,
      [&](const Document& document, bool) {
        EXPECT_FALSE(healthy_.get(call_, document.id));
        expect_lists_tell_the_truth(document.id);
        EXPECT_THAT(healthy_.open_work(call_, kNow + kLease, 10).value(), IsEmpty());
      });
}

TEST_F(DynamoDbFaults, ACommitCutOffAnywhereHappenedOrDidNot) {
  fail_at_every_call(
      Extent::kAllFromThen,
      [&](const Document& document) { ASSERT_TRUE(healthy_.reserve(call_, reservation(document))); },
      [&](MetadataStore& store, const Document& document) {
        return store.commit(call_, document, AttemptId{1}, {}).has_value();
      },
      [&](const Document& document, bool succeeded) {
        expect_lists_tell_the_truth(document.id);
        if (succeeded) EXPECT_EQ(healthy_.get(call_, document.id), document);
        // The sweeper and a late repetition of the commit agree on what there is.
        const auto removed = healthy_.begin_removal(call_, document.id, {.attempt = AttemptId{1}}, kNow);
        EXPECT_EQ(removed.has_value(), !healthy_.get(call_, document.id).has_value());
        EXPECT_EQ(healthy_.commit(call_, document, AttemptId{1}, {}).has_value(), !removed.has_value());
        expect_lists_tell_the_truth(document.id);
        ASSERT_TRUE(healthy_.begin_removal(call_, document.id, {}, kNow));
        ASSERT_TRUE(healthy_.finish_removal(call_, document.id));
        expect_lists_tell_the_truth(document.id);
      });
}

TEST_F(DynamoDbFaults, AChangeCutOffAnywhereHappenedOrDidNotAndCanBeMadeAgain) {
  fail_at_every_call(
      Extent::kAllFromThen, [&](const Document& document) { put(document); },
      [&](MetadataStore& store, const Document& document) {
        return store.replace(call_, changed(document), document.version).has_value();
      },
      [&](const Document& document, bool succeeded) {
        expect_lists_tell_the_truth(document.id);
        if (succeeded) EXPECT_EQ(healthy_.get(call_, document.id), changed(document));
        EXPECT_TRUE(healthy_.replace(call_, changed(document), document.version));
        EXPECT_EQ(healthy_.get(call_, document.id), changed(document));
        expect_lists_tell_the_truth(document.id);
      });
}

TEST_F(DynamoDbFaults, AnotherChangeAfterOneThatWasCutOffIsListedRightly) {
  fail_at_every_call(
      Extent::kAllFromThen, [&](const Document& document) { put(document); },
      [&](MetadataStore& store, const Document& document) {
        return store.replace(call_, changed(document), document.version).has_value();
      },
      [&](const Document& document, bool) {
        Document other = healthy_.get(call_, document.id).value();
        const std::uint64_t version = other.version;
        other.categories = {"lab_results"};
        other.state = State::kAvailable;
        other.filename = PatientText("blood.pdf");
        other.version = version + 1;
        ASSERT_TRUE(healthy_.replace(call_, other, version));
        expect_lists_tell_the_truth(document.id);
        Document back = changed(other);
        ASSERT_TRUE(healthy_.replace(call_, back, other.version));
        expect_lists_tell_the_truth(document.id);
      });
}

TEST_F(DynamoDbFaults, ARemovalCutOffAnywhereCanBeFinished) {
  fail_at_every_call(
      Extent::kAllFromThen, [&](const Document& document) { put(document); },
      [&](MetadataStore& store, const Document& document) {
        return store.begin_removal(call_, document.id, {}, kNow) && store.finish_removal(call_, document.id);
      },
      [&](const Document& document, bool succeeded) {
        expect_lists_tell_the_truth(document.id);
        const auto begun = healthy_.begin_removal(call_, document.id, {}, kNow);
        if (succeeded) EXPECT_FALSE(begun);
        if (begun) EXPECT_EQ(begun->s3_key, document.s3_key);
        ASSERT_TRUE(healthy_.finish_removal(call_, document.id));
        EXPECT_FALSE(healthy_.get(call_, document.id));
        expect_lists_tell_the_truth(document.id);
        EXPECT_THAT(healthy_.open_work(call_, kNow + kLease, 10).value(), IsEmpty());
      });
}

TEST_F(DynamoDbFaults, AnUploadUnderAKeyCutOffAnywhereMakesOneDocumentAtMost) {
  fail_at_every_call(
      Extent::kAllFromThen, [](const Document&) {},
      [&](MetadataStore& store, const Document& document) {
        const Digest key = sha256("key of " + document.id.to_string());
        return store.reserve(call_, under_key(document, key)) &&
               store.commit(call_, document, AttemptId{1}, RecordedAnswer{201, "first", document.id});
      },
      [&](const Document& document, bool succeeded) {
        // The client asks again, late enough for the lease to be over.
        Document second = next_document();
        Reservation again = under_key(second, sha256("key of " + document.id.to_string()));
        again.now = kNow + kLease;
        again.lease_until = again.now + kLease;
        const auto outcome = healthy_.reserve(call_, again);
        ASSERT_TRUE(outcome) << outcome.error().detail;
        const bool first_is_there = healthy_.get(call_, document.id).has_value();
        if (succeeded) EXPECT_TRUE(first_is_there);
        EXPECT_EQ(std::holds_alternative<AlreadyAnswered>(*outcome), first_is_there);
        if (first_is_there) {
          EXPECT_EQ(std::get<AlreadyAnswered>(*outcome).answer, (RecordedAnswer{201, "first", document.id}));
          return;
        }
        ASSERT_TRUE(std::holds_alternative<Reserved>(*outcome));
        const auto late = healthy_.commit(call_, document, AttemptId{1}, RecordedAnswer{201, "first", document.id});
        EXPECT_FALSE(late) << "its key is another's by now";
        EXPECT_TRUE(healthy_.commit(call_, second, AttemptId{1}, RecordedAnswer{201, "second", second.id}));
      });
}

}  // namespace
}  // namespace lazaret
