// What the cache makes of credentials: asked for once, anew before they end, by one of many callers.
#include "aws/credentials/cache.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aws/credentials/source.h"
#include "tests/support/aws_parts.h"
#include "tests/support/manual_clock.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;
using testing_support::ConstantRandom;
using testing_support::ManualClock;

// Gives what the test says, and counts.
class ScriptedSource final : public CredentialsSource {
 public:
  struct Script {
    std::mutex mutex;
    std::condition_variable signal;
    std::deque<Result<Credentials>> answers;
    int asked = 0;
    bool held = false;
    AfterEnd after_end = AfterEnd::kInvalid;
  };
  explicit ScriptedSource(Script& script) : script_(script) {}
  Result<Credentials> fetch(const Call&) override {
    std::unique_lock lock(script_.mutex);
    ++script_.asked;
    script_.signal.notify_all();
    script_.signal.wait(lock, [&] { return !script_.held; });
    if (script_.answers.empty()) return fail(ErrorCode::kUnavailable, "the script has ended", Retry::kSafe);
    auto answer = std::move(script_.answers.front());
    script_.answers.pop_front();
    return answer;
  }
  AfterEnd after_end() const override { return script_.after_end; }

 private:
  Script& script_;
};

class CachedCredentialsTest : public ::testing::Test {
 protected:
  void give(const std::string& id, std::chrono::milliseconds life) {
    script.answers.push_back(Credentials{.access_key_id = id, .expires_at = clock.now() + life, .source = "script"});
  }
  std::string id() {
    const auto got = cache.get({});
    return got ? got->access_key_id : got.error().detail;
  }

  ScriptedSource::Script script;
  ManualClock clock;
  ConstantRandom random{0};
  CachedCredentials cache{std::make_unique<ScriptedSource>(script), clock, random};
};

TEST_F(CachedCredentialsTest, AsksOnceWhileTheyAreGood) {
  give("one", 1h);
  EXPECT_EQ(id(), "one");
  clock.advance(44min);
  EXPECT_EQ(id(), "one");
  EXPECT_EQ(script.asked, 1);
}

TEST_F(CachedCredentialsTest, AsksAnewBeforeTheyEnd) {
  give("one", 1h);
  EXPECT_EQ(id(), "one");
  clock.advance(46min);
  give("two", 1h);
  EXPECT_EQ(id(), "two");
}

TEST_F(CachedCredentialsTest, ServesTheOldOnesUntilTheyEndWhereTheSourceFails) {
  give("one", 1h);
  EXPECT_EQ(id(), "one");
  clock.advance(46min);
  EXPECT_EQ(id(), "one");
  EXPECT_EQ(id(), "one");
  EXPECT_EQ(script.asked, 2);  // not once a call
  clock.advance(31s);
  EXPECT_EQ(id(), "one");
  EXPECT_EQ(script.asked, 3);
  clock.advance(14min);
  EXPECT_EQ(id(), "the script has ended");
}

TEST_F(CachedCredentialsTest, ARefreshThatIsNotUrgentHoldsNobodyUp) {
  give("one", 1h);
  EXPECT_EQ(id(), "one");
  clock.advance(46min);
  give("two", 1h);
  script.held = true;
  std::jthread refresher([&] { EXPECT_EQ(id(), "two"); });
  {
    std::unique_lock lock(script.mutex);
    script.signal.wait(lock, [&] { return script.asked == 2; });
  }
  EXPECT_EQ(id(), "one");
  const std::lock_guard lock(script.mutex);
  script.held = false;
  script.signal.notify_all();
}

TEST_F(CachedCredentialsTest, ManyCallersWaitForOneRefresh) {
  give("one", 1h);
  script.held = true;
  std::atomic<int> served = 0;
  std::vector<std::jthread> callers;
  callers.reserve(8);
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] { served += id() == "one" ? 1 : 0; });
  {
    std::unique_lock lock(script.mutex);
    script.signal.wait(lock, [&] { return script.asked == 1; });
    script.held = false;
    script.signal.notify_all();
  }
  callers.clear();
  EXPECT_EQ(served, 8);
  EXPECT_EQ(script.asked, 1);
}

TEST_F(CachedCredentialsTest, AWaitEndsWithItsCall) {
  script.held = true;
  std::jthread refresher([&] { id(); });
  {
    std::unique_lock lock(script.mutex);
    script.signal.wait(lock, [&] { return script.asked == 1; });
  }
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(cache.get({.stop = stop.get_token()}).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(cache.get({.deadline = std::chrono::steady_clock::now()}).error().code, ErrorCode::kDeadline);
  const std::lock_guard lock(script.mutex);
  script.held = false;
  script.signal.notify_all();
}

TEST_F(CachedCredentialsTest, AsksAnewForThoseThatWereCalledExpired) {
  give("one", 1h);
  give("two", 1h);
  const Credentials one = *cache.get({});
  cache.invalidate(one);
  EXPECT_EQ(id(), "two");
  cache.invalidate(one);  // no longer those last given
  EXPECT_EQ(id(), "two");
  EXPECT_EQ(script.asked, 2);
}

TEST_F(CachedCredentialsTest, ThoseThatHaveEndedAreNotServed) {
  give("old", -1min);
  EXPECT_EQ(id(), "script gave credentials that have ended");
}

TEST_F(CachedCredentialsTest, ThoseOfAnInstanceAreServedBeyondTheirEnd) {
  script.after_end = AfterEnd::kStillServed;
  give("old", -1min);
  EXPECT_EQ(id(), "old");
  EXPECT_EQ(id(), "old");
  EXPECT_EQ(script.asked, 1);
  clock.advance(2min);
  give("new", 1h);
  EXPECT_EQ(id(), "new");
}

TEST_F(CachedCredentialsTest, ThoseOfAnInstanceOutliveItsSilence) {
  script.after_end = AfterEnd::kStillServed;
  give("one", 1h);
  EXPECT_EQ(id(), "one");
  clock.advance(46min);
  EXPECT_EQ(id(), "one");
  clock.advance(1h);
  EXPECT_EQ(id(), "one");
}

TEST_F(CachedCredentialsTest, ShortSessionsAreNotAskedForAllTheTime) {
  give("one", 15min);
  EXPECT_EQ(id(), "one");
  clock.advance(5min);
  EXPECT_EQ(id(), "one");
  EXPECT_EQ(script.asked, 1);
}

}  // namespace
}  // namespace lazaret::aws
