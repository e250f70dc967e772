// Objects in parts, with a server that keeps parts as it should until it is told not to.
#include "objects/s3/upload.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/s3_imposter.h"

namespace lazaret {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::ImposterAnswer;
using testing_support::ImposterRequest;
using testing_support::Misdeed;

constexpr std::size_t kMebibyte = std::size_t{1} << 20U;

// As much of S3 as an upload in parts needs. What was asked of it is known by operation.
class PartsServer {
 public:
  // The next answers to that operation, instead of its own; the effect is had all the same with kApplied.
  enum class Effect : std::uint8_t { kNone, kApplied };
  void fault(const std::string& operation, ImposterAnswer answer, Effect effect = Effect::kNone) {
    const std::lock_guard lock(mutex_);
    faults_[operation].push_back({std::move(answer), effect});
  }

  ImposterAnswer answer(const ImposterRequest& request) {
    const std::string operation = operation_of(request);
    const std::lock_guard lock(mutex_);
    calls_.push_back(operation);
    auto& faults = faults_[operation];
    if (faults.empty()) return apply(operation, request);
    const auto [given, effect] = faults.front();
    faults.erase(faults.begin());
    if (effect == Effect::kApplied) static_cast<void>(apply(operation, request));
    return given;
  }

  std::size_t count(const std::string& operation) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(calls_, operation));
  }
  std::set<std::string> open_uploads() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  std::string object() const {
    const std::lock_guard lock(mutex_);
    return object_;
  }

 private:
  static std::string operation_of(const ImposterRequest& request) {
    const std::string query = request.query();
    if (request.method == "GET") return "list";
    if (request.method == "HEAD") return "head";
    if (request.method == "PUT") return "part";
    if (request.method == "DELETE") return "abort";
    return query == "uploads=" ? "create" : "complete";
  }
  static std::string upload_of(const ImposterRequest& request) {
    const std::string query = request.query();
    const auto at = query.find("uploadId=");
    return at == std::string::npos ? std::string{} : query.substr(at + 9);
  }

  ImposterAnswer apply(const std::string& operation, const ImposterRequest& request) {
    const std::string id = upload_of(request);
    if (operation == "create") return create(request);
    if (operation == "list") return list();
    if (operation == "head") return head();
    if (!open_.contains(id)) return {.status = 404, .body = "<Error><Code>NoSuchUpload</Code></Error>"};
    if (operation == "part") {
      const std::string query = request.query();
      parts_[std::stoi(query.substr(query.find("partNumber=") + 11))] = request.body;
      return {.headers = {{"ETag", "\"part\""}}};
    }
    open_.erase(id);
    if (operation == "abort") return {.status = 204};
    object_.clear();
    for (const auto& [number, bytes] : parts_)
      object_ += bytes;
    return {.body = "<CompleteMultipartUploadResult/>"};
  }
  ImposterAnswer create(const ImposterRequest& request) {
    const std::string id = "upload" + std::to_string(++made_);
    open_.insert(id);
    checksum_ = request.header("x-amz-meta-sha256");
    return {.body = "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>"};
  }
  ImposterAnswer list() const {
    std::string uploads;
    for (const std::string& id : open_)
      uploads += "<Upload><Key>a/key</Key><UploadId>" + id + "</UploadId></Upload>";
    return {.body = "<ListMultipartUploadsResult>" + uploads + "</ListMultipartUploadsResult>"};
  }
  ImposterAnswer head() const {
    if (object_.empty()) return {.status = 404};
    return {.headers = {{"Content-Length", std::to_string(object_.size())}, {"x-amz-meta-sha256", checksum_}}};
  }

  struct Fault {
    ImposterAnswer answer;
    Effect effect = Effect::kNone;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Fault>> faults_;
  std::vector<std::string> calls_;
  std::set<std::string> open_;
  std::map<int, std::string> parts_;
  std::string object_;
  std::string checksum_;
  int made_ = 0;
};

class S3UploadTest : public testing_support::S3StoreOnAnImposter {
 protected:
  // The imposter may still be answering a request that nobody waits for when the test is over: the server is its too.
  explicit S3UploadTest(std::shared_ptr<PartsServer> server = std::make_shared<PartsServer>())
      : S3StoreOnAnImposter([server](const ImposterRequest& request) { return server->answer(request); }),
        server_(*server) {}

  Result<void> put() { return store().put(call_, key_, blob(text_)); }
  ImposterAnswer denied() const { return {.status = 403, .body = error_body("AccessDenied")}; }

  PartsServer& server_;
  std::string text_ = std::string(5 * kMebibyte, 'a') + std::string(kMebibyte / 2, 'b');
};

TEST(PartPlan, HasEqualPartsOfAtLeastTheLeastSize) {
  constexpr std::uint64_t kLeast = 16 * kMebibyte;
  struct Case {
    std::uint64_t size, part_size;
    int count;
  };
  for (const Case& expected :
       {Case{1, kLeast, 1}, Case{kLeast, kLeast, 1}, Case{kLeast + 1, kLeast, 2}, Case{kLeast * 10'000, kLeast, 10'000},
        Case{kLeast * 10'000 + 1, kLeast + kMebibyte, 9412}, Case{0, kLeast, 1}}) {
    const PartPlan plan = plan_parts(expected.size, kLeast);
    EXPECT_EQ(plan.part_size, expected.part_size) << expected.size;
    EXPECT_EQ(plan.count, expected.count) << expected.size;
  }
}

TEST_F(S3UploadTest, SendsEveryPartOnceAndInItsPlace) {
  ASSERT_TRUE(put().has_value());
  EXPECT_TRUE(server_.object() == text_);
  EXPECT_EQ(server_.count("part"), 6U);
  EXPECT_EQ(server_.count("complete"), 1U);
  EXPECT_EQ(server_.count("abort"), 0U);
}

TEST_F(S3UploadTest, MakesAPartAgainThatFailed) {
  server_.fault("part", {.misdeed = Misdeed::kCloseAfterReading});
  server_.fault("part", {.status = 503, .body = error_body("SlowDown")});
  ASSERT_TRUE(put().has_value());
  EXPECT_TRUE(server_.object() == text_);
}

TEST_F(S3UploadTest, AbortsWhenAPartFailsForGood) {
  server_.fault("part", denied());
  const auto refused = put();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().retry, Retry::kAmbiguous);
  EXPECT_THAT(server_.open_uploads(), IsEmpty());
  EXPECT_EQ(server_.count("complete"), 0U);
}

TEST_F(S3UploadTest, HasFourPartsOnTheWayAndAbortsWhenItIsStoppedThere) {
  for (int i = 0; i < 6; ++i)
    server_.fault("part", {.misdeed = Misdeed::kStall});
  std::stop_source stop;
  call_.stop = stop.get_token();
  const std::jthread stopper([&] {
    static_cast<void>(imposter_.wait_for_requests(5));
    stop.request_stop();
  });
  EXPECT_EQ(put().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(std::ranges::count_if(lines(), [](const std::string& line) { return line.starts_with("PUT"); }), 4);
  EXPECT_THAT(server_.open_uploads(), IsEmpty());
}

TEST_F(S3UploadTest, AbortsWhenItsDeadlineIsOver) {
  for (int i = 0; i < 6; ++i)
    server_.fault("part", {.misdeed = Misdeed::kStall});
  call_.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
  EXPECT_EQ(put().error().code, ErrorCode::kDeadline);
  EXPECT_THAT(server_.open_uploads(), IsEmpty());
}

TEST_F(S3UploadTest, SettlesACompletionWhoseAnswerWasLostByLooking) {
  server_.fault("complete", {.misdeed = Misdeed::kCloseAfterReading}, PartsServer::Effect::kApplied);
  ASSERT_TRUE(put().has_value());  // the second try hears NoSuchUpload
  EXPECT_EQ(server_.count("complete"), 2U);
  EXPECT_EQ(server_.count("head"), 1U);
  EXPECT_EQ(server_.count("abort"), 0U);
}

TEST_F(S3UploadTest, CompletesAgainAfterAnErrorInASuccess) {
  server_.fault("complete", {.body = " \n" + error_body("InternalError")});
  EXPECT_TRUE(put().has_value());
  EXPECT_EQ(server_.count("complete"), 2U);
}

TEST_F(S3UploadTest, AbortsWhatCannotBeCompleted) {
  server_.fault("complete", {.status = 400, .body = error_body("InvalidPart")});
  EXPECT_FALSE(put().has_value());
  EXPECT_THAT(server_.open_uploads(), IsEmpty());
  EXPECT_EQ(server_.object(), "");
}

TEST_F(S3UploadTest, IsAmbiguousOnlyWhereTheWholeMayBeThere) {
  for (int i = 0; i < options_.client.max_attempts; ++i)
    server_.fault("complete", {.status = 500, .body = error_body("InternalError")});
  EXPECT_EQ(put().error().retry, Retry::kAmbiguous);
  for (int i = 0; i < options_.client.max_attempts; ++i)
    server_.fault("create", {.status = 500, .body = error_body("InternalError")});
  EXPECT_EQ(put().error().retry, Retry::kSafe);
}

TEST_F(S3UploadTest, EndsTheUploadWhoseIdWasLostWithItsAnswer) {
  server_.fault("create", {.misdeed = Misdeed::kCloseAfterReading}, PartsServer::Effect::kApplied);
  ASSERT_TRUE(put().has_value());
  EXPECT_EQ(server_.count("create"), 2U);
  EXPECT_THAT(server_.open_uploads(), IsEmpty());
}

TEST_F(S3UploadTest, TriesToAbortMoreThanOnce) {
  server_.fault("part", denied());
  server_.fault("abort", {.status = 500, .body = error_body("InternalError")});
  EXPECT_FALSE(put().has_value());
  EXPECT_THAT(server_.open_uploads(), IsEmpty());
}

}  // namespace
}  // namespace lazaret
