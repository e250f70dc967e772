// What is particular to files, and what is left when each step fails. The rest is in tests/contract.
#include "objects/files/store.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::TemporaryFolder;

const DocumentId kId = *DocumentId::parse("0198c2f4-7d5a-7abc-8def-0123456789ab");

ObjectKey key_number(std::uint64_t attempt) {
  return make_object_key(std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}, kId, AttemptId{attempt});
}

// The real file system, where kinds of calls can be made to fail; remembers what was asked.
struct FaultPlan {
  std::set<std::string> failing;
  int error_number = EIO;
  std::vector<std::string> calls;
};

class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FaultPlan& plan) : plan_(plan) {}

  std::expected<UniqueFd, int> open_folder(int parent, const std::string& name) override {
    if (const int error = note("open_folder")) return std::unexpected(error);
    return real_->open_folder(parent, name);
  }
  std::expected<UniqueFd, int> open_file(int folder, const std::string& name) override {
    if (const int error = note("open_file")) return std::unexpected(error);
    return real_->open_file(folder, name);
  }
  std::expected<UniqueFd, int> make_unnamed_file(int folder) override {
    if (const int error = note("unnamed")) return std::unexpected(error);
    return real_->make_unnamed_file(folder);
  }
  int link_descriptor(int fd, int folder, const std::string& name) override {
    const int error = note("link");
    return error != 0 ? error : real_->link_descriptor(fd, folder, name);
  }
  int link_path(const std::filesystem::path& path, int folder, const std::string& name) override {
    const int error = note("link");
    return error != 0 ? error : real_->link_path(path, folder, name);
  }
  int rename_path(const std::filesystem::path& path, int folder, const std::string& name) override {
    const int error = note("rename");
    return error != 0 ? error : real_->rename_path(path, folder, name);
  }
  int unlink(int folder, const std::string& name) override {
    const int error = note("unlink");
    return error != 0 ? error : real_->unlink(folder, name);
  }
  int make_folder(int parent, const std::string& name) override {
    const int error = note("make_folder");
    return error != 0 ? error : real_->make_folder(parent, name);
  }
  int sync(int fd) override {
    const int error = note("sync");
    return error != 0 ? error : real_->sync(fd);
  }

 private:
  int note(const std::string& call) {
    plan_.calls.push_back(call);
    return plan_.failing.contains(call) ? plan_.error_number : 0;
  }

  FaultPlan& plan_;
  std::unique_ptr<FileSystem> real_ = make_file_system();
};

class FileStoreTest : public testing::Test {
 protected:
  FileStoreTest() {
    auto store = FileStore::open({folder_.path()}, std::make_unique<FaultyFileSystem>(plan_));
    EXPECT_TRUE(store.has_value());
    store_ = std::move(store).value();
    plan_.calls.clear();
  }

  SealedBlob blob(std::string_view text, Spool::Names names = Spool::Names::kNoneWherePossible) {
    const auto spool = Spool::open(spool_folder(), 1 << 20, names);
    EXPECT_TRUE(spool.has_value());
    auto file = spool->create();
    EXPECT_TRUE(file.has_value());
    EXPECT_TRUE(file->append(std::as_bytes(std::span(text.data(), text.size()))).has_value());
    return std::move(*file).seal().value();
  }

  std::filesystem::path spool_folder() const { return folder_.path() / "spool"; }
  std::filesystem::path path_of(const ObjectKey& key) const {
    const auto place = object_place(key);
    return folder_.path() / "objects" / place->folder / place->name;
  }
  std::ptrdiff_t files_anywhere() const {
    using Walk = std::filesystem::recursive_directory_iterator;
    std::ptrdiff_t count = 0;
    for (const auto& entry : Walk(folder_.path()))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
  std::size_t calls_of(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(plan_.calls, name));
  }

  TemporaryFolder folder_;
  FaultPlan plan_;
  Call call_;
  std::unique_ptr<FileStore> store_;
};

TEST_F(FileStoreTest, MakesItsFoldersForItsOwnerAlone) {
  struct stat status{};
  for (const char* name : {"objects", "objects/00", "objects/7f", "objects/ff"}) {
    ASSERT_EQ(::stat((folder_.path() / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777U, 0700U) << name;
  }
}

TEST_F(FileStoreTest, KeepsFilesToTheirOwner) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes")).has_value());
  struct stat status{};
  ASSERT_EQ(::stat(path_of(key_number(1)).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(FileStoreTest, LinksTheSpooledFileItselfAndCopiesNothing) {
  const SealedBlob sealed = blob("bytes");
  ASSERT_TRUE(store_->put(call_, key_number(1), sealed).has_value());
  struct stat spooled{};
  struct stat stored{};
  ASSERT_EQ(fstat(sealed.fd(), &spooled), 0);
  ASSERT_EQ(::stat(path_of(key_number(1)).c_str(), &stored), 0);
  EXPECT_EQ(spooled.st_ino, stored.st_ino);
}

TEST_F(FileStoreTest, SyncsTheFolderOnceAndOnlyAfterTheLink) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes")).has_value());
  EXPECT_EQ(plan_.calls, (std::vector<std::string>{"open_folder", "link", "sync"}));
}

TEST_F(FileStoreTest, LinksNothingThatCouldNotBeSynced) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd writer(ends[1]);
  const SealedBlob unsyncable(UniqueFd(ends[0]), {}, 0, sha256(""));
  EXPECT_FALSE(store_->put(call_, key_number(1), unsyncable).has_value());
  EXPECT_EQ(calls_of("link"), 0U);
}

TEST_F(FileStoreTest, LeavesOneNameWhenTheSpoolHadToGiveATemporaryOne) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes", Spool::Names::kTemporary)).has_value());
  EXPECT_EQ(files_anywhere(), 1);
  EXPECT_EQ(store_->stat(call_, key_number(1))->size, 5U);
}

TEST_F(FileStoreTest, RenamesWhereHardLinksAreRefused) {
  plan_.failing = {"link"};
  plan_.error_number = EPERM;
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes", Spool::Names::kTemporary)).has_value());
  EXPECT_EQ(calls_of("rename"), 1U);
  EXPECT_EQ(files_anywhere(), 1);
}

TEST_F(FileStoreTest, NeverRenamesOverAnObject) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("first")).has_value());
  plan_.failing = {"link"};
  plan_.error_number = EPERM;
  const auto second = store_->put(call_, key_number(1), blob("other", Spool::Names::kTemporary));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  std::ifstream file(path_of(key_number(1)));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "first");
}

TEST_F(FileStoreTest, LeavesNothingWhenTheLinkFails) {
  plan_.failing = {"link"};
  plan_.error_number = ENOSPC;
  const auto full = store_->put(call_, key_number(1), blob("bytes"));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(files_anywhere(), 0);
}

TEST_F(FileStoreTest, LeavesNothingWhenTheRenameFails) {
  plan_.failing = {"link", "rename"};
  plan_.error_number = EPERM;
  EXPECT_FALSE(store_->put(call_, key_number(1), blob("bytes", Spool::Names::kTemporary)).has_value());
  EXPECT_EQ(files_anywhere(), 0);
}

TEST_F(FileStoreTest, TakesTheNameBackAndSaysItIsUnsureWhenTheFolderCannotBeSynced) {
  plan_.failing = {"sync"};
  const auto unsure = store_->put(call_, key_number(1), blob("bytes"));
  ASSERT_FALSE(unsure.has_value());
  EXPECT_EQ(unsure.error().retry, Retry::kAmbiguous);
  EXPECT_EQ(files_anywhere(), 0);
}

TEST_F(FileStoreTest, LeavesNothingWhenTheFolderCannotBeOpened) {
  plan_.failing = {"open_folder"};
  plan_.error_number = EMFILE;
  const auto failed = store_->put(call_, key_number(1), blob("bytes"));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(files_anywhere(), 0);
}

TEST_F(FileStoreTest, DoesNotCallARemovalDurableWhoseSyncFailed) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes")).has_value());
  plan_.failing = {"sync"};
  const auto removed = store_->remove(call_, key_number(1));
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().retry, Retry::kAmbiguous);
}

TEST_F(FileStoreTest, SyncsTheFolderAlsoWhenTheFileIsGoneAlready) {
  ASSERT_TRUE(store_->remove(call_, key_number(1)).has_value());
  EXPECT_EQ(calls_of("sync"), 1U);
}

TEST_F(FileStoreTest, ReportsARemovalThatTheDiskRefused) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes")).has_value());
  plan_.failing = {"unlink"};
  EXPECT_FALSE(store_->remove(call_, key_number(1)).has_value());
  EXPECT_TRUE(store_->stat(call_, key_number(1)).has_value());
}

TEST_F(FileStoreTest, CallsAFileThatLostBytesCorrupt) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("ten bytes.")).has_value());
  std::filesystem::resize_file(path_of(key_number(1)), 4);
  const auto body = store_->open(call_, key_number(1), {0, 10});
  ASSERT_FALSE(body.has_value());
  EXPECT_EQ(body.error().code, ErrorCode::kCorrupt);
}

TEST_F(FileStoreTest, DoesNotFollowALinkLaidInAnObjectsPlace) {
  std::filesystem::create_symlink("/etc/passwd", path_of(key_number(1)));
  EXPECT_FALSE(store_->open(call_, key_number(1), {0, 1}).has_value());
}

TEST_F(FileStoreTest, RefusesKeysItDoesNotMake) {
  const ObjectKey outside{"medical_documents/../../../../etc/passwd"};
  EXPECT_FALSE(store_->put(call_, outside, blob("bytes")).has_value());
  EXPECT_FALSE(store_->open(call_, outside, {0, 1}).has_value());
  EXPECT_FALSE(store_->stat(call_, outside).has_value());
  EXPECT_FALSE(store_->remove(call_, outside).has_value());
  EXPECT_EQ(files_anywhere(), 0);
}

TEST_F(FileStoreTest, ListsOnlyWhatItStored) {
  ASSERT_TRUE(store_->put(call_, key_number(1), blob("bytes")).has_value());
  std::ofstream(folder_.path() / "objects" / "01" / "notes.txt") << "an operator's file";
  EXPECT_EQ(store_->list(call_, "", {}, 10), (std::vector{key_number(1)}));
}

TEST_F(FileStoreTest, StopsListingWhenNobodyWaits) {
  std::stop_source source;
  source.request_stop();
  Call call;
  call.stop = source.get_token();
  const auto listed = store_->list(call, "", {}, 10);
  ASSERT_FALSE(listed.has_value());
  EXPECT_EQ(listed.error().code, ErrorCode::kCancelled);
}

TEST_F(FileStoreTest, IsNotReadyWhenNoFileCanBeMade) {
  plan_.failing = {"unnamed"};
  plan_.error_number = ENOSPC;
  const auto probe = store_->probe(call_);
  ASSERT_FALSE(probe.has_value());
  EXPECT_EQ(probe.error().code, ErrorCode::kUnavailable);
}

TEST_F(FileStoreTest, IsReadyWhereUnnamedFilesAreUnknown) {
  plan_.failing = {"unnamed"};
  plan_.error_number = EOPNOTSUPP;
  EXPECT_TRUE(store_->probe(call_).has_value());
}

TEST(FileStore, ReportsFoldersItCannotMakeOrSync) {
  const TemporaryFolder folder;
  for (const char* failing : {"make_folder", "sync", "open_folder"}) {
    FaultPlan plan{.failing = {failing}, .error_number = EIO, .calls = {}};
    EXPECT_FALSE(FileStore::open({folder.path() / failing}, std::make_unique<FaultyFileSystem>(plan)).has_value())
        << failing;
  }
}

}  // namespace
}  // namespace lazaret
