#include "response.h"

#include <gtest/gtest.h>

namespace lazaret::bench {
namespace {

using State = ResponseReader::State;

TEST(ResponseReader, CountsABodyThatArrivesInPieces) {
  ResponseReader reader;
  EXPECT_EQ(reader.take("HTTP/1.1 200 OK\r\nContent-"), State::kHead);
  EXPECT_EQ(reader.take("Length: 5\r\n\r\nab"), State::kBody);
  EXPECT_EQ(reader.body_left(), 3U);
  EXPECT_EQ(reader.skip(3), State::kDone);
  EXPECT_EQ(reader.status(), 200);
  EXPECT_TRUE(reader.keep_alive());
}

TEST(ResponseReader, WaitsForTheAnswerBehindAnInterimOne) {
  ResponseReader reader;
  EXPECT_EQ(reader.take("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), State::kDone);
  EXPECT_EQ(reader.status(), 204);
}

TEST(ResponseReader, SeesThatTheConnectionEnds) {
  ResponseReader reader;
  EXPECT_EQ(reader.take("HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 0\r\n\r\n"), State::kDone);
  EXPECT_FALSE(reader.keep_alive());
}

TEST(ResponseReader, CallsAShortBodyBroken) {
  ResponseReader reader;
  reader.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(reader.close(), State::kBroken);
}

TEST(ResponseReader, CallsBytesBeyondTheEndBroken) {
  ResponseReader reader;
  EXPECT_EQ(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"), State::kBroken);
}

TEST(ResponseReader, ReadsABodyWithoutLengthUntilTheEnd) {
  ResponseReader reader;
  EXPECT_EQ(reader.take("HTTP/1.0 200 OK\r\n\r\nab"), State::kBody);
  EXPECT_EQ(reader.close(), State::kDone);
}

}  // namespace
}  // namespace lazaret::bench
