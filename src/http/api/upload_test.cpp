// Uploads through the whole Api: what clients are told, and what is left behind.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.h"

namespace lazaret::http {
namespace {

using testing_support::Answer;
using testing_support::ApiFixture;
using testing_support::FaultKind;
using testing_support::FormPart;

class UploadTest : public ApiFixture {
 protected:
  void expect_nothing_stored() {
    EXPECT_EQ(objects_.size(), 0U);
    EXPECT_EQ(get("/api/documents").json().at("total").as_int64(), 0);
  }
  Answer upload_one(FormPart part) { return upload({std::move(part)}); }
};

TEST_F(UploadTest, StoresADocumentAndSaysWhereItIs) {
  const Answer answer = upload({file(), {"categories", "lab_results", {}, {}}, {"metadata", R"({"ward":7})", {}, {}}});
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.header("Location"), "/api/documents/" + answer.text("id"));
  EXPECT_EQ(answer.header("ETag"), "\"1\"");
  EXPECT_EQ(answer.text("filename"), "report.pdf");
  EXPECT_EQ(answer.json().at("metadata").at("ward").as_int64(), 7);
  EXPECT_EQ(answer.text("checksum"), sha256(kPdf).to_string());
  EXPECT_EQ(get(answer.header("Location")).status, 200);
}

TEST_F(UploadTest, AnswersTheFirstClientsWith200) {
  const Answer answer = upload({file()}, "/api/documents/upload");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(get(answer.header("Location")).status, 200);
}

TEST_F(UploadTest, TakesAFormInPiecesOfAnySize) {
  for (const std::size_t piece : {1UL, 2UL, 3UL, 64UL, 100'000UL}) {
    piece_ = piece;
    EXPECT_EQ(upload({{"categories", "lab_results", {}, {}}, file()}).status, 201) << piece;
  }
}

TEST_F(UploadTest, TakesCategoriesInAllThreeForms) {
  for (const std::vector<FormPart>& parts : std::vector<std::vector<FormPart>>{
           {{"categories", "lab_results,patient_records", {}, {}}},
           {{"categories", R"(["lab_results","patient_records"])", {}, {}}},
           {{"categories", "patient_records", {}, {}}, {"categories", "lab_results", {}, {}}}}) {
    std::vector<FormPart> all = parts;
    all.push_back(file());
    const Answer answer = upload(all);
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(boost::json::serialize(answer.json().at("categories")), R"(["lab_results","patient_records"])");
  }
}

TEST_F(UploadTest, TakesFieldsLeftEmptyForNone) {
  const Answer answer =
      upload({file(), {"categories", "", {}, {}}, {"metadata", "", {}, {}}, {"checksum", "", {}, {}}});
  EXPECT_EQ(answer.status, 201) << answer.body;
}

TEST_F(UploadTest, StoresWhatPolicyQuarantinesAndSaysSo) {
  inspector_.answer(Outcome::kSuspicious, Action::kQuarantine);
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.text("state"), "quarantined");
}

TEST_F(UploadTest, TellsTheSenderOfARejectedFileWhatWasFound) {
  inspector_.answer(Outcome::kMalicious, Action::kReject,
                    {{"launch", Severity::kCritical, "It starts a program.", "object 4 0"}});
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "file_rejected");
  EXPECT_EQ(answer.json().at("findings").as_array().at(0).at("code").as_string(), "launch");
  expect_nothing_stored();
}

TEST_F(UploadTest, CallsBytesOfAnotherTypeAMismatch) {
  inspector_.answer(Outcome::kNotPdf, Action::kReject,
                    {{"type_mismatch", Severity::kHigh, "It is a PNG.", "offset 0"}});
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.code(), "type_mismatch");
  EXPECT_EQ(answer.json().at("findings").as_array().size(), 1U);
  expect_nothing_stored();
}

TEST_F(UploadTest, RejectsAnEmptyFileAndSaysThatItIsEmpty) {
  const Answer answer = upload_one(file(""));
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "file_rejected");
  EXPECT_EQ(answer.json().at("findings").as_array().at(0).at("code").as_string(), "empty_file");
  EXPECT_EQ(inspector_.inspections(), 0);
}

TEST_F(UploadTest, RefusesAnExtensionBeforeTheFileIsRead) {
  const Answer answer = upload_one(file(std::string(500, 'x'), "malware.exe", ""));
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.code(), "extension_not_allowed");
  EXPECT_TRUE(answer.before_body);
  EXPECT_TRUE(answer.text("error").contains("pdf"));
}

TEST_F(UploadTest, TakesAnExtensionWhateverItsCase) {
  EXPECT_EQ(upload_one(file(std::string(kPdf), "REPORT.PDF")).status, 201);
}

TEST_F(UploadTest, RefusesANameWithoutExtension) {
  EXPECT_EQ(upload_one(file(std::string(kPdf), "report")).code(), "extension_not_allowed");
}

TEST_F(UploadTest, RefusesADeclaredTypeThatContradictsTheExtension) {
  const Answer answer = upload_one(file(std::string(500, 'x'), "report.pdf", "text/html"));
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.code(), "unsupported_media_type");
  EXPECT_TRUE(answer.before_body);
}

TEST_F(UploadTest, JudgesAPartWithoutAClaimByTheOtherTwo) {
  EXPECT_EQ(upload_one(file(std::string(kPdf), "report.pdf", "")).status, 201);
  EXPECT_EQ(upload_one(file(std::string(kPdf), "report.pdf", "application/octet-stream")).status, 201);
  EXPECT_EQ(upload_one(file(std::string(kPdf), "report.pdf", "Application/PDF; charset=binary")).status, 201);
}

TEST_F(UploadTest, TakesAFileOfExactlyTheGreatestSizeAndNotAByteMore) {
  EXPECT_EQ(upload_one(file(std::string(1024, 'x'))).status, 201);
  const Answer answer = upload_one(file(std::string(1025, 'x')));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.code(), "file_too_large");
  EXPECT_EQ(answer.json().at("limit").as_int64(), 1024);
}

TEST_F(UploadTest, StopsAtTheByteBeyondTheLimit) {
  const Answer answer = upload_one(file(std::string(200'000, 'x')));
  EXPECT_EQ(answer.code(), "file_too_large");
  EXPECT_TRUE(answer.before_body);
}

TEST_F(UploadTest, RefusesABodyThatAnnouncesTooMuchBeforeReadingIt) {
  const Answer answer = send({.method = "POST",
                              .target = "/api/documents",
                              .headers = {{"Content-Type", form_type()}},
                              .body = "",
                              .announced_length = 1024 + (1U << 20) + 1});
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.code(), "file_too_large");
}

TEST_F(UploadTest, RefusesUnknownFieldsWithAPointer) {
  const Answer answer = upload({{"patient/name", "x", {}, {}}, file()});
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "invalid_field");
  EXPECT_EQ(answer.json().at("errors").as_array().at(0).at("pointer").as_string(), "/patient~1name");
  EXPECT_TRUE(answer.before_body);
}

TEST_F(UploadTest, RefusesAFieldThatIsThereTwice) {
  EXPECT_EQ(upload({{"metadata", "{}", {}, {}}, {"metadata", "{}", {}, {}}, file()}).code(), "invalid_field");
}

TEST_F(UploadTest, ReportsEveryBadFieldAtOnce) {
  const Answer answer = upload({file(),
                                {"categories", "nonsense", {}, {}},
                                {"metadata", R"({"extracted":1})", {}, {}},
                                {"checksum", "abc", {}, {}}});
  EXPECT_EQ(answer.status, 422);
  std::vector<std::string> pointers;
  for (const auto& fault : answer.json().at("errors").as_array())
    pointers.emplace_back(fault.at("pointer").as_string());
  EXPECT_THAT(pointers, testing::UnorderedElementsAre(testing::StartsWith("/categories"),
                                                      testing::StartsWith("/metadata"), "/checksum"));
  expect_nothing_stored();
}

TEST_F(UploadTest, CallsMetadataThatIsNoJsonMalformed) {
  const Answer answer = upload({file(), {"metadata", "{", {}, {}}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "malformed_json");
}

TEST_F(UploadTest, BoundsTheFieldsOfAForm) {
  piece_ = 4096;
  const Answer answer = upload({file(), {"metadata", std::string(300'000, ' '), {}, {}}});
  EXPECT_EQ(answer.status / 100, 4);
  expect_nothing_stored();
}

TEST_F(UploadTest, BoundsFieldsThatComeAsFiles) {
  piece_ = 4096;
  const Answer answer = upload({file(), {"metadata", std::string(300'000, ' '), "metadata.json", "application/json"}});
  EXPECT_EQ(answer.code(), "invalid_field");
}

TEST_F(UploadTest, TakesMetadataThatComesAsABlob) {
  EXPECT_EQ(upload({file(), {"metadata", R"({"a":1})", "blob", "application/json"}}).status, 201);
}

TEST_F(UploadTest, ComparesTheAnnouncedChecksum) {
  EXPECT_EQ(upload({file(), {"checksum", sha256(kPdf).to_string(), {}, {}}}).status, 201);
  const Answer answer = upload({file(), {"checksum", sha256("other").to_string(), {}, {}}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "digest_mismatch");
}

TEST_F(UploadTest, AsksForAFile) {
  EXPECT_EQ(upload({{"categories", "lab_results", {}, {}}}).code(), "missing_file");
  EXPECT_EQ(upload_one({"file", "text", {}, {}}).code(), "missing_file");
  EXPECT_EQ(upload_one({"file", "", "", "application/octet-stream"}).code(), "missing_file");
}

TEST_F(UploadTest, TakesOneFileOnly) {
  EXPECT_EQ(upload({file(), file()}).code(), "malformed_multipart");
  expect_nothing_stored();
}

TEST_F(UploadTest, CallsAFormThatEndsEarlyMalformed) {
  const std::string whole = form_body({file()});
  const Answer answer = send({.method = "POST",
                              .target = "/api/documents",
                              .headers = {{"Content-Type", form_type()}},
                              .body = whole.substr(0, whole.size() - 10)});
  EXPECT_EQ(answer.code(), "malformed_multipart");
  expect_nothing_stored();
}

TEST_F(UploadTest, CallsAFormWithoutBoundaryMalformed) {
  const Answer answer = send_json("POST", "/api/documents", "x", {}, "multipart/form-data");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "malformed_multipart");
}

TEST_F(UploadTest, WantsAForm) {
  EXPECT_EQ(send_json("POST", "/api/documents", "{}").code(), "unsupported_media_type");
  EXPECT_EQ(send({.method = "POST", .target = "/api/documents", .body = "x"}).code(), "unsupported_media_type");
}

TEST_F(UploadTest, TakesNoCompressedBody) {
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Content-Encoding", "gzip"}}).code(), "unsupported_media_type");
}

TEST_F(UploadTest, WantsToKnowWhereABodyEnds) {
  const Answer answer =
      send({.method = "POST", .target = "/api/documents", .headers = {{"Content-Type", form_type()}}});
  EXPECT_EQ(answer.status, 411);
  EXPECT_EQ(answer.code(), "length_required");
}

TEST_F(UploadTest, TakesChunkedBodies) {
  EXPECT_EQ(send({.method = "POST",
                  .target = "/api/documents",
                  .headers = {{"Content-Type", form_type()}},
                  .body = form_body({file()}),
                  .chunked = true})
                .status,
            201);
}

TEST_F(UploadTest, GivesTheFirstAnswerAgainForTheSameKey) {
  const Answer first = upload({file()}, "/api/documents", {{"Idempotency-Key", "key-1"}});
  const Answer again = upload({file()}, "/api/documents", {{"Idempotency-Key", "key-1"}});
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Location"), first.header("Location"));
  EXPECT_EQ(again.header("ETag"), "\"1\"");
  EXPECT_EQ(get("/api/documents").json().at("total").as_int64(), 1);
}

TEST_F(UploadTest, RefusesAKeyThatComesBackWithAnotherFile) {
  upload({file()}, "/api/documents", {{"Idempotency-Key", "key-1"}});
  const Answer answer = upload({file("%PDF-1.7 another")}, "/api/documents", {{"Idempotency-Key", "key-1"}});
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "idempotency_key_reused");
}

TEST_F(UploadTest, KeepsTheKeysOfCallersApart) {
  const std::string a = make_key("a", "write");
  const std::string b = make_key("b", "write");
  build(Access::kKeys);
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Idempotency-Key", "k"}, {"Authorization", a}}).status, 201);
  EXPECT_EQ(upload({file("%PDF-1.7 b")}, "/api/documents", {{"Idempotency-Key", "k"}, {"Authorization", b}}).status,
            201);
}

TEST_F(UploadTest, RefusesKeysThatAreNone) {
  for (const std::string& key : std::vector<std::string>{"", "two words", std::string(256, 'k'), "n\xc3\xa4me"}) {
    const Answer answer = upload({file()}, "/api/documents", {{"Idempotency-Key", key}});
    EXPECT_EQ(answer.status, 400) << key;
    EXPECT_EQ(answer.code(), "invalid_header");
  }
  EXPECT_EQ(upload({file()}, "/api/documents", {{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}}).code(),
            "invalid_header");
}

TEST_F(UploadTest, SaysThatNothingWasStoredWhenTheInspectorFails) {
  inspector_.fail_with(ErrorCode::kUnavailable);
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "unavailable");
  EXPECT_TRUE(answer.text("error").contains("Nothing was stored"));
  EXPECT_FALSE(answer.header("Retry-After").empty());
  EXPECT_EQ(observer_.failures, std::vector{ErrorCode::kUnavailable});
  expect_nothing_stored();
}

TEST_F(UploadTest, SaysThatSomethingMayHaveBeenStoredWhenItDoesNotKnow) {
  faulty_objects_.faults.fail("put", FaultKind::kAfter);
  faulty_objects_.faults.fail("remove", FaultKind::kBefore);
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.text("error").contains("may have been stored")) << answer.body;
}

TEST_F(UploadTest, SaysThatNothingWasStoredWhenWhatMayHaveBeenIsUndone) {
  faulty_objects_.faults.fail("put", FaultKind::kAfter);
  const Answer answer = upload({file()});
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.text("error").contains("Nothing was stored")) << answer.body;
  expect_nothing_stored();
}

TEST_F(UploadTest, CountsUploadsUntilTheirSinkIsGone) {
  options_.max_uploads_in_flight = 1;
  build();
  RequestHead head;
  head.method = "POST";
  head.path = head.target = "/api/documents";
  head.headers.add("Host", "localhost");
  head.headers.add("Content-Type", form_type());
  head.framing = BodyFraming::kChunked;
  {
    const Plan running = api_->plan(head);
    EXPECT_TRUE(std::holds_alternative<HandleStream>(running));
    EXPECT_EQ(api_->uploads_in_flight(), 1U);
    const Answer answer = upload({file()});
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.code(), "overloaded");
    EXPECT_FALSE(answer.header("Retry-After").empty());
  }
  EXPECT_EQ(api_->uploads_in_flight(), 0U);
  EXPECT_EQ(upload({file()}).status, 201);
}

TEST_F(UploadTest, GivesUpWhatASenderWhoLeftHadSent) {
  RequestHead head;
  head.method = "POST";
  head.path = head.target = "/api/documents";
  head.headers.add("Host", "localhost");
  head.headers.add("Content-Type", form_type());
  head.framing = BodyFraming::kChunked;
  {
    Plan plan = api_->plan(head);
    const std::string half = form_body({file()}).substr(0, 150);
    auto& sink = *std::get<HandleStream>(plan).sink;
    EXPECT_FALSE(sink.on_data(std::as_bytes(std::span(half))));
  }
  EXPECT_EQ(api_->uploads_in_flight(), 0U);
  expect_nothing_stored();
}

class ValidateTest : public UploadTest {
 protected:
  Answer validate(const std::vector<FormPart>& parts) { return upload(parts, "/api/documents/validate"); }
  static std::string would(const Answer& answer) { return boost::json::serialize(answer.json().at("would_answer")); }
};

TEST_F(ValidateTest, SaysWhatAnUploadWouldBeAnsweredAndStoresNothing) {
  const Answer answer = validate({file()});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(would(answer), R"({"status":201,"code":null})");
  EXPECT_EQ(answer.json().at("verdict").at("outcome").as_string(), "clean");
  expect_nothing_stored();
}

TEST_F(ValidateTest, Is200WhateverTheFileIs) {
  inspector_.answer(Outcome::kMalicious, Action::kReject);
  EXPECT_EQ(would(validate({file()})), R"({"status":422,"code":"file_rejected"})");
  inspector_.answer(Outcome::kNotPdf, Action::kReject);
  EXPECT_EQ(would(validate({file()})), R"({"status":415,"code":"type_mismatch"})");
  inspector_.answer(Outcome::kSuspicious, Action::kQuarantine);
  EXPECT_EQ(would(validate({file()})), R"({"status":201,"code":null})");
  EXPECT_EQ(would(validate({file("")})), R"({"status":422,"code":"file_rejected"})");
  EXPECT_EQ(would(validate({file("x", "a.exe")})), R"({"status":415,"code":"extension_not_allowed"})");
  EXPECT_EQ(would(validate({file("x", "a.pdf", "text/html")})), R"({"status":415,"code":"unsupported_media_type"})");
  EXPECT_EQ(would(validate({file(std::string(2000, 'x'))})), R"({"status":413,"code":"file_too_large"})");
}

TEST_F(ValidateTest, Is200WhereTheLengthAloneSaysThatTheFileIsTooLarge) {
  options_.max_upload_rate = 3;
  build();
  const Answer answer = send({.method = "POST",
                              .target = "/api/documents/validate",
                              .headers = {{"Content-Type", form_type()}},
                              .body = "",
                              .announced_length = 1024 + (1U << 20) + 1});
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.before_body);
  EXPECT_EQ(would(answer), R"({"status":413,"code":"file_too_large"})");
  EXPECT_TRUE(answer.json().at("verdict").is_null());
  EXPECT_EQ(answer.header("RateLimit-Policy"), R"("uploads";q=3;w=60)");
}

TEST_F(ValidateTest, ReadsNoFurtherThanAFileMayBeLong) {
  piece_ = 4096;
  options_.max_file_size = 4U << 20;
  build();
  const std::string endless(6U << 20, 'x');
  for (const auto& [name, expected] : {std::pair("a.pdf", R"({"status":413,"code":"file_too_large"})"),
                                       std::pair("a.exe", R"({"status":415,"code":"extension_not_allowed"})")}) {
    const Answer answer = send({.method = "POST",
                                .target = "/api/documents/validate",
                                .headers = {{"Content-Type", form_type()}},
                                .body = form_body({file(endless, name)}),
                                .chunked = true});
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.before_body) << name;
    EXPECT_EQ(would(answer), expected);
  }
  expect_nothing_stored();
}

TEST_F(ValidateTest, CallsALargeBodyThatIsNoFormAFaultOfTheForm) {
  const Answer answer = send({.method = "POST",
                              .target = "/api/documents/validate",
                              .headers = {{"Content-Type", "application/pdf"}},
                              .body = "",
                              .announced_length = 1U << 30});
  EXPECT_EQ(answer.code(), "unsupported_media_type");
}

TEST_F(ValidateTest, HasNoVerdictOfAFileThatWasNotInspected) {
  EXPECT_TRUE(validate({file("x", "a.exe")}).json().at("verdict").is_null());
}

TEST_F(ValidateTest, RefusesFaultsOfTheForm) {
  EXPECT_EQ(validate({}).status / 100, 4);
  EXPECT_EQ(validate({file("x", "a.exe"), {"categories", "nonsense", {}, {}}}).code(), "invalid_field");
  EXPECT_EQ(validate({file(), {"who", "x", {}, {}}}).code(), "invalid_field");
  EXPECT_EQ(validate({file(), {"checksum", sha256("other").to_string(), {}, {}}}).code(), "digest_mismatch");
}

TEST_F(ValidateTest, AgreesWithTheUploadOfTheSameFile) {
  for (const FormPart& part : {file(), file(""), file("x", "a.exe"), file(std::string(2000, 'x'))}) {
    const auto said = validate({part}).json().at("would_answer").as_object();
    const Answer done = upload_one(part);
    EXPECT_EQ(said.at("status").as_int64(), done.status);
    if (done.status != 201) EXPECT_EQ(said.at("code").as_string(), done.code());
  }
}

}  // namespace
}  // namespace lazaret::http
