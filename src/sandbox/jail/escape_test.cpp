// A worker as it is served with, all layers on, tries its ways out. Run twice: as whoever runs the tests, and with
// `--unprivileged`, which gives root up first.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <poll.h>
#include <unistd.h>

#include "inspect/supervisor.h"
#include "sandbox/jail/escapes.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
constexpr bool kFullyLayered = false;
#else
constexpr bool kFullyLayered = true;
#endif

class Escapes : public testing::Test {
 protected:
  void SetUp() override {
    if (access(LAZARET_IMPOSTER, X_OK) != 0) GTEST_SKIP() << "this user cannot run the inspector of this build";
    auto supervisor = inspect::Supervisor::start({.inspector = LAZARET_IMPOSTER}, inspect::Policy(), clock_);
    ASSERT_TRUE(supervisor) << supervisor.error().detail;
    supervisor_ = std::move(*supervisor);
  }
  // "escaped", "refused", or the code of the finding that its death is.
  std::string attempt(std::string_view name) {
    const std::string words = "escape " + std::string(name);
    const auto path = folder_.path() / "document";
    std::ofstream(path) << words;
    const SealedBlob blob(UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, words.size(), sha256(words));
    const auto inspection = supervisor_->inspect({}, blob, {.extension = "pdf", .content_type = {}});
    if (!inspection) return "error: " + inspection.error().detail;
    if (inspection->verdict.findings.empty()) return inspection->content_type;
    return inspection->verdict.findings[0].code;
  }
  std::string of_worker(const char* what) const {
    std::ifstream file("/proc/" + std::to_string(worker()) + "/" + what);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  pid_t worker() const { return child_of(child_of(supervisor_->zygote())); }
  static pid_t child_of(pid_t parent) {
    pid_t child = -1;
    for (int i = 0; i < 2000 && child < 0; ++i) {  // a zygote says hello before it forks
      std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
      if (!(file >> child)) poll(nullptr, 0, 5);
    }
    return child;
  }
  // A worker is sealed a moment after it was forked.
  std::string status_when_sealed(const char* sign) const {
    std::string status;
    for (int i = 0; i < 2000 && !status.contains(sign); ++i) {
      if (i > 0) poll(nullptr, 0, 5);
      status = of_worker("status");
    }
    return status;
  }

  SystemClock clock_;
  testing_support::TemporaryFolder folder_;
  std::unique_ptr<inspect::Supervisor> supervisor_;
};

TEST_F(Escapes, EveryOneKillsItsWorker) {
  if (!kFullyLayered) GTEST_SKIP() << "sanitizer builds run without seccomp";
  ASSERT_TRUE(supervisor_->layers().seccomp);
  for (const Escape& escape : escapes())
    EXPECT_EQ(attempt(escape.name), "worker_died") << escape.name;
}

TEST_F(Escapes, NoFileOpensEvenWithoutSeccomp) {
  const auto layers = supervisor_->layers();
  if (!layers.landlock && !layers.namespaces) GTEST_SKIP() << "neither Landlock nor namespaces on this machine";
  for (const char* name : {"open_passwd", "open_write"})
    EXPECT_NE(attempt(name), "escaped") << name;
}

TEST_F(Escapes, NoProcessIsMadeEvenWithoutSeccomp) {
  EXPECT_NE(attempt("fork"), "escaped");
}

TEST_F(Escapes, TheWorkerIsNobody) {
  const std::string status = status_when_sealed("NoNewPrivs:\t1");
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000"));
  EXPECT_THAT(status, Not(HasSubstr("Uid:\t0\t")));
  EXPECT_THAT(status, Not(HasSubstr("Gid:\t0\t")));
}

TEST_F(Escapes, TheWorkerWearsSeccomp) {
  if (!kFullyLayered) GTEST_SKIP() << "sanitizer builds run without seccomp";
  EXPECT_THAT(status_when_sealed("Seccomp:\t2"), HasSubstr("Seccomp:\t2"));
}

TEST_F(Escapes, TheWorkerHoldsNothingOfTheServers) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can look into a hardened process";
  status_when_sealed("SigBlk:\t0000000000000000");
  std::set<std::string> open_files;
  for (int i = 0; i < 2000 && open_files != std::set<std::string>{"0", "1", "2", "3"}; ++i) {
    if (i > 0) poll(nullptr, 0, 5);
    open_files.clear();
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(worker()) + "/fd"))
      open_files.insert(entry.path().filename());
  }
  EXPECT_EQ(open_files, (std::set<std::string>{"0", "1", "2", "3"}));
  EXPECT_THAT(of_worker("environ"), Not(HasSubstr("LAZARET_TEST_SECRET")));
}

void give_up_root() {
  constexpr gid_t kNobody = 65'534;
  if (geteuid() != 0) return;
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0) {
    std::abort();
  }
}

}  // namespace
}  // namespace lazaret::sandbox

int main(int count, char** arguments) {
  // What a worker must not come to hold: a secret of the environment, a descriptor that does not close on exec.
  setenv("LAZARET_TEST_SECRET", "not-a-real-secret", 1);
  static_cast<void>(open("/dev/null", O_RDONLY));
  testing::InitGoogleTest(&count, arguments);
  if (count > 1 && std::string_view(arguments[1]) == "--unprivileged") lazaret::sandbox::give_up_root();
  return RUN_ALL_TESTS();
}
