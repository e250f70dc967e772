#include "objects/files/data_dir_lock.h"

#include <optional>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::TemporaryFolder;

TEST(DataDirLock, LetsASecondServerKnowWhichFolderIsTaken) {
  const TemporaryFolder folder;
  const auto first = DataDirLock::acquire(folder.path());
  ASSERT_TRUE(first.has_value());
  const auto second = DataDirLock::acquire(folder.path());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_NE(second.error().detail.find(folder.path().string()), std::string::npos);
  EXPECT_NE(second.error().detail.find(std::to_string(getpid())), std::string::npos);
}

TEST(DataDirLock, IsFreeAgainWhenItsHolderLetsGo) {
  const TemporaryFolder folder;
  auto first = std::optional(DataDirLock::acquire(folder.path()));
  ASSERT_TRUE(first->has_value());
  first.reset();
  EXPECT_TRUE(DataDirLock::acquire(folder.path()).has_value());
}

TEST(DataDirLock, MakesAMissingFolderForItsOwnerAlone) {
  const TemporaryFolder folder;
  const auto deep = folder.path() / "var" / "data";
  ASSERT_TRUE(DataDirLock::acquire(deep).has_value());
  struct stat status{};
  ASSERT_EQ(stat(deep.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  ASSERT_EQ(stat((deep / "lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(DataDirLock, DoesNotFollowALinkLaidInItsPlace) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "lock");
  EXPECT_FALSE(DataDirLock::acquire(folder.path()).has_value());
}

}  // namespace
}  // namespace lazaret
