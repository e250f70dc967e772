#include "inspect/clamd_trials.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

// Pulled in pieces of `room` bytes.
std::string whole(const PullBytes& pull, std::size_t room) {
  std::string bytes;
  std::vector<std::byte> piece(room);
  for (;;) {
    const std::size_t got = pull(piece).value();
    if (got == 0) return bytes;
    bytes.append(reinterpret_cast<const char*>(piece.data()), got);
  }
}

TEST(LargestFileTrial, HasExactlyTheSizeThatIsAskedFor) {
  for (const std::uint64_t size : {2560ULL, 2561ULL, 4095ULL, 4096ULL, 4097ULL, 1'000'003ULL}) {
    EXPECT_EQ(whole(largest_file_trial(size), 65'536).size(), size);
  }
  EXPECT_EQ(whole(largest_file_trial(1), 65'536).size(), 2560U);
}

TEST(LargestFileTrial, IsTheSameHoweverItIsPulled) {
  const std::string bytes = whole(largest_file_trial(9999), 65'536);
  for (const std::size_t room : {1U, 7U, 512U, 9998U})
    EXPECT_EQ(whole(largest_file_trial(9999), room), bytes);
}

TEST(LargestFileTrial, IsAnArchiveWhoseLastFileIsTheTestFile) {
  const std::string bytes = whole(largest_file_trial(10'000), 65'536);
  EXPECT_EQ(bytes.substr(257, 5), "ustar");
  const std::size_t filler = std::stoul(bytes.substr(124, 11), nullptr, 8);
  EXPECT_EQ(filler, 7168U);
  const std::string second = bytes.substr(512 + filler);
  EXPECT_EQ(second.substr(257, 5), "ustar");
  EXPECT_EQ(second.substr(0, 10), std::string("eicar.com\0", 10));
  EXPECT_EQ(second.substr(512, 4), "X5O!");
}

TEST(LargestFileTrial, HasHeadersWhoseSumIsRight) {
  const std::string header = whole(largest_file_trial(10'000), 65'536).substr(0, 512);
  unsigned sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i)
    sum += i >= 148 && i < 156 ? static_cast<unsigned>(' ') : static_cast<unsigned char>(header[i]);
  EXPECT_EQ(std::stoul(header.substr(148, 6), nullptr, 8), sum);
}

TEST(ClamdTrials, AreSmall) {
  std::size_t bytes = 0;
  for (const ClamdTrial& trial : clamd_trials())
    bytes += trial.bytes.size();
  EXPECT_LT(bytes, 16'384U);
}

}  // namespace
}  // namespace lazaret::inspect
