// The supervisor over the imposter: the real zygote and wire, and workers that do what their document says.
#include "inspect/supervisor.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

namespace lazaret::inspect {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing_support::TemporaryFolder;

constexpr std::string_view kImposter = LAZARET_IMPOSTER;

SupervisorOptions options() {
  return {.inspector = kImposter, .engine = "lazaret-inspector test"};
}

class Supervised : public testing::Test {
 protected:
  std::unique_ptr<Supervisor> start(SupervisorOptions with = options()) {
    auto supervisor = Supervisor::start(std::move(with), Policy(), clock_);
    EXPECT_TRUE(supervisor) << supervisor.error().detail;
    return supervisor ? std::move(*supervisor) : nullptr;
  }
  // An imposter whose zygote misbehaves in the way it is named after.
  Error start_fails(const std::string& way, SupervisorOptions with = options()) {
    with.inspector = named(way);
    auto supervisor = Supervisor::start(std::move(with), Policy(), clock_);
    EXPECT_FALSE(supervisor);
    return supervisor ? Error{} : supervisor.error();
  }
  std::filesystem::path named(const std::string& way) {
    const auto path = folder_.path() / ("imposter-" + way);
    std::filesystem::create_symlink(kImposter, path);
    return path;
  }
  SealedBlob blob(const std::string& words) {
    const auto path = folder_.path() / ("document-" + std::to_string(++documents_));
    std::ofstream(path) << words;
    return {UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, words.size(), sha256(words)};
  }
  static Result<Inspection> inspect(Supervisor& supervisor, const SealedBlob& document, const Call& call = {}) {
    return supervisor.inspect(call, document, {.extension = "pdf", .content_type = "application/pdf"});
  }
  std::string only_finding(Supervisor& supervisor, const std::string& words) {
    const auto inspection = inspect(supervisor, blob(words));
    if (!inspection) return "error: " + inspection.error().detail;
    if (inspection->verdict.findings.size() != 1) return "findings";
    return inspection->verdict.findings[0].code;
  }

  SystemClock clock_;
  TemporaryFolder folder_;
  int documents_ = 0;
};

// A child of `parent` that has burnt some time: a worker that spins. -1 when there is none.
pid_t spinning_child_of(pid_t parent) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto after_name = text.rfind(") ");
    if (after_name == std::string::npos) continue;
    char state = 0;
    long ppid = 0, skipped = 0, user_ticks = 0;
    std::istringstream fields(text.substr(after_name + 2));
    fields >> state >> ppid;
    for (int i = 0; i < 9; ++i)
      fields >> skipped;
    fields >> user_ticks;
    if (ppid == parent && user_ticks >= 3) return static_cast<pid_t>(std::stol(name));
  }
  return -1;
}

pid_t child_of(pid_t parent) {
  std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  pid_t child = -1;
  file >> child;
  return child;
}

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    poll(nullptr, 0, 5);
  }
  return false;
}

TEST_F(Supervised, AnswersWithTheVerdictOfTheWorkersFacts) {
  auto supervisor = start();
  const auto inspection = inspect(*supervisor, blob("clean"));
  ASSERT_TRUE(inspection) << inspection.error().detail;
  EXPECT_EQ(inspection->verdict.outcome, Outcome::kClean);
  EXPECT_EQ(inspection->action, Action::kStore);
  EXPECT_EQ(inspection->content_type, "application/pdf");
  EXPECT_EQ(inspection->extracted.text(), R"({"page_count":1,"encrypted":false})");
}

TEST_F(Supervised, NamesTheEngineWithItsLibraries) {
  auto supervisor = start();
  EXPECT_EQ(inspect(*supervisor, blob("clean"))->verdict.engine, "lazaret-inspector test imposter 1");
}

TEST_F(Supervised, HandsOverTheClaimsOfTheSender) {
  auto with = options();
  with.walk = false;
  auto supervisor = start(with);
  EXPECT_EQ(inspect(*supervisor, blob("task"))->content_type, "pdf/application/pdf/stay");
}

TEST_F(Supervised, PassesFindingsOn) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "uri"), "uri");
}

TEST_F(Supervised, InspectsManyMoreDocumentsThanItHasWorkers) {
  auto supervisor = start();
  const SealedBlob document = blob("clean");
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(inspect(*supervisor, document));
}

TEST_F(Supervised, LeavesTheServersFileOffsetAlone) {
  auto supervisor = start();
  const SealedBlob document = blob("clean");
  ASSERT_EQ(lseek(document.fd(), 3, SEEK_SET), 3);
  ASSERT_TRUE(inspect(*supervisor, document));
  EXPECT_EQ(lseek(document.fd(), 0, SEEK_CUR), 3);
}

TEST_F(Supervised, ServesManyThreadsAtOnce) {
  auto with = options();
  with.queue_limit = 100;
  auto supervisor = start(with);
  const SealedBlob document = blob("clean");
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k)
        good += inspect(*supervisor, document).has_value() ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 80);
}

TEST_F(Supervised, CallsADocumentThatCrashesItsWorkerABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "crash"), "worker_died");
  EXPECT_EQ(inspect(*supervisor, blob("crash"))->verdict.outcome, Outcome::kBomb);
}

TEST_F(Supervised, CallsAnAbortABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "abort"), "worker_died");
}

TEST_F(Supervised, CallsAnUncaughtExceptionABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "throw"), "worker_died");
}

TEST_F(Supervised, CallsGarbageABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "garbage"), "worker_died");
}

TEST_F(Supervised, CallsAnOversizedAnswerABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "oversize"), "worker_died");
}

TEST_F(Supervised, CallsAnEndWithoutAnAnswerABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "exit"), "worker_died");
}

TEST_F(Supervised, CallsAnEmptyAnswerABomb) {
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "nothing"), "worker_died");
}

TEST_F(Supervised, CallsAWorkerThatOutlivesTheWallClockABomb) {
  auto with = options();
  with.wall_limit = milliseconds(50);
  auto supervisor = start(with);
  EXPECT_EQ(only_finding(*supervisor, "silence"), "time_limit");
}

TEST_F(Supervised, CallsAWorkerThatEatsTooMuchMemoryABomb) {
#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
  GTEST_SKIP() << "sanitizers need more addresses than the limit gives";
#endif
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "memory"), "memory_limit");
}

TEST_F(Supervised, CallsAWorkerThatUsesUpItsProcessorTimeABomb) {
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)
  GTEST_SKIP() << "seccomp keeps a worker from pretending";
#endif
  auto supervisor = start();
  EXPECT_EQ(only_finding(*supervisor, "overtime"), "time_limit");
}

TEST_F(Supervised, GoesOnAfterEveryKindOfDeath) {
  auto with = options();
  with.wall_limit = milliseconds(100);
  auto supervisor = start(with);
  for (const char* words : {"crash", "garbage", "oversize", "exit", "nothing", "silence", "abort"}) {
    EXPECT_TRUE(inspect(*supervisor, blob(words))) << words;
  }
  EXPECT_EQ(inspect(*supervisor, blob("clean"))->verdict.outcome, Outcome::kClean);
}

TEST_F(Supervised, TriesAgainOnceAndThenSaysThatItCannot) {
  auto supervisor = start();
  const auto inspection = inspect(*supervisor, blob("fault"));
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(inspection.error().retry, Retry::kSafe);
}

TEST_F(Supervised, ReplacesWorkersThatAnswerAndDoNotEnd) {
  auto supervisor = start();
  const SealedBlob document = blob("linger");
  for (int i = 0; i < 8; ++i)
    ASSERT_TRUE(inspect(*supervisor, document)) << i;  // twice as many as the zygote keeps
}

TEST_F(Supervised, EndsWithTheDeadlineOfTheCall) {
  auto supervisor = start();
  const Call call{.deadline = clock_.steady_now() + milliseconds(50), .stop = {}, .request_id = {}};
  const auto inspection = inspect(*supervisor, blob("silence"), call);
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kDeadline);
}

TEST_F(Supervised, DoesNotBeginAfterTheDeadline) {
  auto supervisor = start();
  const auto inspection = inspect(*supervisor, blob("clean"), {.deadline = {}, .stop = {}, .request_id = {}});
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kDeadline);
}

TEST_F(Supervised, EndsWhenTheCallIsCalledOff) {
  auto supervisor = start();
  std::stop_source source;
  Result<Inspection> inspection = Inspection{};
  std::jthread caller([&] {
    inspection = inspect(*supervisor, blob("silence"),
                         {.deadline = Call{}.deadline, .stop = source.get_token(), .request_id = {}});
  });
  EXPECT_TRUE(eventually([&] { return spinning_child_of(child_of(supervisor->zygote())) > 0; }));
  source.request_stop();
  caller.join();
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kCancelled);
}

TEST_F(Supervised, TurnsAwayWhoeverComesWhenTheQueueIsFull) {
  auto with = options();
  with.children = 1;
  with.queue_limit = 0;
  auto supervisor = start(with);
  std::stop_source source;
  const SealedBlob silence = blob("silence");
  std::jthread caller([&] {
    EXPECT_FALSE(
        inspect(*supervisor, silence, {.deadline = Call{}.deadline, .stop = source.get_token(), .request_id = {}}));
  });
  EXPECT_TRUE(eventually([&] { return spinning_child_of(child_of(supervisor->zygote())) > 0; }));
  const auto inspection = inspect(*supervisor, blob("clean"));
  source.request_stop();
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kOverloaded);
}

TEST_F(Supervised, WaitingForATurnEndsWithTheDeadline) {
  auto with = options();
  with.children = 1;
  auto supervisor = start(with);
  std::stop_source source;
  const SealedBlob silence = blob("silence");
  std::jthread caller([&] {
    EXPECT_FALSE(
        inspect(*supervisor, silence, {.deadline = Call{}.deadline, .stop = source.get_token(), .request_id = {}}));
  });
  EXPECT_TRUE(eventually([&] { return spinning_child_of(child_of(supervisor->zygote())) > 0; }));
  const auto inspection = inspect(*supervisor, blob("clean"),
                                  {.deadline = clock_.steady_now() + milliseconds(30), .stop = {}, .request_id = {}});
  source.request_stop();
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kDeadline);
}

TEST_F(Supervised, StartsAnotherZygoteWhenTheFirstIsKilled) {
  auto supervisor = start();
  const pid_t first = supervisor->zygote();
  ASSERT_EQ(kill(first, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return supervisor->zygote() != first && supervisor->probe({}).has_value(); }));
  EXPECT_TRUE(inspect(*supervisor, blob("clean")));
}

TEST_F(Supervised, FindsANewWorkerForADocumentWhoseZygoteIsKilled) {
  auto supervisor = start();
  const SealedBlob document = blob("silence");
  Result<Inspection> inspection = Inspection{};
  std::jthread caller([&] { inspection = inspect(*supervisor, document); });
  const pid_t zygote = child_of(supervisor->zygote());
  ASSERT_TRUE(eventually([&] { return spinning_child_of(zygote) > 0; }));
  std::ofstream(document.temporary_name()) << "uri";
  ASSERT_EQ(kill(zygote, SIGKILL), 0);
  caller.join();
  ASSERT_TRUE(inspection) << inspection.error().detail;
  ASSERT_EQ(inspection->verdict.findings.size(), 1U);
  EXPECT_EQ(inspection->verdict.findings[0].code, "uri");
}

TEST_F(Supervised, IsNeverWrongAndNeverHangsWhileZygotesDie) {
  auto with = options();
  with.queue_limit = 100;
  auto supervisor = start(with);
  const SealedBlob document = blob("uri");
  std::atomic<int> right = 0;
  std::atomic<int> unavailable = 0;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        const auto inspection = inspect(*supervisor, document);
        if (!inspection) {
          unavailable += inspection.error().code == ErrorCode::kUnavailable ? 1 : 0;
        } else if (inspection->verdict.findings.size() == 1 && inspection->verdict.findings[0].code == "uri") {
          ++right;
        }
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    const pid_t zygote = supervisor->zygote();
    if (zygote > 0) kill(zygote, SIGKILL);
    eventually([&] { return supervisor->zygote() != zygote && supervisor->probe({}).has_value(); });
  }
  threads.clear();
  EXPECT_EQ(right + unavailable, 200);
}

TEST_F(Supervised, ShowsWhileThereIsNoZygote) {
  auto with = options();
  with.inspector = folder_.path() / "inspector";
  std::filesystem::copy_file(kImposter, with.inspector);
  with.worker_limit = milliseconds(200);
  auto supervisor = start(with);
  EXPECT_TRUE(supervisor->probe({}));
  std::filesystem::remove(with.inspector);
  ASSERT_EQ(kill(supervisor->zygote(), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return !supervisor->probe({}).has_value(); }));
  const auto inspection = inspect(*supervisor, blob("clean"));
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kUnavailable);
}

TEST_F(Supervised, EndsAllProcessesWithItself) {
  auto supervisor = start();
  const pid_t outer = supervisor->zygote();
  const pid_t inner = child_of(outer);
  pid_t worker = -1;
  ASSERT_TRUE(eventually([&] { return (worker = child_of(inner)) > 0; }));
  supervisor.reset();
  EXPECT_TRUE(eventually([&] { return kill(outer, 0) != 0 && kill(inner, 0) != 0 && kill(worker, 0) != 0; }));
}

TEST_F(Supervised, StartsAnotherZygoteAfterManyDeathsAndShowsNoGap) {
  auto supervisor = start();
  const pid_t first = supervisor->zygote();
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(only_finding(*supervisor, "crash"), "worker_died");
#if !defined(LAZARET_ASAN) && !defined(LAZARET_TSAN)  // whose runtimes exit where others die by a signal
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(supervisor->probe({}));
    return supervisor->zygote() != first && supervisor->zygote() > 0;
  }));
#endif
  EXPECT_GT(first, 0);
  EXPECT_TRUE(inspect(*supervisor, blob("clean")));
}

TEST_F(Supervised, EndsAllProcessesWithItsServer) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t server = fork();
  if (server == 0) {
    const auto supervisor = Supervisor::start(options(), Policy(), clock_);
    const pid_t outer = supervisor ? (*supervisor)->zygote() : -1;
    if (write(ends[1], &outer, sizeof outer) == sizeof outer) pause();
    _exit(1);
  }
  pid_t outer = -1;
  ASSERT_EQ(read(ends[0], &outer, sizeof outer), static_cast<ssize_t>(sizeof outer));
  ASSERT_GT(outer, 0);
  const pid_t inner = child_of(outer);
  ASSERT_EQ(kill(server, SIGKILL), 0);
  ASSERT_EQ(waitpid(server, nullptr, 0), server);
  EXPECT_TRUE(eventually([&] { return kill(outer, 0) != 0 && kill(inner, 0) != 0; }));
}

TEST_F(Supervised, RefusesAnInspectorThatIsNotThere) {
  auto with = options();
  with.inspector = "/nonexistent/lazaret-inspector";
  const auto supervisor = Supervisor::start(with, Policy(), clock_);
  ASSERT_FALSE(supervisor);
  EXPECT_EQ(supervisor.error().code, ErrorCode::kUnavailable);
}

TEST_F(Supervised, RefusesAZygoteThatDiesAtOnce) {
  EXPECT_EQ(start_fails("dies").code, ErrorCode::kUnavailable);
}

TEST_F(Supervised, RefusesAZygoteThatSpeaksAnotherLanguage) {
  EXPECT_EQ(start_fails("foreign").code, ErrorCode::kUnavailable);
}

TEST_F(Supervised, RefusesAZygoteThatSaysNothing) {
  auto with = options();
  with.start_limit = milliseconds(50);
  EXPECT_THAT(start_fails("silent", with).detail, HasSubstr("in time"));
}

TEST_F(Supervised, PassesOnWhyAZygoteCannotWork) {
  EXPECT_THAT(start_fails("faulty").detail, HasSubstr("no magic"));
}

TEST_F(Supervised, RefusesASandboxWithoutItsRequiredLayers) {
  EXPECT_THAT(start_fails("unsealed").detail, HasSubstr("limits"));
}

TEST_F(Supervised, RefusesASandboxWithoutIsolationWhereItIsRequired) {
  auto with = options();
  with.require_isolation = true;
  EXPECT_THAT(start_fails("unisolated", with).detail, HasSubstr("Landlock"));
}

TEST_F(Supervised, GivesUpWaitingForWorkersThatDoNotCome) {
  auto with = options();
  with.inspector = named("stuck");
  with.worker_limit = milliseconds(50);
  auto supervisor = start(with);
  const pid_t first = supervisor->zygote();
  EXPECT_EQ(inspect(*supervisor, blob("clean")).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(eventually([&] { return supervisor->zygote() != first; }));  // and it is started anew
}

TEST_F(Supervised, DropsAZygoteThatTalksNonsense) {
  for (const char* way : {"babbling", "channelless"}) {
    auto with = options();
    with.inspector = named(way);
    with.worker_limit = milliseconds(50);
    auto supervisor = start(with);
    EXPECT_EQ(inspect(*supervisor, blob("clean")).error().code, ErrorCode::kUnavailable) << way;
  }
}

TEST_F(Supervised, WithoutTheSandboxEachDocumentStillHasItsProcess) {
  auto with = options();
  with.sandbox = false;
  auto supervisor = start(with);
  EXPECT_EQ(only_finding(*supervisor, "crash"), "worker_died");
  EXPECT_FALSE(supervisor->layers().limits);
}

TEST_F(Supervised, TellsWhichLayersHold) {
  auto supervisor = start();
  EXPECT_TRUE(supervisor->layers().limits);
  EXPECT_TRUE(supervisor->layers().no_new_privileges);
}

}  // namespace
}  // namespace lazaret::inspect
