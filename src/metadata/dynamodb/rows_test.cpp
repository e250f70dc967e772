#include "metadata/dynamodb/rows.h"

#include <gmock/gmock.h>

#include "document/validation.h"
#include "metadata/dynamodb/legacy.h"
#include "tests/support/random_document.h"

namespace lazaret::dynamo {
namespace {

using aws::AttributeValue;
using aws::Item;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kId = "0190d9b0-0000-7000-8000-000000000001";

// As the first version of this service wrote it.
Item first_version() {
  return {{"id", kId},
          {"filename", "scan.pdf"},
          {"s3_key", "documents/scan.pdf"},
          {"upload_date", "2024-05-01T12:34:56.789012"},
          {"categories", AttributeValue::StringSet{"b", "a"}},
          {"metadata", Item{{"ward", "7"}}}};
}

TEST(DynamoDbRows, EveryDocumentComesBackAsItWas) {
  test::RandomDocuments random(5);
  for (int i = 0; i < 500; ++i) {
    const Document document = random.next();
    const auto row = row_from(document_item(document, AttemptId{9}, 4));
    ASSERT_TRUE(row) << row.error().detail;
    ASSERT_EQ(row->document, document);
    EXPECT_EQ(row->attempt.attempt, AttemptId{9});
    EXPECT_TRUE(row->adopted);
  }
}

TEST(DynamoDbRows, WritesTheAttributesOfTheApiUnderTheirNames) {
  test::RandomDocuments random(6);
  Document document = random.next();
  document.categories = {"a", "b"};
  document.extracted = JsonObject::trusted(R"({"page_count":3})");
  const Item item = document_item(document, AttemptId{1}, 4);
  for (const char* name :
       {"id", "filename", "original_filename", "s3_key", "upload_date", "content_type", "checksum", "state"})
    EXPECT_NE(text_of(item, name), nullptr) << name;
  EXPECT_EQ(number_of(item, "size"), document.size);
  EXPECT_EQ(number_of(item, "version"), document.version);
  EXPECT_EQ(item.at("categories"), AttributeValue(AttributeValue::List{"a", "b"}));
  EXPECT_EQ(item.at("processed"), AttributeValue(document.processed));
  EXPECT_EQ(item.at("metadata").get_if<Item>()->at("extracted"),
            AttributeValue(Item{{"page_count", std::uint64_t{3}}}));
  EXPECT_NE(item.at("verdict").get_if<Item>(), nullptr);
  for (const auto& [name, value] : item)
    EXPECT_TRUE(is_ours(name)) << name;
}

TEST(DynamoDbRows, ADamagedItemNamesTheAttributeAndNoValue) {
  test::RandomDocuments random(7);
  const Document document = random.next();
  for (const char* name : {"filename", "size", "upload_date", "categories", "checksum", "processed", "metadata",
                           "verdict", "state", "version", "id"}) {
    Item item = document_item(document, AttemptId{1}, 4);
    item.insert_or_assign(name, AttributeValue::Bytes{"secret"});
    const auto row = row_from(item);
    ASSERT_FALSE(row) << name;
    EXPECT_EQ(row.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(row.error().detail, HasSubstr(name));
    EXPECT_THAT(row.error().detail, Not(HasSubstr("secret")));
  }
}

TEST(DynamoDbRows, AnUpdateSetsWhatDiffersAndLeavesWhatBelongsToOthers) {
  const Item from{{"id", "a"}, {"size", std::uint64_t{1}}, {"state", "x"}, {"deleted_at", "t"}, {"theirs", "y"}};
  const Item to{{"id", "a"}, {"size", std::uint64_t{2}}, {"state", "x"}, {"version", std::uint64_t{3}}};
  aws::Expression expression;
  EXPECT_EQ(update_between(from, to, expression), "SET #n0 = :v0, #n1 = :v1 REMOVE #n2");
  EXPECT_THAT(expression.names(),
              ElementsAre(std::pair("#n0", "size"), std::pair("#n1", "version"), std::pair("#n2", "deleted_at")));
}

TEST(DynamoDbLegacy, AnItemThatTellsEverythingIsServedAsItIs) {
  Item item = first_version();
  item.emplace("size", std::uint64_t{10});
  item.emplace("checksum", std::string(64, 'a'));
  item.emplace("content_type", "application/pdf");
  const auto row = row_from(item);
  ASSERT_TRUE(row) << row.error().detail;
  EXPECT_FALSE(row->adopted);
  const Document& document = *row->document;
  EXPECT_EQ(document.filename.text(), "scan.pdf");
  EXPECT_EQ(document.original_filename.text(), "scan.pdf");
  EXPECT_EQ(document.upload_date, parse_rfc3339("2024-05-01T12:34:56.789Z"));
  EXPECT_THAT(document.categories, ElementsAre("a", "b"));
  EXPECT_EQ(document.metadata.text(), R"({"ward":"7"})");
  EXPECT_EQ(document.state, State::kAvailable);
  EXPECT_EQ(document.version, 1U);
  EXPECT_EQ(document.verdict.findings.at(0).code, "not_inspected");
  Document under_our_key = document;  // an older key stays as it is
  under_our_key.s3_key = make_object_key(document.upload_date, document.id, AttemptId{1});
  EXPECT_TRUE(validate(under_our_key));
}

TEST(DynamoDbLegacy, AnItemThatLacksWhatOnlyItsObjectTellsWaitsForReindex) {
  const auto row = row_from(first_version());
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(row.error().detail, HasSubstr("reindex"));
  EXPECT_THAT(read_legacy(first_version())->missing,
              ElementsAre(ObjectFact::kSize, ObjectFact::kChecksum, ObjectFact::kContentType));
}

TEST(DynamoDbLegacy, TakesDatesAsPythonWritesThem) {
  for (const char* text : {"2024-05-01T12:34:56", "2024-05-01 12:34:56", "2024-05-01T14:34:56+02:00"}) {
    Item item = first_version();
    item.insert_or_assign("upload_date", text);
    EXPECT_EQ(read_legacy(item)->document.upload_date, parse_rfc3339("2024-05-01T12:34:56Z")) << text;
  }
}

TEST(DynamoDbLegacy, RefusesWhatCannotBeADocument) {
  for (const char* name : {"id", "s3_key", "upload_date"}) {
    Item item = first_version();
    item.insert_or_assign(name, "");
    const auto legacy = read_legacy(item);
    ASSERT_FALSE(legacy) << name;
    EXPECT_THAT(legacy.error().detail, HasSubstr(name));
  }
}

TEST(DynamoDbLegacy, MakesUnsafeNamesSafe) {
  Item item = first_version();
  item.insert_or_assign("filename", "../../etc/passwd.pdf");
  const auto legacy = read_legacy(item);
  ASSERT_TRUE(legacy);
  EXPECT_THAT(legacy->document.filename.text(), Not(HasSubstr("/")));
  EXPECT_EQ(legacy->document.original_filename.text(), "../../etc/passwd.pdf");
}

}  // namespace
}  // namespace lazaret::dynamo
