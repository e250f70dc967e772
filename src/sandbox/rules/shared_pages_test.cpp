// Pages that a fork shares: where they lie, what they hold, and who may change them.
#include "sandbox/rules/shared_pages.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kSize = std::size_t{100} * 1024;
constexpr std::size_t kPage = 4096;

std::vector<char> numbered() {
  std::vector<char> bytes(kSize);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 31);
  return bytes;
}

TEST(SharedPages, KeepTheBytesWhereTheyWere) {
  std::vector<char> bytes = numbered();
  {
    const auto pages = SharedPages::freeze(bytes.data(), bytes.size());
    ASSERT_TRUE(pages) << pages.error().detail;
    EXPECT_GT(pages->size(), kSize - 2 * kPage);
    EXPECT_TRUE(bytes == numbered());
  }
  std::ranges::fill(bytes, '\0');  // private memory again
  EXPECT_EQ(bytes.back(), '\0');
}

TEST(SharedPages, CannotBeMadeWritable) {
  std::vector<char> bytes = numbered();
  const auto pages = SharedPages::freeze(bytes.data(), bytes.size());
  ASSERT_TRUE(pages) << pages.error().detail;
  const auto middle = reinterpret_cast<std::uintptr_t>(bytes.data() + kSize / 2) & ~(kPage - 1);
  EXPECT_EQ(mprotect(reinterpret_cast<void*>(middle), kPage, PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(errno, EACCES);
}

TEST(SharedPages, LeaveAloneWhatIsSmallerThanAPage) {
  std::vector<char> bytes(64, 'x');
  const auto pages = SharedPages::freeze(bytes.data(), bytes.size());
  ASSERT_TRUE(pages);
  EXPECT_EQ(pages->size(), 0U);
  bytes[0] = 'y';
}

}  // namespace
}  // namespace lazaret::sandbox
