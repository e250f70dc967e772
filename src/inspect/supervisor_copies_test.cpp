// The supervisor over the imposter as a cleaner: workers that send their copy, or anything else in its place.
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "inspect/supervisor.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::inspect {
namespace {

using std::chrono::milliseconds;
using testing_support::TemporaryFolder;

constexpr std::uint64_t kSizeCap = std::uint64_t{1} << 20U;

class SupervisedCopies : public testing::Test {
 protected:
  SupervisedCopies() : spool_(*Spool::open(folder_.path() / "spool", kSizeCap)) {}

  void start(milliseconds wall_limit = milliseconds{20'000}) {
    auto started =
        Supervisor::start({.inspector = LAZARET_IMPOSTER, .wall_limit = wall_limit, .engine = "lazaret-inspector test"},
                          Policy(), clock_);
    ASSERT_TRUE(started) << started.error().detail;
    supervisor_ = std::move(*started);
  }
  Result<CleanCopy> clean(const std::string& words, const Call& call = {}) {
    if (!supervisor_) start();
    const auto path = folder_.path() / "document";
    std::ofstream(path) << words;
    const SealedBlob blob{UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, words.size(), sha256(words)};
    return supervisor_->clean(call, blob, spool_);
  }
  // A worker that cannot be believed costs its document the copy, and nothing else.
  void expect_no_copy(const std::string& words) {
    const auto copy = clean(words);
    ASSERT_TRUE(copy) << words << ": " << copy.error().detail;
    EXPECT_EQ(copy->end, CopyEnd::kUnreadable) << words;
    EXPECT_FALSE(copy->blob) << words;
    EXPECT_TRUE(clean("copy")->blob) << "after " << words;
  }
  static std::string bytes_of(const SealedBlob& blob) {
    std::string bytes(blob.size(), '\0');
    EXPECT_EQ(pread(blob.fd(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

  TemporaryFolder folder_;
  SystemClock clock_;
  Spool spool_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisedCopies, GivesTheBytesThatTheWorkerSentSealedAndHashed) {
  const auto copy = clean("copy");
  ASSERT_TRUE(copy) << copy.error().detail;
  EXPECT_EQ(copy->end, CopyEnd::kWhole);
  ASSERT_TRUE(copy->blob);
  EXPECT_EQ(bytes_of(*copy->blob), "%PDF-1.7\n%%EOF\n");
  EXPECT_EQ(copy->blob->checksum(), sha256("%PDF-1.7\n%%EOF\n"));
}

TEST_F(SupervisedCopies, PassesOnWhyThereIsNone) {
  const auto copy = clean("signed");
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->end, CopyEnd::kSigned);
  EXPECT_FALSE(copy->blob);
}

TEST_F(SupervisedCopies, ACopyThatIsCutOffIsNone) {
  expect_no_copy("cut off");
}

TEST_F(SupervisedCopies, ACopyOfAnotherSizeThanStatedIsNone) {
  expect_no_copy("lies of its size");
}

TEST_F(SupervisedCopies, ACopyLargerThanADocumentMayBeIsNone) {
  expect_no_copy("endless");
}

TEST_F(SupervisedCopies, GarbageIsNoCopy) {
  expect_no_copy("garbage");
  expect_no_copy("oversized piece");
}

TEST_F(SupervisedCopies, ADocumentThatEndsItsWorkerOrEatsItsMemoryHasNone) {
  expect_no_copy("crash");
  expect_no_copy("memory");
}

TEST_F(SupervisedCopies, AWorkerThatOutlivesTheWallClockGivesNone) {
  start(milliseconds{300});
  expect_no_copy("silence");
  expect_no_copy("without an end");
}

TEST_F(SupervisedCopies, AFaultOfTheMachineIsAnErrorAndNoVerdict) {
  const auto copy = clean("fault");
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, ErrorCode::kUnavailable);
}

TEST_F(SupervisedCopies, EndsWithTheDeadlineOfTheCall) {
  const auto copy = clean("without an end", {clock_.steady_now() + milliseconds{200}, {}, {}});
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, ErrorCode::kDeadline);
}

TEST_F(SupervisedCopies, LeavesNothingInTheSpool) {
  EXPECT_TRUE(clean("cut off"));
  EXPECT_TRUE(clean("copy")->blob);
  EXPECT_TRUE(std::filesystem::is_empty(spool_.folder()));
}

}  // namespace
}  // namespace lazaret::inspect
