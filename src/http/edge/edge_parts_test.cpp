// The edge's pure parts: where a head ends, the chunked coding, rates, the head of an answer.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/edge/chunked.h"
#include "http/edge/head.h"
#include "http/edge/rate_watch.h"
#include "http/edge/response_head.h"

namespace lazaret::http {
namespace {

using namespace std::chrono_literals;

TEST(HeadScanner, FindsTheSameEndHoweverTheBytesCome) {
  const std::string head = "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string bytes = head + "and more";
  for (std::size_t cut = 0; cut < head.size(); ++cut) {
    HeadScanner scanner{HeadLimits{}};
    const auto first = scanner.scan(bytes.substr(0, cut));
    EXPECT_EQ(first.size, 0U) << cut;
    EXPECT_FALSE(first.fault) << cut;
    EXPECT_EQ(scanner.scan(bytes).size, head.size()) << cut;
  }
}

TEST(HeadScanner, SaysWhetherAnythingHasBegun) {
  HeadScanner scanner{HeadLimits{}};
  scanner.scan("\r\n");
  EXPECT_FALSE(scanner.begun());
  scanner.scan("\r\nG");
  EXPECT_TRUE(scanner.begun());
}

TEST(ParseHead, ReadsWhatARequestSays) {
  const ParsedHead parsed = parse_head(
      "POST /a/b?c=d&e HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nX-Empty:\r\nX-Two:  a \t\r\nConnection: x, "
      "Close\r\n"
      "Expect: 100-Continue\r\n\r\n");
  ASSERT_TRUE(parsed.sound);
  EXPECT_FALSE(parsed.fault);
  EXPECT_EQ(parsed.head.method, "POST");
  EXPECT_EQ(parsed.head.path, "/a/b");
  EXPECT_EQ(parsed.head.query, "c=d&e");
  EXPECT_EQ(parsed.head.target, "/a/b?c=d&e");
  EXPECT_EQ(parsed.head.framing, BodyFraming::kLength);
  EXPECT_EQ(parsed.head.content_length, 12U);
  EXPECT_EQ(parsed.head.headers.get("x-empty"), "");
  EXPECT_EQ(parsed.head.headers.get("x-two"), "a");
  EXPECT_FALSE(parsed.keep_alive);
  EXPECT_TRUE(parsed.expects_continue);
}

TEST(ParseHead, ExpectsNothingWithoutABody) {
  const ParsedHead parsed = parse_head("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_FALSE(parsed.fault);
  EXPECT_FALSE(parsed.expects_continue);
}

std::string decode(const std::vector<std::string>& pieces, std::string* rest = nullptr) {
  ChunkDecoder decoder;
  std::string body;
  for (std::string piece : pieces) {
    const auto step = decoder.decode(piece);
    if (!step) return "malformed";
    body += piece.substr(0, step->payload);
    if (rest != nullptr) *rest += piece.substr(step->consumed);
  }
  return decoder.done() ? body : body + " unfinished";
}

TEST(ChunkDecoder, GivesTheSameBodyForEverySplit) {
  const std::string coded = "5;a=b\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t cut = 0; cut <= coded.size(); ++cut)
    EXPECT_EQ(decode({coded.substr(0, cut), coded.substr(cut)}), "hello0123456789abcdef") << cut;
}

TEST(ChunkDecoder, LeavesWhatFollowsTheEnd) {
  std::string rest;
  EXPECT_EQ(decode({"1\r\na\r\n0\r\n\r\nGET /"}, &rest), "a");
  EXPECT_EQ(rest, "GET /");
}

TEST(ChunkDecoder, IsNotDoneBeforeTheLastLineFeed) {
  const std::string coded = "1\r\na\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < coded.size(); ++size)
    EXPECT_TRUE(decode({coded.substr(0, size)}).ends_with(" unfinished")) << size;
}

TEST(ChunkDecoder, BoundsTheExtensionsOfAllChunksTogether) {
  std::string coded;
  for (int i = 0; i < 100; ++i)
    coded += "1;" + std::string(100, 'x') + "\r\na\r\n";
  EXPECT_EQ(decode({coded + "0\r\n\r\n"}), "malformed");
}

TEST(RateWatch, CallsAPeerSlowThatSendsTooLittleInAWindow) {
  RateWatch watch(1000, 10s);
  watch.moved(9'999);
  EXPECT_FALSE(watch.too_slow(9'999ms));
  EXPECT_TRUE(watch.too_slow(10s));
}

TEST(RateWatch, GivesNoCreditForAFastStart) {
  RateWatch watch(1000, 10s);
  watch.moved(1'000'000'000);
  watch.waited(10s);
  EXPECT_FALSE(watch.too_slow(9s));
  EXPECT_TRUE(watch.too_slow(10s));
}

TEST(RateWatch, BeginsAWindowInTheMiddleOfAWait) {
  RateWatch watch(1000, 10s);
  watch.moved(1'000'000'000);
  EXPECT_FALSE(watch.too_slow(10s));
  EXPECT_FALSE(watch.too_slow(19s));
  EXPECT_TRUE(watch.too_slow(20s));
}

TEST(RateWatch, AddsUpShortWaits) {
  RateWatch watch(1000, 10s);
  for (int i = 0; i < 100; ++i) {
    watch.moved(1);
    watch.waited(100ms);
  }
  EXPECT_TRUE(watch.too_slow(0s));
}

TEST(RateWatch, CountsOnlyTimeSpentWaiting) {
  RateWatch watch(1000, 10s);
  watch.waited(1s);
  EXPECT_FALSE(watch.too_slow(1s));
}

TEST(RateWatch, IsNeverTooSlowAtRateZero) {
  RateWatch watch(0, 10s);
  EXPECT_FALSE(watch.too_slow(1'000s));
}

TEST(ResponseHead, LeavesOutWhatTheEdgeAloneWrites) {
  Response response;
  response.headers.add("content-length", "99");
  response.headers.add("Transfer-Encoding", "chunked");
  response.headers.add("X-Kept", "v");
  std::string out;
  append_response_head(out, response,
                       {.date = "D", .connection = ConnectionHeader::kClose, .content_length = std::uint64_t{7}});
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nDate: D\r\nX-Kept: v\r\nContent-Length: 7\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, FindsHeadersThatWouldSplitAnAnswer) {
  for (const char* value : {"a\r\nb", "a\nb", "a\rb", "\x01"}) {
    Headers headers;
    headers.add("X", value);
    EXPECT_FALSE(headers_are_sound(headers));
  }
  Headers name;
  name.add("X: y\r\nZ", "v");
  EXPECT_FALSE(headers_are_sound(name));
  Headers sound;
  sound.add("X", "a\tb \xc3\xa4");
  EXPECT_TRUE(headers_are_sound(sound));
}

}  // namespace
}  // namespace lazaret::http
