// Documents as values: keys, names of enumerators, and the trip through JSON and back.
#include "document/document.h"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"
#include "tests/support/random_document.h"

namespace lazaret {
namespace {

TEST(ObjectKey, NamesDayIdAndAttempt) {
  const auto id = DocumentId::parse("0198f5a0-0000-7000-8000-000000000001");
  const auto day = parse_rfc3339("2026-11-24T17:33:00.123Z");
  ASSERT_TRUE(id && day);
  EXPECT_EQ(make_object_key(*day, *id, AttemptId{0xab}).text(),
            "medical_documents/2026/11/24/0198f5a0-0000-7000-8000-000000000001/00000000000000ab");
}

TEST(State, ReadsBackItsNames) {
  for (const State state : {State::kAvailable, State::kQuarantined, State::kDeleted})
    EXPECT_EQ(parse_state(to_string(state)), state);
  EXPECT_FALSE(parse_state("pending"));
}

TEST(Outcome, ReadsBackItsNamesAndRanksThem) {
  using enum Outcome;
  constexpr std::array kWorstFirst{kMalicious,  kBomb,   kEncrypted, kNotPdf, kMalformed,
                                   kSuspicious, kActive, kRepaired,  kClean};
  for (const Outcome outcome : kWorstFirst)
    EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
  EXPECT_TRUE(std::ranges::is_sorted(kWorstFirst, std::ranges::greater{}, outcome_rank));
}

TEST(StoredJson, GivesEveryDocumentBack) {
  test::RandomDocuments random(3);
  for (int i = 0; i < 1000; ++i) {
    const Document document = random.next();
    const std::string json = to_stored_json(document);
    const Result<Document> read = from_stored_json(json);
    ASSERT_TRUE(read) << read.error().detail << "\n" << json;
    ASSERT_EQ(*read, document) << json;
  }
}

TEST(StoredJson, RefusesUnknownMissingAndWrongMembers) {
  test::RandomDocuments random(4);
  const std::string json = to_stored_json(random.next());
  const auto refused = [](const std::string& text) {
    const Result<Document> read = from_stored_json(text);
    return !read && read.error().code == ErrorCode::kCorrupt;
  };
  EXPECT_TRUE(refused("{\"_inner\":1," + json.substr(1)));
  EXPECT_TRUE(refused("{}"));
  EXPECT_TRUE(refused("[]"));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused(json.substr(0, json.size() / 2)));
  std::string wrong = json;
  wrong.replace(wrong.find("\"processed\":"), 13, "\"processed\":1,\"x\":");
  EXPECT_TRUE(refused(wrong));
}

TEST(StoredJson, SaysNothingOfTheDocumentInItsErrors) {
  const Result<Document> read = from_stored_json(R"({"filename":"Jane Roe.pdf","Jane Roe":1})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().detail.find("Jane"), std::string::npos);
}

TEST(Verdict, GoesToJsonAndBack) {
  test::RandomDocuments random(5);
  for (int i = 0; i < 200; ++i) {
    const Verdict verdict = random.verdict(static_cast<Outcome>(i % 9));
    EXPECT_EQ(verdict_from_json(verdict_to_json(verdict)).value(), verdict);
  }
}

TEST(Verdict, IsReadTheSameInWhateverWayItIsWritten) {
  Verdict verdict;
  verdict.outcome = Outcome::kActive;
  verdict.findings = {{"uri", Severity::kLow, "It links to \"a\".", "object 1 0"}};
  verdict.more_findings = 2;
  verdict.engine = "e";
  verdict.policy_version = "1";
  verdict.inspected_at = parse_rfc3339("2026-01-02T03:04:05.006Z").value();
  const std::string_view findings =
      R"("findings":[{"where":"object 1 0","code":"uri","severity":"low","message":"It links to \"a\"."}])";
  const std::string others = R"("engine":"e","policy_version":"1","inspected_at":"2026-01-02T03:04:05.006Z")";
  EXPECT_EQ(verdict_from_json(verdict_to_json(verdict)).value(), verdict);
  EXPECT_EQ(verdict_from_json("{" + others + R"(,"more_findings":2,"outcome":"active", )" + std::string(findings) + "}")
                .value(),
            verdict);
}

TEST(Verdict, ThatIsCutOrGrownIsCorrupt) {
  test::RandomDocuments random(7);
  Verdict verdict = random.verdict(Outcome::kSuspicious);
  verdict.more_findings = 10;
  const std::string whole = verdict_to_json(verdict);
  ASSERT_TRUE(verdict_from_json(whole));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(verdict_from_json(whole.substr(0, length))) << length;
  EXPECT_FALSE(verdict_from_json(whole + " x"));
  std::string leading_zero = whole;
  leading_zero.replace(leading_zero.find(":10,"), 4, ":010,");
  EXPECT_FALSE(verdict_from_json(leading_zero));
}

TEST(Verdict, OfOtherJsonIsCorrupt) {
  for (const char* text : {"", "{}", "[]", "null", R"({"outcome":"fine","findings":[]})"}) {
    const Result<Verdict> read = verdict_from_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(ClientJson, ShowsEveryAttributeAndNothingInner) {
  Document document;
  document.id = DocumentId::parse("0198f5a0-0000-7000-8000-000000000001").value();
  document.filename = PatientText{"a.pdf"};
  document.original_filename = PatientText{"dir/\"a\".pdf"};
  document.s3_key = ObjectKey{"medical_documents/k"};
  document.size = 7;
  document.upload_date = parse_rfc3339("2026-01-02T03:04:05.006Z").value();
  document.categories = {"lab_results"};
  document.content_type = "application/pdf";
  document.checksum = sha256("abc");
  document.metadata = JsonObject::trusted(R"({"ward":3})");
  document.extracted = JsonObject::trusted(R"({"page_count":1})");
  document.state = State::kDeleted;
  document.state_before_delete = State::kAvailable;
  document.deleted_at = document.upload_date;
  document.verdict.engine = "e";
  document.verdict.policy_version = "1";
  document.verdict.inspected_at = document.upload_date;
  document.release = Release{PatientText{"fine"}, "ops", document.upload_date};
  EXPECT_EQ(to_client_json(document),
            R"({"id":"0198f5a0-0000-7000-8000-000000000001","filename":"a.pdf","original_filename":"dir/\"a\".pdf",)"
            R"("s3_key":"medical_documents/k","size":7,"upload_date":"2026-01-02T03:04:05.006Z",)"
            R"("categories":["lab_results"],"content_type":"application/pdf",)"
            R"("checksum":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","processed":false,)"
            R"("metadata":{"ward":3,"extracted":{"page_count":1}},"state":"deleted",)"
            R"("verdict":{"outcome":"clean","findings":[],"engine":"e","policy_version":"1",)"
            R"("inspected_at":"2026-01-02T03:04:05.006Z"},"version":1,"deleted_at":"2026-01-02T03:04:05.006Z",)"
            R"("release":{"reason":"fine","caller":"ops","at":"2026-01-02T03:04:05.006Z"}})");
}

TEST(ClientJson, IsJsonForEveryDocument) {
  test::RandomDocuments random(6);
  for (int i = 0; i < 300; ++i) {
    const std::string json = to_client_json(random.next());
    const Result<JsonObject> read = parse_json_object(json, "", {.bytes = 1 << 20, .depth = 20});
    ASSERT_TRUE(read) << json;
    EXPECT_EQ(read->text(), json);
  }
}

TEST(ClientMetadata, HasExtractedOnlyWhereSomethingWasFound) {
  const auto shown = [](const char* metadata, const char* extracted) {
    std::string out;
    append_client_metadata(out, JsonObject::trusted(metadata), JsonObject::trusted(extracted));
    return out;
  };
  EXPECT_EQ(shown("{}", "{}"), "{}");
  EXPECT_EQ(shown(R"({"a":1})", "{}"), R"({"a":1})");
  EXPECT_EQ(shown("{}", R"({"p":1})"), R"({"extracted":{"p":1}})");
}

}  // namespace
}  // namespace lazaret
