// What operations cost in units of capacity, as dynalite counts them (without a table's own indexes): the figures of
// docs/adr/0007. A change that makes an upload or a page dearer fails here.
#include <iostream>

#include <gtest/gtest.h>

#include "metadata/dynamodb/store.h"
#include "tests/support/dynamodb_parts.h"
#include "tests/support/random_document.h"

namespace lazaret {
namespace {

using testing_support::DynamoDbParts;

constexpr const char* kTable = "units";
constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

class DynamoDbUnits : public testing::Test {
 protected:
  DynamoDbUnits() {
    const auto made = parts_.make_tables(kTable, 4);
    EXPECT_TRUE(made) << made.error().detail;
  }
  ~DynamoDbUnits() override { parts_.drop_tables(kTable); }

  // A typical document: two categories, three words, an item of about 1.5 KB.
  Document typical() {
    Document document = random_.next();
    document.filename = PatientText("blood report scan.pdf");
    document.original_filename = document.filename;
    document.upload_date = kNow + std::chrono::milliseconds{++count_};
    document.categories = {"lab_results", "patient_records"};
    document.metadata = JsonObject::trusted(R"({"patient":"P-1024","ward":7})");
    document.extracted = JsonObject::trusted(R"({"page_count":3,"pdf_version":"1.7","encrypted":false})");
    document.state = State::kAvailable;
    document.verdict.findings.clear();
    document.release.reset();
    document.duplicate_of.reset();
    document.deleted_at.reset();
    document.state_before_delete.reset();
    document.version = 1;
    return document;
  }
  Reservation reservation(const Document& document) {
    return {{document.id, AttemptId{1}}, document.s3_key, kNow, kNow + std::chrono::minutes{1}, {}};
  }
  void put(const Document& document) {
    ASSERT_TRUE(store_.reserve({}, reservation(document)));
    ASSERT_TRUE(store_.commit({}, document, AttemptId{1}, {}));
  }
  template <class Operate>
  aws::ConsumedUnits cost(const char* name, Operate operate) {
    const auto before = parts_.db().consumed();
    operate();
    const auto after = parts_.db().consumed();
    const aws::ConsumedUnits units{after.read - before.read, after.write - before.write};
    std::cout << name << ": " << units.write << " written, " << units.read << " read\n";
    return units;
  }

  DynamoDbParts parts_{testing_support::dynamodb_endpoint("dynalite")};
  DynamoDbStore store_{parts_.store_parts(), {.table = kTable}};
  test::RandomDocuments random_{1};
  int count_ = 0;
};

TEST_F(DynamoDbUnits, OfADocumentsLifeAreWhatTheDocsSay) {
  put(typical());  // the month is noted, the layout read
  const Document document = typical();
  EXPECT_LE(cost("upload", [&] { put(document); }).write, 8);
  EXPECT_LE(
      cost("upload under a key",
           [&] {
             const Document other = typical();
             Reservation made = reservation(other);
             made.idempotency = IdempotencyClaim{sha256("key"), sha256("form"), kNow + std::chrono::hours{24}};
             EXPECT_TRUE(store_.reserve({}, made));
             EXPECT_TRUE(store_.commit({}, other, AttemptId{1}, RecordedAnswer{201, std::string(700, 'x'), other.id}));
           })
          .write,
      13);
  EXPECT_LE(cost("get", [&] { EXPECT_TRUE(store_.get({}, document.id)); }).read, 1);
  Document changed = document;
  changed.processed = true;
  changed.version = 2;
  EXPECT_LE(cost("processed", [&] { EXPECT_TRUE(store_.replace({}, changed, 1)); }).write, 1);
  changed.categories = {"lab_results", "research_papers"};
  changed.version = 3;
  EXPECT_LE(cost("one category", [&] { EXPECT_TRUE(store_.replace({}, changed, 2)); }).write, 3);
  changed.filename = PatientText("another name altogether.pdf");
  changed.version = 4;
  EXPECT_LE(cost("rename", [&] { EXPECT_TRUE(store_.replace({}, changed, 3)); }).write, 7);
  const auto purge = cost("purge", [&] {
    EXPECT_TRUE(store_.begin_removal({}, document.id, {}, kNow));
    EXPECT_TRUE(store_.finish_removal({}, document.id));
  });
  EXPECT_LE(purge.write, 8);
}

TEST_F(DynamoDbUnits, OfAPageDoNotGrowWithTheTable) {
  for (int i = 0; i < 150; ++i)
    put(typical());
  const auto page = [&](const char* name, Query query) {
    query.after =
        Position{kNow + std::chrono::milliseconds{120}, DocumentId{}, {}};  // not the first: nothing is counted
    return cost(name, [&] { EXPECT_TRUE(store_.query({}, query)); }).read;
  };
  EXPECT_LE(page("page of 100 by date", {}), 60);
  EXPECT_LE(page("page of 100 by category", {.filter = {.categories = {"lab_results"}}}), 60);
  EXPECT_LE(page("page of 100 by word", {.filter = {.search_words = {"blood"}}}), 60);
  EXPECT_LE(cost("sweep of open work", [&] { EXPECT_TRUE(store_.open_work({}, kNow, 100)); }).read, 4);
  EXPECT_LE(cost("sweep of answers", [&] { EXPECT_TRUE(store_.forget_expired_answers({}, kNow, 100)); }).read, 2);
}

}  // namespace
}  // namespace lazaret
