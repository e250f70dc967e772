#include "inspect/copy_wire.h"

#include <gtest/gtest.h>

namespace lazaret::inspect {
namespace {

TEST(CopyWireTest, PiecesComeBackAsTheyWere) {
  const std::string message = encode_piece("%PDF-1.7\n");
  const auto decoded = decode_copy_message(message);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<CopyPiece>(*decoded).bytes, "%PDF-1.7\n");
}

TEST(CopyWireTest, ThePieceOfTheLargestSizeFitsAMessage) {
  const std::string message = encode_piece(std::string(kMaxPieceBytes, 'x'));
  EXPECT_EQ(message.size(), kMaxCopyMessageBytes);
  EXPECT_TRUE(decode_copy_message(message));
  EXPECT_FALSE(decode_copy_message(message + "x"));
}

TEST(CopyWireTest, EndsComeBackAsTheyWere) {
  for (std::uint8_t end = 0; end < static_cast<std::uint8_t>(CopyEnd::kCount); ++end) {
    const auto decoded = decode_copy_message(encode(CopyEnding{static_cast<CopyEnd>(end), 77}));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(std::get<CopyEnding>(*decoded).end, static_cast<CopyEnd>(end));
    EXPECT_EQ(std::get<CopyEnding>(*decoded).size, 77);
  }
}

TEST(CopyWireTest, WhatIsNeitherIsRefused) {
  const std::string ending = encode(CopyEnding{CopyEnd::kWhole, 1});
  EXPECT_FALSE(decode_copy_message(""));
  EXPECT_FALSE(decode_copy_message("LZC"));
  EXPECT_FALSE(decode_copy_message(encode_piece("")));
  EXPECT_FALSE(decode_copy_message("no message of ours"));
  EXPECT_FALSE(decode_copy_message(ending + "x"));
  EXPECT_FALSE(decode_copy_message(ending.substr(0, ending.size() - 1)));
  EXPECT_FALSE(decode_copy_message(encode(CopyEnding{CopyEnd::kCount, 1})));
}

}  // namespace
}  // namespace lazaret::inspect
