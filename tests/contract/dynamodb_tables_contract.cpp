// Making, checking and probing the tables, and adopting those of the first version, on real servers.
#include <atomic>

#include <gmock/gmock.h>

#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/keys.h"
#include "metadata/dynamodb/reindex.h"
#include "tests/support/dynamodb_parts.h"
#include "tests/support/http_imposter.h"
#include "tests/support/random_document.h"

namespace lazaret {
namespace {

using aws::AttributeValue;
using aws::Item;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::DynamoDbParts;

class DynamoDbTables : public testing::TestWithParam<const char*> {
 protected:
  ~DynamoDbTables() override {
    options_.deletion_protection = false;
    parts_.drop_tables(options_.table);
  }
  Result<void> init() { return init_dynamodb_tables(parts_.db(), pause_, call_, options_); }
  std::vector<std::string> drift() {
    std::vector<std::string> all;
    for (const dynamo::Drift& one : check_dynamodb_tables(parts_.db(), call_, options_).value())
      all.push_back(one.what + ": " + one.found);
    return all;
  }
  std::string why_not(const DynamoDbStore::Parts& parts) {
    const auto probed = DynamoDbStore(parts, {.table = options_.table}).probe(call_);
    return probed ? "ready" : probed.error().detail;
  }
  bool adds_indexes() const { return std::string_view(GetParam()) != "dynalite"; }
  void make_table_without_indexes() {
    const auto made = parts_.db().run(call_, "CreateTable",
                                      R"({"TableName":")" + options_.table +
                                          R"(","BillingMode":"PAY_PER_REQUEST",)"
                                          R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
                                          R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]})");
    ASSERT_TRUE(made) << made.error().error.detail;
  }
  void put(Item item) {
    ASSERT_TRUE(
        parts_.db().put(call_, {.table = options_.table, .item = std::move(item), .condition = {}, .expression = {}}));
  }

  Call call_;
  ThreadPause pause_;
  DynamoDbParts parts_{testing_support::dynamodb_endpoint(GetParam())};
  DynamoDbTableOptions options_{
      .table = "tables", .shards = 2, .deletion_protection = false, .unknown_operations = UnknownOperations::kTolerate};
};

TEST_P(DynamoDbTables, AreMadeOnceHoweverOftenTheyAreAskedFor) {
  EXPECT_THAT(drift(), Contains(HasSubstr("missing")));
  ASSERT_TRUE(init());
  ASSERT_TRUE(init());
  EXPECT_EQ(why_not(parts_.store_parts()), "ready");
  // What an engine lacks is told: dynalite knows no recovery, and of expiry only that there is none.
  if (adds_indexes()) EXPECT_THAT(drift(), IsEmpty());
  for (const std::string& one : drift())
    EXPECT_THAT(one, testing::AnyOf(HasSubstr("unknown to this engine"), HasSubstr("time to live: off")));
}

TEST_P(DynamoDbTables, ProbeSaysWhatToDoWhereTheyAreMissing) {
  EXPECT_THAT(why_not(parts_.store_parts()), HasSubstr("check AWS_REGION and DYNAMODB_TABLE, or run `lazaret init`"));
}

TEST_P(DynamoDbTables, ATableWithoutItsIndexesGetsThem) {
  make_table_without_indexes();
  EXPECT_THAT(drift(), Contains("table tables, index by-date: missing"));
  EXPECT_THAT(why_not(parts_.store_parts()), HasSubstr("index by-date is missing"));
  const auto made = init();
  if (!adds_indexes()) {
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().detail, HasSubstr("table tables cannot be given its index by-date"));
    return;
  }
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(why_not(parts_.store_parts()), "ready");
}

TEST_P(DynamoDbTables, ADifferentLayoutIsToldAndNeverChanged) {
  ASSERT_TRUE(init());
  options_.shards = 8;
  ASSERT_TRUE(init());
  EXPECT_THAT(drift(), Contains("table tables-index, shards: 2"));
}

TEST_P(DynamoDbTables, ItemsOfTheFirstVersionAreAdoptedWithWhatTheirObjectsTell) {
  if (adds_indexes()) {
    make_table_without_indexes();
  } else {
    ASSERT_TRUE(init());
  }
  const DocumentId id = DocumentId::parse("3f2b8c1e-0000-4000-8000-00000000000a").value();
  put({{"id", id.to_string()},
       {"filename", "Blood report.pdf"},
       {"s3_key", "documents/blood.pdf"},
       {"upload_date", "2024-05-01T12:34:56.789012"},
       {"categories", AttributeValue::List{"lab_results"}},
       {"metadata", Item{{"ward", "7"}}},
       {"their_own", "stays"}});
  put({{"id", "not-a-uuid"}, {"s3_key", "x"}, {"upload_date", "2024-05-01T12:34:56"}});
  ASSERT_TRUE(init());
  DynamoDbStore store(parts_.store_parts(), {.table = options_.table});
  const auto before = store.get(call_, id);
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code, ErrorCode::kUnavailable);

  std::atomic<int> objects_read = 0;
  const ReadObject read_object = [&](const Call&, const Document& document,
                                     std::span<const dynamo::ObjectFact> missing) -> Result<ObjectFacts> {
    ++objects_read;
    EXPECT_EQ(document.s3_key.text(), "documents/blood.pdf");
    EXPECT_THAT(missing, SizeIs(3));
    return ObjectFacts{1234, sha256("bytes"), "application/pdf", {}};
  };
  testing_support::NoPause no_pause;
  const auto reindex = [&] {
    return reindex_dynamodb(parts_.store_parts(), no_pause, call_, {.table = options_.table, .segments = 2},
                            read_object);
  };
  const auto report = reindex();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->looked_at, 2U);
  EXPECT_EQ(report->adopted, 1U);
  ASSERT_THAT(report->problems, SizeIs(1));
  EXPECT_EQ(report->problems[0].id, "not-a-uuid");

  const Document document = store.get(call_, id).value();
  EXPECT_EQ(document.size, 1234U);
  EXPECT_EQ(document.checksum, sha256("bytes"));
  EXPECT_EQ(document.metadata.text(), R"({"ward":"7"})");
  for (const Filter& filter : {Filter{}, Filter{.categories = {"lab_results"}}, Filter{.search_words = {"blood"}},
                               Filter{.checksum = sha256("bytes")}}) {
    EXPECT_THAT(store.query(call_, {.filter = filter}).value().documents, ElementsAre(document));
  }
  const auto item = parts_.db().get(call_, {.table = options_.table, .key = dynamo::key_of(id)}).value();
  EXPECT_EQ(item->at("their_own"), AttributeValue("stays"));

  EXPECT_EQ(reindex()->adopted, 0U) << "adopted items are passed over";
  EXPECT_EQ(objects_read, 1);
}

TEST_P(DynamoDbTables, RowsThatLeadToNoDocumentThatWantsThemAreRemoved) {
  ASSERT_TRUE(init());
  constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};
  DynamoDbStore store(parts_.store_parts(), {.table = options_.table});
  Document document = test::RandomDocuments(1).next();
  document.upload_date = kNow;
  document.state = State::kAvailable;
  document.deleted_at.reset();
  document.state_before_delete.reset();
  document.categories = {"lab_results"};
  document.version = 1;
  const Attempt attempt{document.id, AttemptId{1}};
  ASSERT_TRUE(store.reserve(call_, {attempt, document.s3_key, kNow, kNow + std::chrono::minutes{1}, {}}));
  ASSERT_TRUE(store.commit(call_, document, attempt.attempt, {}));
  const auto count_rows = [&] { return parts_.db().scan(call_, {.table = options_.table + "-index"}).value().count; };
  const auto rows_before = count_rows();

  const DocumentId nobody = DocumentId::parse("3f2b8c1e-0000-4000-8000-00000000000b").value();
  const std::string elsewhere = dynamo::category_partition("patient_records", State::kAvailable, "2027-01", 0);
  for (const DocumentId& id : {document.id, nobody}) {
    Item row = dynamo::index_key(elsewhere, dynamo::time_key(kNow, id));
    row.emplace("_v", std::uint64_t{1});
    ASSERT_TRUE(parts_.db().put(
        call_, {.table = options_.table + "-index", .item = std::move(row), .condition = {}, .expression = {}}));
  }
  testing_support::NoPause no_pause;
  const auto report = reindex_dynamodb(parts_.store_parts(), no_pause, call_, {.table = options_.table}, {});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->rows_unwanted, 2U);
  EXPECT_EQ(count_rows(), rows_before);
  EXPECT_THAT(store.query(call_, {.filter = {.categories = {"lab_results"}}}).value().documents, ElementsAre(document));
}

TEST_P(DynamoDbTables, AShortLookShowsItemsThatWereNeverAdopted) {
  ASSERT_TRUE(init());
  EXPECT_FALSE(shows_items_to_adopt(parts_.db(), call_, options_.table).value());
  put({{"id", "3f2b8c1e-0000-4000-8000-00000000000a"}, {"s3_key", "documents/old.pdf"}});
  EXPECT_TRUE(shows_items_to_adopt(parts_.db(), call_, options_.table).value());
}

INSTANTIATE_TEST_SUITE_P(Servers, DynamoDbTables, testing::Values("dynalite", "moto"),
                         [](const auto& info) { return std::string(info.param); });

TEST(DynamoDbProbe, SaysThatNobodyAnswers) {
  DynamoDbParts parts("http://127.0.0.1:1");
  const auto probed = DynamoDbStore(parts.store_parts(), {}).probe({});
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(probed.error().detail, HasSubstr("127.0.0.1:1 (region us-east-1) cannot be reached"));
}

TEST(DynamoDbProbe, SaysThatAccessIsDenied) {
  testing_support::HttpImposter imposter;
  imposter.script(
      {.status = 400, .body = R"({"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"})"});
  DynamoDbParts parts(imposter.url());
  const auto probed = DynamoDbStore(parts.store_parts(), {}).probe({});
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(probed.error().detail, HasSubstr("denies access to table medical-documents: the policy"));
}

TEST(DynamoDbTablesOnMoto, KeepWhatAwsKeeps) {
  DynamoDbParts parts(testing_support::dynamodb_endpoint("moto"));
  ThreadPause pause;
  const DynamoDbTableOptions options{.table = "kept"};
  const auto made = init_dynamodb_tables(parts.db(), pause, {}, options);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_THAT(check_dynamodb_tables(parts.db(), {}, options).value(), IsEmpty());
}

}  // namespace
}  // namespace lazaret
