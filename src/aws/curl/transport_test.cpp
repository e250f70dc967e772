#include "aws/curl/transport.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/http_imposter.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;
using testing_support::HttpImposter;
using testing_support::ImposterAnswer;
using testing_support::ImposterRequest;
using testing_support::Misdeed;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

UniqueFd file_with(std::string_view text) {
  UniqueFd file(::memfd_create("body", MFD_CLOEXEC));
  EXPECT_EQ(::pwrite(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return file;
}

std::unique_ptr<CurlTransport> transport_with(CurlOptions options = {.connections = 2}) {
  auto made = CurlTransport::make(std::move(options));
  EXPECT_TRUE(made) << made.error().detail;
  return *std::move(made);
}

class CurlTransportTest : public ::testing::Test {
 protected:
  HttpRequest request(Method method, std::string path = "/") const {
    return {.method = method,
            .endpoint = *parse_endpoint(imposter.url()),
            .path = std::move(path),
            .headers = {{"host", parse_endpoint(imposter.url())->authority()}, {"x-empty", ""}}};
  }
  static Call call_within(std::chrono::milliseconds time) {
    return {.deadline = std::chrono::steady_clock::now() + time};
  }
  static std::string read_all(PulledResponse& pulled, std::size_t step = 100'000) {
    std::string text;
    std::vector<std::byte> buffer(step);
    for (;;) {
      const auto got = pulled.read(Call{}, buffer);
      EXPECT_TRUE(got) << got.error().detail;
      if (!got || *got == 0) return text;
      text.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
  }
  static void expect_fault(const auto& outcome, ErrorCode code, Sent sent) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code) << outcome.error().detail;
    EXPECT_EQ(outcome.error().sent, sent) << outcome.error().detail;
  }

  HttpImposter imposter;
  std::unique_ptr<CurlTransport> transport = transport_with();
};

TEST_F(CurlTransportTest, SendsThePathAsItWasSigned) {
  imposter.script({.body = "hello", .headers = {{"X-Amz-Request-Id", "r1"}}});
  HttpRequest get = request(Method::kGet, "/b/a//b/../%C3%A9/./");
  get.query = "uploads=&x=1";
  const auto response = transport->send(Call{}, get, {});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("x-amz-request-id"), "r1");
  EXPECT_EQ(imposter.requests().at(0).target, "/b/a//b/../%C3%A9/./?uploads=&x=1");
}

TEST_F(CurlTransportTest, AddsNoHeaderThatWasNotSigned) {
  imposter.script({});
  ASSERT_TRUE(transport->send(Call{}, request(Method::kGet), {}));
  const ImposterRequest seen = imposter.requests().at(0);
  for (const auto& [name, value] : seen.headers)
    EXPECT_TRUE(name == "host" || name == "x-empty") << name;
  EXPECT_TRUE(seen.has_header("x-empty"));
}

TEST_F(CurlTransportTest, SendsEveryMethodWithItsBody) {
  for (int i = 0; i < 5; ++i)
    imposter.script({.status = 200, .body = "b"});
  HttpRequest put = request(Method::kPut);
  put.body = std::string("put body");
  HttpRequest post = request(Method::kPost);
  post.body = std::string("post body");
  for (const HttpRequest& each : {request(Method::kGet), request(Method::kHead), request(Method::kDelete), put, post})
    ASSERT_TRUE(transport->send(Call{}, each, {}));
  const auto seen = imposter.requests();
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen[0].method, "GET");
  EXPECT_EQ(seen[1].method, "HEAD");
  EXPECT_EQ(seen[2].method, "DELETE");
  EXPECT_EQ(seen[3].method + seen[3].body, "PUTput body");
  EXPECT_EQ(seen[4].method + seen[4].body, "POSTpost body");
  EXPECT_EQ(imposter.connection_count(), 1);
}

TEST_F(CurlTransportTest, AnEmptyPutStatesItsLength) {
  imposter.script({});
  ASSERT_TRUE(transport->send(Call{}, request(Method::kPut), {}));
  EXPECT_EQ(imposter.requests().at(0).header("content-length"), "0");
}

TEST_F(CurlTransportTest, SendsAPartOfAFile) {
  const std::string text = pattern(3'000'000);
  const UniqueFd file = file_with(text);
  imposter.script({});
  HttpRequest put = request(Method::kPut);
  put.body = FilePart{file.get(), 1000, 2'500'000};
  ASSERT_TRUE(transport->send(Call{}, put, {}));
  const ImposterRequest seen = imposter.requests().at(0);
  EXPECT_EQ(seen.body, text.substr(1000, 2'500'000));
  EXPECT_EQ(seen.header("expect"), "100-continue");
}

TEST_F(CurlTransportTest, AFileThatShrankIsCorrupt) {
  const UniqueFd file = file_with("short");
  HttpRequest put = request(Method::kPut);
  put.body = FilePart{file.get(), 0, 10};
  expect_fault(transport->send(Call{}, put, {}), ErrorCode::kCorrupt, Sent::kPerhaps);
}

TEST_F(CurlTransportTest, ABodyGoesAgainWholeWhereAKeptConnectionHadDied) {
  imposter.script({.misdeed = Misdeed::kAnswerAndClose});
  imposter.script({});
  HttpRequest put = request(Method::kPut);
  put.body = std::string("again and again");
  ASSERT_TRUE(transport->send(Call{}, put, {}));
  ASSERT_TRUE(transport->send(Call{}, put, {}));
  EXPECT_EQ(imposter.requests().at(1).body, "again and again");
}

TEST_F(CurlTransportTest, SaysWhenARequestWentTwice) {
  imposter.script({});
  imposter.script({.misdeed = Misdeed::kCloseAfterReading});
  imposter.script({});
  HttpRequest post = request(Method::kPost);
  post.body = std::string("once?");
  const auto first = transport->send(Call{}, post, {});
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->resent);
  const auto second = transport->send(Call{}, post, {});
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_TRUE(second->resent);
  EXPECT_EQ(imposter.request_count(), 3U);
}

TEST_F(CurlTransportTest, FollowsNoRedirect) {
  imposter.script({.status = 307, .headers = {{"Location", imposter.url() + "/elsewhere"}}});
  const auto response = transport->send(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(imposter.request_count(), 1U);
}

TEST_F(CurlTransportTest, DecodesNothing) {
  imposter.script({.body = "not gzip at all", .headers = {{"Content-Encoding", "gzip"}}});
  const auto response = transport->send(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "not gzip at all");
}

TEST_F(CurlTransportTest, ReadsAChunkedBody) {
  imposter.script({.body = "in chunks", .chunked = true});
  const auto response = transport->send(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "in chunks");
}

TEST_F(CurlTransportTest, ARefusedConnectionWasNotSent) {
  HttpRequest get = request(Method::kGet);
  {
    HttpImposter gone;
    get.endpoint = *parse_endpoint(gone.url());
  }
  expect_fault(transport->send(Call{}, get, {}), ErrorCode::kUnavailable, Sent::kNo);
}

TEST_F(CurlTransportTest, AConnectionThatEndsBeforeAnAnswerMayHaveBeenSent) {
  for (const Misdeed misdeed : {Misdeed::kCloseBeforeReading, Misdeed::kCloseAfterReading, Misdeed::kReset}) {
    imposter.script({.misdeed = misdeed});
    const auto fresh = transport_with();
    expect_fault(fresh->send(Call{}, request(Method::kPost), {}), ErrorCode::kUnavailable, Sent::kPerhaps);
  }
}

TEST_F(CurlTransportTest, AShortBodyIsCorrupt) {
  imposter.script({.body = pattern(1000), .misdeed = Misdeed::kTruncate});
  expect_fault(transport->send(Call{}, request(Method::kGet), {}), ErrorCode::kCorrupt, Sent::kPerhaps);
}

TEST_F(CurlTransportTest, AnAnswerAboveTheLimitIsTooLarge) {
  imposter.script({.body = pattern(1001)});
  expect_fault(transport->send(Call{}, request(Method::kGet), {.answer_bytes = 1000}), ErrorCode::kTooLarge,
               Sent::kPerhaps);
}

TEST_F(CurlTransportTest, AHeadAboveTheLimitIsTooLarge) {
  imposter.script({.headers = {{"x-long", std::string(70'000, 'x')}}});
  expect_fault(transport->send(Call{}, request(Method::kGet), {}), ErrorCode::kTooLarge, Sent::kPerhaps);
}

TEST_F(CurlTransportTest, TheDeadlineOfTheCallEndsATransfer) {
  imposter.script({.misdeed = Misdeed::kStall});
  expect_fault(transport->send(call_within(50ms), request(Method::kGet), {}), ErrorCode::kDeadline, Sent::kPerhaps);
}

TEST_F(CurlTransportTest, TheTimeForOneTryEndsATransfer) {
  imposter.script({.body = pattern(10), .misdeed = Misdeed::kStallInBody});
  expect_fault(transport->send(Call{}, request(Method::kGet), {.total = 50ms}), ErrorCode::kUnavailable,
               Sent::kPerhaps);
}

TEST_F(CurlTransportTest, AStopEndsATransfer) {
  imposter.script({.misdeed = Misdeed::kStall});
  std::stop_source source;
  std::jthread stopper([&] {
    EXPECT_TRUE(imposter.wait_for_requests(1));
    source.request_stop();
  });
  expect_fault(transport->send({.stop = source.get_token()}, request(Method::kGet), {.total = 0ms}),
               ErrorCode::kCancelled, Sent::kPerhaps);
}

TEST_F(CurlTransportTest, AStalledTransferEnds) {
  imposter.script({.body = pattern(1000), .misdeed = Misdeed::kStallInBody});
  expect_fault(transport->send(Call{}, request(Method::kGet), {.total = 0ms, .stall = 50ms}), ErrorCode::kUnavailable,
               Sent::kPerhaps);
}

TEST_F(CurlTransportTest, ALineBreakInAHeaderIsNotSent) {
  HttpRequest get = request(Method::kGet);
  get.headers.push_back({"x-evil", "a\r\nx-injected: b"});
  expect_fault(transport->send(Call{}, get, {}), ErrorCode::kInternal, Sent::kNo);
  EXPECT_EQ(transport->idle(), 2U);
}

TEST_F(CurlTransportTest, PullsALargeBodyPieceByPiece) {
  const std::string text = pattern(5'000'000);
  for (const std::size_t step : {3'000UL, 100'000UL, 256UL * 1024, 6'000'000UL}) {
    imposter.script({.body = text});
    auto pulled = transport->open(Call{}, request(Method::kGet), {});
    ASSERT_TRUE(pulled) << pulled.error().detail;
    EXPECT_EQ((*pulled)->head().status, 200);
    EXPECT_EQ((*pulled)->head().header("content-length"), "5000000");
    EXPECT_TRUE(read_all(**pulled, step) == text) << step;
  }
}

TEST_F(CurlTransportTest, KeepsTheConnectionOfABodyThatWasReadWhole) {
  imposter.script({.body = pattern(300'000)});
  imposter.script({});
  {
    auto pulled = transport->open(Call{}, request(Method::kGet), {});
    ASSERT_TRUE(pulled);
    EXPECT_EQ(read_all(**pulled, 7777).size(), 300'000U);
  }
  ASSERT_TRUE(transport->send(Call{}, request(Method::kGet), {}));
  EXPECT_EQ(imposter.connection_count(), 1);
}

TEST_F(CurlTransportTest, GivesUpTheConnectionOfABodyThatWasNotRead) {
  imposter.script({.body = pattern(2'000'000)});
  imposter.script({.body = "next"});
  {
    ASSERT_TRUE(transport->open(Call{}, request(Method::kGet), {}));
  }
  EXPECT_EQ(transport->idle(), 2U);
  const auto next = transport->send(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "next");
  EXPECT_EQ(imposter.connection_count(), 2);
}

TEST_F(CurlTransportTest, AShortPulledBodyIsCorrupt) {
  imposter.script({.body = pattern(100'000), .misdeed = Misdeed::kTruncate});
  auto pulled = transport->open(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(pulled);
  std::vector<std::byte> buffer(30'000);
  std::size_t sum = 0;
  for (;;) {
    const auto got = (*pulled)->read(Call{}, buffer);
    if (!got) {
      EXPECT_EQ(got.error().code, ErrorCode::kCorrupt) << got.error().detail;
      break;
    }
    ASSERT_GT(*got, 0U);
    sum += *got;
  }
  EXPECT_EQ(sum, 50'000U);
}

TEST_F(CurlTransportTest, TheCallOfAReadEndsIt) {
  imposter.script({.body = pattern(10), .misdeed = Misdeed::kStallInBody});
  auto pulled = transport->open(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(pulled);
  std::array<std::byte, 5> buffer{};
  ASSERT_TRUE((*pulled)->read(Call{}, buffer));
  expect_fault((*pulled)->read(call_within(30ms), buffer), ErrorCode::kDeadline, Sent::kPerhaps);
}

TEST_F(CurlTransportTest, WaitsForASlotUntilTheDeadline) {
  const auto narrow = transport_with({.connections = 1});
  imposter.script({.body = pattern(10), .misdeed = Misdeed::kStallInBody});
  const auto holder = narrow->open(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(holder);
  expect_fault(narrow->send(call_within(30ms), request(Method::kGet), {}), ErrorCode::kDeadline, Sent::kNo);
  EXPECT_EQ(imposter.request_count(), 1U);
}

TEST_F(CurlTransportTest, RefusesAtOnceWhereTooManyWait) {
  const auto narrow = transport_with({.connections = 1, .waiters = 0});
  imposter.script({.body = pattern(10), .misdeed = Misdeed::kStallInBody});
  const auto holder = narrow->open(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(holder);
  expect_fault(narrow->send(Call{}, request(Method::kGet), {}), ErrorCode::kOverloaded, Sent::kNo);
}

TEST_F(CurlTransportTest, AStopEndsTheWaitForASlot) {
  const auto narrow = transport_with({.connections = 1});
  imposter.script({.body = pattern(10), .misdeed = Misdeed::kStallInBody});
  const auto holder = narrow->open(Call{}, request(Method::kGet), {});
  ASSERT_TRUE(holder);
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  expect_fault(narrow->send({.stop = source.get_token()}, request(Method::kGet), {}), ErrorCode::kCancelled, Sent::kNo);
}

TEST_F(CurlTransportTest, ServesManyThreadsOverFewConnections) {
  HttpImposter echo([](const ImposterRequest& seen) { return ImposterAnswer{.body = seen.body}; });
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      HttpRequest post = request(Method::kPost);
      post.endpoint = *parse_endpoint(echo.url());
      for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(t) + ":" + std::to_string(i);
        post.body = text;
        const auto response = transport->send(Call{}, post, {});
        ASSERT_TRUE(response) << response.error().detail;
        EXPECT_EQ(response->body, text);
      }
    });
  }
  threads.clear();
  EXPECT_LE(echo.connection_count(), 2);
  EXPECT_EQ(transport->idle(), 2U);
}

}  // namespace
}  // namespace lazaret::aws
