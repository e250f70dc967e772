#include "intake/spool.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::TemporaryFolder;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string read_all(const SealedBlob& blob) {
  std::string text(blob.size() + 1, '\0');
  const ssize_t got = pread(blob.fd(), text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

std::ptrdiff_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

// Files of this process may not grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    static_cast<void>(std::signal(SIGXFSZ, handler_));
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class SpoolTest : public testing::TestWithParam<Spool::Names> {
 protected:
  Spool open_spool(std::uint64_t cap = 1 << 20) {
    auto spool = Spool::open(folder_.path() / "spool", cap, GetParam());
    EXPECT_TRUE(spool.has_value());
    return std::move(spool).value();
  }
  std::filesystem::path spool_folder() const { return folder_.path() / "spool"; }

  TemporaryFolder folder_;
};

TEST_P(SpoolTest, ALongFileHasItsChecksumWhoeverHashesIt) {
  std::string text(3 << 20, '\0');
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(i * 31 + i / 4096);
  WorkerPool hashing({.name = "hashing", .threads = 2, .queue_limit = 8});
  Spool spool = open_spool(4 << 20);
  spool.hash_on(hashing);
  auto file = spool.create();
  ASSERT_TRUE(file);
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 100'003)))
    ASSERT_TRUE(file->append(bytes_of(rest.substr(0, 100'003))));
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->checksum(), sha256(text));
  EXPECT_EQ(read_all(*blob), text);
}

TEST_P(SpoolTest, AFileThatNoDiskNeedSeeHoldsItsBytesAllTheSame) {
  const std::string text(20 << 20, 'x');
  Spool spool = open_spool(32 << 20);
  spool.never_write_back();
  auto file = spool.create();
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->append(bytes_of(text)));
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->checksum(), sha256(text));
  EXPECT_EQ(read_all(*blob), text);
}

TEST_P(SpoolTest, SealsWhatWasAppendedWithItsSizeAndChecksum) {
  auto file = open_spool().create();
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->append(bytes_of("first ")).has_value());
  ASSERT_TRUE(file->append(bytes_of("second")).has_value());
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob.has_value());
  EXPECT_EQ(read_all(*blob), "first second");
  EXPECT_EQ(blob->size(), 12U);
  EXPECT_EQ(blob->checksum(), sha256("first second"));
}

TEST_P(SpoolTest, SealsAFileWithoutAByte) {
  auto file = open_spool().create();
  ASSERT_TRUE(file.has_value());
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob.has_value());
  EXPECT_EQ(blob->size(), 0U);
  EXPECT_EQ(blob->checksum(), sha256(""));
}

TEST_P(SpoolTest, TakesExactlyItsCap) {
  auto file = open_spool(8).create();
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->append(bytes_of("12345678")).has_value());
}

TEST_P(SpoolTest, RefusesTheByteBeyondItsCapAndWritesNothingOfThatCall) {
  auto file = open_spool(8).create();
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->append(bytes_of("12345")).has_value());
  const auto refused = file->append(bytes_of("6789"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(file->size(), 5U);
}

TEST_P(SpoolTest, GivesASealedBlobNobodyCanWriteThrough) {
  auto file = open_spool().create();
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->append(bytes_of("sealed")).has_value());
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob.has_value());
  EXPECT_EQ(fcntl(blob->fd(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_EQ(write(blob->fd(), "x", 1), -1);
  EXPECT_NE(ftruncate(blob->fd(), 0), 0);
}

TEST_P(SpoolTest, KeepsFilesToTheirOwner) {
  auto file = open_spool().create();
  ASSERT_TRUE(file.has_value());
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob.has_value());
  struct stat status{};
  ASSERT_EQ(fstat(blob->fd(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(stat(spool_folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_P(SpoolTest, LeavesNothingWhenAnUploadIsGivenUp) {
  const Spool spool = open_spool();
  {
    auto open = spool.create();
    ASSERT_TRUE(open.has_value());
    ASSERT_TRUE(open->append(bytes_of("half")).has_value());
    auto sealed = spool.create();
    ASSERT_TRUE(sealed.has_value());
    const auto blob = std::move(*sealed).seal();
    ASSERT_TRUE(blob.has_value());
  }
  EXPECT_EQ(files_in(spool_folder()), 0);
}

TEST_P(SpoolTest, WritesEveryByteOfALargeUploadThatArrivesInUnevenPieces) {
  auto file = open_spool(64 << 20).create();
  ASSERT_TRUE(file.has_value());
  std::string piece(1'000'003, '\0');
  for (std::size_t i = 0; i < piece.size(); ++i)
    piece[i] = static_cast<char>(i * 31 % 251);
  Sha256 expected;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(file->append(bytes_of(piece)).has_value());
    expected.update(piece);
  }
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob.has_value());
  EXPECT_EQ(blob->checksum(), expected.finish());
  struct stat status{};
  ASSERT_EQ(fstat(blob->fd(), &status), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), blob->size());
}

TEST_P(SpoolTest, SpoilsAFileWhoseWriteStoppedHalfway) {
  auto file = open_spool().create();
  ASSERT_TRUE(file.has_value());
  {
    const FileSizeLimit limit(100);
    EXPECT_FALSE(file->append(bytes_of(std::string(200, 'x'))).has_value());
  }
  EXPECT_EQ(file->size(), 0U);
  EXPECT_FALSE(file->append(bytes_of("more")).has_value());
  EXPECT_FALSE(std::move(*file).seal().has_value());
}

TEST_P(SpoolTest, HoldsItsBlobThroughMoves) {
  auto file = open_spool().create();
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->append(bytes_of("moved")).has_value());
  SpoolFile moved = std::move(*file);
  auto blob = std::move(moved).seal();
  ASSERT_TRUE(blob.has_value());
  auto other = open_spool().create();
  ASSERT_TRUE(other.has_value());
  auto target = std::move(*other).seal();
  ASSERT_TRUE(target.has_value());
  *target = std::move(*blob);
  EXPECT_EQ(read_all(*target), "moved");
  EXPECT_TRUE(target->make_durable().has_value());
}

INSTANTIATE_TEST_SUITE_P(Spool, SpoolTest, testing::Values(Spool::Names::kNoneWherePossible, Spool::Names::kTemporary),
                         [](const auto& param_info) {
                           return param_info.param == Spool::Names::kTemporary ? "WithTemporaryNames" : "WithoutNames";
                         });

TEST(Spool, ReportsAFullDiskAsUnavailable) {
  SpoolFile file(UniqueFd(open("/dev/full", O_RDWR | O_CLOEXEC)), {}, {.size_cap = 1024});
  const auto full = file.append(bytes_of("x"));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(full.error().retry, Retry::kSafe);
}

TEST(Spool, RemovesAtStartTheNamesThatACrashLeftAndNothingElse) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "upload-aB3xyz") << "half an upload";
  std::ofstream(folder.path() / "notes.txt") << "an operator's file";
  ASSERT_TRUE(Spool::open(folder.path(), 1024).has_value());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "upload-aB3xyz"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "notes.txt"));
}

TEST(Spool, RefusesAFolderItCannotMake) {
  EXPECT_FALSE(Spool::open("/proc/lazaret/spool", 1024).has_value());
}

TEST(SealedBlob, RemembersThatItsFsyncFailed) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd writer(ends[1]);
  const SealedBlob blob(UniqueFd(ends[0]), {}, 0, sha256(""));  // a pipe cannot be synced
  EXPECT_FALSE(blob.make_durable().has_value());
  // The same number now leads to a file whose fsync would succeed: the answer must not change.
  const UniqueFd file(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.valid());
  ASSERT_EQ(dup2(file.get(), blob.fd()), blob.fd());
  EXPECT_FALSE(blob.make_durable().has_value());
}

TEST(SealedBlob, IsMadeDurableByManyThreadsAtOnce) {
  const TemporaryFolder folder;
  auto spool = Spool::open(folder.path(), 1024);
  ASSERT_TRUE(spool.has_value());
  auto file = spool->create();
  ASSERT_TRUE(file.has_value());
  const auto blob = std::move(*file).seal();
  ASSERT_TRUE(blob.has_value());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { EXPECT_TRUE(blob->make_durable().has_value()); });
}

}  // namespace
}  // namespace lazaret
