// What every other folder leans on: time, ids, text forms, digests, the pool.
#include <atomic>
#include <future>
#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/crc32.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/pause.h"
#include "base/worker_pool.h"

namespace lazaret {
namespace {

TEST(Clock, WritesAndReadsTheSameMillisecond) {
  const auto time = parse_rfc3339("2026-11-24T17:33:00.123Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_rfc3339(*time), "2026-11-24T17:33:00.123Z");
  EXPECT_EQ(format_http_date(*time), "Tue, 24 Nov 2026 17:33:00 GMT");
}

TEST(Clock, ReadsOffsetsAndCutsFractions) {
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:30:00+01:00"), parse_rfc3339("2025-12-31T23:30:00Z"));
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.9999999Z"), parse_rfc3339("2026-01-01T00:00:00.999Z"));
}

TEST(Clock, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+1:00", "-026-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
  EXPECT_FALSE(parse_date("2026-13-01"));
  EXPECT_TRUE(parse_date("2024-02-29"));
}

TEST(Ids, ReadOnlyTheLowerCaseCanonicalForm) {
  SystemRandom random;
  const DocumentId id = make_document_id(SystemClock{}.now(), random);
  EXPECT_EQ(DocumentId::parse(id.to_string()), id);
  EXPECT_EQ(id.to_string()[14], '7');
  EXPECT_FALSE(DocumentId::parse("0198F5A0-0000-7000-8000-000000000000"));
  EXPECT_FALSE(DocumentId::parse("0198f5a000007000800000000000000000ab"));
  EXPECT_FALSE(DocumentId::parse("0198f5a0-0000-7000-8000-00000000000g"));
}

TEST(Ids, OfLaterTimesSortLater) {
  SystemRandom random;
  const Timestamp now = SystemClock{}.now();
  EXPECT_LT(make_document_id(now, random), make_document_id(now + std::chrono::milliseconds{1}, random));
}

TEST(Ids, AttemptsReadBack) {
  const AttemptId attempt{0x0123456789abcdefU};
  EXPECT_EQ(attempt.to_string(), "0123456789abcdef");
  EXPECT_EQ(AttemptId::parse("0123456789abcdef"), attempt);
  EXPECT_FALSE(AttemptId::parse("0123456789ABCDEF"));
}

TEST(Encoding, Base64UrlHasOneTextForEachValue) {
  for (const std::string& bytes :
       {std::string{}, std::string("a"), std::string("ab"), std::string("abc"), std::string("\xff\x00\xfe", 3)}) {
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
  EXPECT_FALSE(base64url_decode("YR"));  // bits beyond the last byte
  EXPECT_FALSE(base64url_decode("YQ=="));
  EXPECT_FALSE(base64url_decode("Y"));
}

TEST(Encoding, Base64IsReadBackWithItsPaddingOnly) {
  for (const std::string& bytes :
       {std::string{}, std::string("a"), std::string("ab"), std::string("abc"), std::string("\xff\x00\xfe", 3)}) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    EXPECT_EQ(base64_decode(base64_encode({first, bytes.size()})), bytes);
  }
  for (const char* text : {"YQ", "YQ=", "YR==", "Y===", "-_--", "YQ==YQ=="})
    EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Crc32, IsZlibs) {
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
}

TEST(Encoding, PercentDecodingRefusesBrokenEscapes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(percent_encode("a b/~"), "a%20b%2F~");
  for (const char* text : {"%", "%2", "a%", "%g0", "%0g"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Encoding, Utf8RefusesOverlongSurrogatesAndTruncation) {
  EXPECT_TRUE(is_valid_utf8("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"));
  for (const char* text : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\x80", "\xff"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Digest, MatchesTheKnownValues) {
  EXPECT_EQ(sha256("abc").to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_encode(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hmac_sha256(Secret{"key"}, "The quick brown fox jumps over the lazy dog").to_string(),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_EQ(Digest::parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), sha256("abc"));
  EXPECT_FALSE(Digest::parse("ba78"));
}

TEST(Error, AFullDiskIsUnavailableAndSafeToRetry) {
  const Error error = system_error("write spool", ENOSPC);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.retry, Retry::kSafe);
  EXPECT_EQ(system_error("open", EACCES).code, ErrorCode::kInternal);
}

TEST(WorkerPool, RunsEveryTaskItTookBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool({.name = "test", .threads = 2, .queue_limit = 100});
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(pool.try_submit([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 50);
}

TEST(WorkerPool, RefusesWhatItsQueueCannotHold) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  WorkerPool pool({.name = "test", .threads = 1, .queue_limit = 1});
  std::promise<void> started;
  ASSERT_TRUE(pool.try_submit([&started, open] {
    started.set_value();
    open.wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.try_submit([] {}));
  EXPECT_FALSE(pool.try_submit([] {}));
  gate.set_value();
}

TEST(Beside, RunsOnTheCallerWhereThePoolIsFull) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  WorkerPool pool({.name = "test", .threads = 1, .queue_limit = 1});
  std::promise<void> started;
  ASSERT_TRUE(pool.try_submit([&started, open] {
    started.set_value();
    open.wait();
  }));
  started.get_future().wait();
  bool ran = false;
  Beside beside(pool, [&ran] { ran = true; });
  beside.wait();
  EXPECT_TRUE(ran);
  gate.set_value();
}

TEST(ThreadPause, EndsWithTheCall) {
  std::stop_source source;
  source.request_stop();
  const auto before = std::chrono::steady_clock::now();
  ThreadPause().wait({.deadline = {}, .stop = source.get_token(), .request_id = {}}, std::chrono::hours{1});
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::hours{1});
}

}  // namespace
}  // namespace lazaret
