// Clamd over a real clamd with a small database of our own (tests/servers/clamd): what it does is not assumed but
// asked.
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>

#include "inspect/antivirus_inspector.h"
#include "inspect/clamd.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_server.h"

namespace lazaret::inspect {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::TemporaryFolder;
using testing_support::TestServer;

constexpr std::uint64_t kMebibyte = 1ULL << 20U;
constexpr std::string_view kMarker = "lazaret-antivirus-marker-7f3a";  // tests/servers/clamd has its signature

std::unique_ptr<TestServer> clamd_with(const std::vector<std::string>& lines) {
  auto server = TestServer::start("clamd", lines);
  if (!server) ADD_FAILURE() << server.error().detail;
  return server ? std::move(*server) : nullptr;
}

class RealClamd : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = clamd_with({}); }
  static void TearDownTestSuite() { shared_.reset(); }

  static ClamdOptions options(const TestServer& server) {
    return {.peer = {.address = server.value("LAZARET_TEST_CLAMD_SOCKET")}, .observe = {}};
  }
  // What is wrong with a clamd of these lines.
  std::vector<std::string> faults_with(const std::vector<std::string>& lines, std::uint64_t largest_file = 0) {
    const auto server = clamd_with(lines);
    if (!server) return {};
    auto with = options(*server);
    with.largest_file = largest_file;
    const auto clamd = Clamd::start(with, clock_);
    std::vector<std::string> said;
    if (!clamd) {
      EXPECT_EQ(clamd.error().code, ErrorCode::kInvalidParameter) << clamd.error().detail;
      for (const Fault& fault : clamd.error().faults)
        said.push_back(fault.detail);
    }
    return said;
  }
  SealedBlob blob(const std::string& bytes) {
    const auto path = folder_.path() / ("document-" + std::to_string(++documents_));
    std::ofstream(path) << bytes;
    return {UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, bytes.size(), sha256(bytes)};
  }
  std::string said(const std::string& bytes) {
    auto clamd = Clamd::start(options(*shared_), clock_);
    if (!clamd) return "not started: " + clamd.error().detail;
    const auto answer = (*clamd)->scan({}, blob(bytes));
    if (!answer) return std::string(to_string(answer.error().code));
    if (!answer->hit) return "clean";
    return std::string(finding_row(answer->hit->code).name) + " " + answer->hit->signature;
  }
  std::string trial(std::size_t index) const { return clamd_trials().at(index).bytes; }

  static inline std::unique_ptr<TestServer> shared_;
  SystemClock clock_;
  TemporaryFolder folder_;
  int documents_ = 0;
};

std::string marker() {
  return std::string(kMarker);
}

TEST_F(RealClamd, CallsCleanWhatIsClean) {
  EXPECT_EQ(said("Blood count, 24 November\n"), "clean");
}

TEST_F(RealClamd, FindsASignatureInBytesAndInContainers) {
  EXPECT_EQ(said(std::string(300'000, 'x') + marker()), "antivirus Lazaret.Test.Marker.UNOFFICIAL");
  EXPECT_EQ(said(trial(0)), "antivirus Lazaret.Test.Eicar.UNOFFICIAL");
  EXPECT_EQ(said(trial(1)), "antivirus Lazaret.Test.Eicar.UNOFFICIAL");
}

TEST_F(RealClamd, TellsWhatItCouldNotLookAt) {
  EXPECT_THAT(said(trial(2)), HasSubstr("antivirus_limit Heuristics.Limits.Exceeded"));
  EXPECT_EQ(said(trial(3)), "antivirus_locked Heuristics.Encrypted.PDF");
  EXPECT_EQ(said(trial(4)), "antivirus_locked Heuristics.Encrypted.Zip");
}

TEST_F(RealClamd, IsReachedByAPortToo) {
  auto with = options(*shared_);
  with.peer.address = shared_->value("LAZARET_TEST_CLAMD_ADDRESS");
  auto clamd = Clamd::start(with, clock_);
  ASSERT_TRUE(clamd) << clamd.error().detail;
  EXPECT_TRUE((*clamd)->scan({}, blob(std::string(2 * kMebibyte, 'x'))));
}

TEST_F(RealClamd, TellsTheDateOfItsDatabase) {
  auto with = options(*shared_);
  with.database_age = hours(24);
  auto clamd = Clamd::start(with, clock_);
  ASSERT_TRUE(clamd) << clamd.error().detail;
  const auto version = (*clamd)->probe({});
  ASSERT_TRUE(version) << version.error().detail;
  EXPECT_EQ(version->database, "1");
}

TEST_F(RealClamd, TakesTheLargestFileWhole) {
  auto with = options(*shared_);
  with.largest_file = 64 * kMebibyte;
  EXPECT_TRUE(Clamd::start(with, clock_));
}

TEST_F(RealClamd, MustHaveLimitsThatTakeTheLargestFile) {
  EXPECT_THAT(faults_with({"StreamMaxLength 1M"}, 2 * kMebibyte), ElementsAre(HasSubstr("MAX_FILE_SIZE")));
  EXPECT_THAT(faults_with({"MaxFileSize 1M"}, 2 * kMebibyte), ElementsAre(HasSubstr("MAX_FILE_SIZE")));
  EXPECT_THAT(faults_with({"MaxScanSize 3M"}, 2 * kMebibyte), ElementsAre(HasSubstr("MAX_FILE_SIZE")));
  EXPECT_THAT(faults_with({"StreamMaxLength 2M", "MaxFileSize 2M", "MaxScanSize 4M"}, 2 * kMebibyte), ElementsAre());
}

TEST_F(RealClamd, MustSayWhatItDidNotLookAt) {
  EXPECT_THAT(faults_with({"AlertExceedsMax no"}), ElementsAre(HasSubstr("AlertExceedsMax yes")));
  EXPECT_THAT(faults_with({"AlertEncrypted no"}),
              ElementsAre(HasSubstr("AlertEncrypted yes"), HasSubstr("AlertEncrypted yes")));
  EXPECT_THAT(faults_with({"AlertEncrypted no", "AlertEncryptedArchive yes"}),
              ElementsAre(HasSubstr("AlertEncrypted yes")));
  EXPECT_THAT(faults_with({"MaxRecursion 100"}), ElementsAre());
}

TEST_F(RealClamd, MustLookIntoContainers) {
  EXPECT_THAT(faults_with({"ScanPDF no"}), ElementsAre(HasSubstr("ScanPDF yes"), HasSubstr("AlertEncrypted yes")));
  EXPECT_FALSE(faults_with({"ScanArchive no"}).empty());
}

TEST_F(RealClamd, IsNotReliedOnWithAnOldDatabaseOrOneWithoutADate) {
  for (const char* dated : {"Dated 2020-02-01", "Dated never"}) {
    const auto server = clamd_with({dated});
    ASSERT_TRUE(server);
    auto with = options(*server);
    with.database_age = hours(24 * 7);
    auto clamd = Clamd::start(with, clock_);
    ASSERT_TRUE(clamd) << clamd.error().detail;
    const auto answer = (*clamd)->scan({}, blob("Blood count, 24 November\n"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
    EXPECT_FALSE((*clamd)->probe({}));
  }
}

TEST_F(RealClamd, ReportsHeuristicsAndAttacksTogether) {
  const auto server = clamd_with({"HeuristicScanPrecedence yes"});
  ASSERT_TRUE(server);
  EXPECT_TRUE(Clamd::start(options(*server), clock_));
}

}  // namespace
}  // namespace lazaret::inspect
