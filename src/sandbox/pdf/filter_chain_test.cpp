#include "sandbox/pdf/filter_chain.h"

#include <string>

#include <gtest/gtest.h>

#include "sample/pdf_writer.h"
#include "tests/support/pdf_parts.h"

namespace lazaret::sandbox {
namespace {

class Kept final : public ByteSink {
 public:
  bool write(const char* bytes, std::size_t length) override {
    text.append(bytes, length);
    return true;
  }
  std::string text;
};

struct Decoded {
  std::string text;
  bool bursts = false;
};

Decoded decode(const std::vector<FilterSpec>& specs, std::string_view bytes, std::size_t piece = 4096,
               std::uint64_t cap = 1 << 20) {
  Inflater inflater;
  Kept kept;
  FilterChain chain(specs, inflater, cap, kept);
  while (!bytes.empty() && chain.write(bytes.data(), std::min(piece, bytes.size())))
    bytes.remove_prefix(std::min(piece, bytes.size()));
  chain.finish();
  return {.text = kept.text, .bursts = chain.bursts()};
}

std::string decode_one(FilterKind kind, std::string_view bytes) {
  const std::string whole = decode({{.kind = kind}}, bytes).text;
  EXPECT_EQ(decode({{.kind = kind}}, bytes, 1).text, whole) << "in pieces of one byte";
  return whole;
}

TEST(FilterChain, KnowsFiltersByBothTheirNames) {
  EXPECT_EQ(filter_kind_of("FlateDecode"), FilterKind::kFlate);
  EXPECT_EQ(filter_kind_of("A85"), FilterKind::kAscii85);
  EXPECT_EQ(filter_kind_of("DCTDecode"), std::nullopt);
  EXPECT_TRUE(is_image_codec("DCTDecode"));
  EXPECT_FALSE(is_image_codec("FlateDecode"));
}

TEST(FilterChain, WithoutAFilterPassesBytesOn) {
  EXPECT_EQ(decode({}, "Blood count").text, "Blood count");
}

TEST(AsciiHex, DecodesBothCasesAndPadsTheLastDigit) {
  EXPECT_EQ(decode_one(FilterKind::kAsciiHex, "4a 4B\n4>ff"), "JK@");
}

TEST(Ascii85, DecodesWholeGroupsPartialOnesAndZeros) {
  EXPECT_EQ(decode_one(FilterKind::kAscii85, "87cUR\nD]i,\"Ebo80~>rest"), "Hello World!");
  EXPECT_EQ(decode_one(FilterKind::kAscii85, "<~87cURD]i,\"Ebo7~>"), "Hello World");
  EXPECT_EQ(decode_one(FilterKind::kAscii85, "z87cURDZ~>"), std::string(4, '\0') + "Hello");
}

TEST(RunLength, CopiesAndRepeats) {
  const std::string runs = {2, 'J', 'a', 'v', '\xFE', 'a', '\x80', 'z'};
  EXPECT_EQ(decode_one(FilterKind::kRunLength, runs), "Javaaa");
}

TEST(Lzw, DecodesTheExampleOfTheStandard) {
  EXPECT_EQ(decode_one(FilterKind::kLzw, "\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01"), "-----A---B");
}

TEST(Lzw, StartsAgainWhereItsTableIsCleared) {
  const std::string text(1000, 'x');
  EXPECT_EQ(decode_one(FilterKind::kLzw, testing_support::lzw(text)), text);
}

TEST(Lzw, EndsAtACodeThatNothingStandsFor) {
  EXPECT_EQ(decode_one(FilterKind::kLzw, "\x80\x7F\xFF\xFF"), "");
}

TEST(Predictors, OfPngAreUndoneRowByRow) {
  const FilterSpec spec{.kind = FilterKind::kFlate, .predictor = 12, .columns = 3};
  const std::string rows = std::string("\0abc", 4) + "\1a\1\1" + "\2\1\1\1" + "\3\1\1\1" + "\4\1\1\1";
  const std::string text = decode({spec}, sample::deflate(rows, 9)).text;
  EXPECT_EQ(text.substr(0, 9), "abcabcbcd");
  EXPECT_EQ(text.size(), 15U);
}

TEST(Predictors, OfTiffAddWhatIsLeftOfThem) {
  const FilterSpec spec{.kind = FilterKind::kFlate, .predictor = 2, .columns = 3};
  EXPECT_EQ(decode({spec}, sample::deflate("a\1\1b\1\1", 9)).text, "abcbcd");
}

TEST(Predictors, HoldNoMoreThanArrivesHoweverWideTheirRows) {
  const FilterSpec wide{.kind = FilterKind::kFlate, .predictor = 12, .columns = 1 << 24};
  EXPECT_EQ(decode({wide}, sample::deflate(std::string("\0abc", 4), 9)).text, "abc");
  const FilterSpec absurd{.kind = FilterKind::kFlate, .predictor = 12, .columns = std::int64_t{1} << 60U};
  EXPECT_EQ(decode({absurd}, sample::deflate("abc", 9)).text, "abc");
}

TEST(FilterChain, DecodesFiltersBehindFilters) {
  const std::string deflated = sample::deflate(sample::deflate("Blood count", 9), 9);
  std::string hex;
  for (const char c : deflated) {
    hex.push_back("0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4U]);
    hex.push_back("0123456789ABCDEF"[static_cast<unsigned char>(c) & 15U]);
  }
  const std::vector<FilterSpec> specs{
      {.kind = FilterKind::kAsciiHex}, {.kind = FilterKind::kFlate}, {.kind = FilterKind::kFlate}};
  EXPECT_EQ(decode(specs, hex).text, "Blood count");
}

TEST(FilterChain, IsABombWhereAStageInTheMiddleBursts) {
  // A run-length of nothing behind eight megabytes.
  const std::string bytes = sample::deflate(std::string(1, '\x80') + std::string(std::size_t{8} << 20U, 'x'), 9);
  const Decoded late = decode({{.kind = FilterKind::kFlate}, {.kind = FilterKind::kRunLength}}, bytes);
  EXPECT_FALSE(late.bursts) << "it ended before";
  const std::string nested = sample::deflate(sample::deflate(std::string(std::size_t{64} << 20U, 'x'), 9), 9);
  EXPECT_TRUE(decode({{.kind = FilterKind::kFlate}, {.kind = FilterKind::kFlate}}, nested).bursts);
}

}  // namespace
}  // namespace lazaret::sandbox
