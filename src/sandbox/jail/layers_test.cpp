// Each layer on its own, by its effect; what all of them together do is escape_test.cpp's.
#include "sandbox/jail/layers.h"

#include <array>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/jail/escapes.h"
#include "sandbox/jail/probe.h"
#include "sandbox/jail/withheld.h"
#include "sandbox/jail/zygote.h"

namespace lazaret::sandbox {
namespace {

bool escapes_by(std::string_view name) {
  for (const Escape& escape : escapes()) {
    if (escape.name == name) return escape.act();
  }
  return true;  // an unknown name fails the test
}

template <class Function>
bool is_mapped(Function* function) {
  constexpr std::uintptr_t kPage = 4096;
  unsigned char resident = 0;
  return mincore(reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(function) & ~(kPage - 1)), kPage,
                 &resident) == 0;
}

TEST(Withheld, LibrariesStayWhereTheyWereAndAreNotInAChild) {
  EXPECT_TRUE(holds([] {
    withhold_unused_libraries();
    return is_mapped(&seccomp_version) && holds([] { return !is_mapped(&seccomp_version) && is_mapped(&mincore); });
  }));
}

TEST(Layers, LimitsHoldForAnUnprivilegedProcess) {
  EXPECT_TRUE(holds([] { return drop_identity() && limits_hold({}); }));
}

TEST(Layers, LimitsRefuseProcessesAndTheirOwnUndoing) {
  for (const char* name : {"fork", "prlimit"}) {
    EXPECT_TRUE(holds([&] { return drop_identity() && limit_resources({}) && !escapes_by(name); })) << name;
  }
}

TEST(Layers, ProcessorTimeEndsWithItsOwnSignal) {
  const int status = run_apart([] {
    if (!limit_resources({.processor_seconds = 1})) return false;
    for (volatile unsigned turns = 0;; turns = turns + 1) {
    }
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGXCPU);
}

TEST(Layers, LandlockRefusesEveryPath) {
  const auto ruleset = make_landlock_ruleset();
  if (!ruleset) GTEST_SKIP() << "no Landlock in this kernel";
  EXPECT_TRUE(landlock_holds(ruleset->get()));
  for (const char* name : {"open_root", "open_passwd", "open_write"}) {
    EXPECT_TRUE(holds([&] { return harden_process() && wear_landlock(ruleset->get()) && !escapes_by(name); })) << name;
  }
}

TEST(Layers, LandlockThatIsNotThereDoesNotHold) {
  EXPECT_FALSE(landlock_holds(-1));
}

TEST(Layers, NamespacesLeaveNoNameAndNoNetwork) {
  if (!namespaces_hold()) GTEST_SKIP() << "no namespaces for this user on this machine";
  EXPECT_TRUE(holds([] {
    if (!enter_namespaces()) return false;
    return holds([] { return enter_empty_root() && !escapes_by("open_passwd") && !escapes_by("stat"); });
  }));
}

TEST(Layers, NamespacesEndWithTheirFirstProcess) {
  if (!namespaces_hold()) GTEST_SKIP() << "no namespaces for this user on this machine";
  EXPECT_TRUE(holds([] {
    if (!enter_namespaces()) return false;
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    // The first process ends; its child, which would hold the pipe open for ever, must end with it.
    run_apart([] {
      if (fork() == 0) pause();
      return true;
    });
    close(ends[1]);
    char byte = 0;
    return read(ends[0], &byte, 1) == 0;
  }));
}

TEST(Layers, DroppedIdentityHasNoCapability) {
  for (const char* name : {"mount", "setuid"}) {
    if (geteuid() != 0 && std::string_view(name) == "setuid") continue;
    EXPECT_TRUE(holds([&] { return drop_identity() && geteuid() != 0 && !escapes_by(name); })) << name;
  }
}

TEST(Layers, HardenedProcessGainsNothingAndIsNotReadable) {
  EXPECT_TRUE(holds(
      [] { return harden_process() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE) == 0; }));
}

TEST(Layers, SeccompHolds) {
#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
  GTEST_SKIP() << "sanitizers make calls that the filter does not allow";
#endif
  const auto filter = compile_seccomp_filter();
  ASSERT_TRUE(filter) << filter.error().detail;
  EXPECT_TRUE(holds([&] { return harden_process() && seccomp_holds(*filter); }));
}

TEST(Layers, AFilterThatAllowsEverythingDoesNotHold) {
  const SeccompFilter open_door{{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  EXPECT_FALSE(holds([&] { return harden_process() && seccomp_holds(open_door); }));
}

TEST(Layers, AProbeThatDiesDoesNotHold) {
  EXPECT_FALSE(holds([]() -> bool { _exit(1); }));
  EXPECT_FALSE(holds([] { return raise(SIGKILL) == 0; }));
}

TEST(InspectorOptions, AreReadFromTheCommandLine) {
  const std::array arguments{"lazaret-inspector", "--children=7", "--sandbox=off"};
  const auto options = parse_inspector_options(3, arguments.data());
  ASSERT_TRUE(options);
  EXPECT_EQ(options->children, 7U);
  EXPECT_FALSE(options->sandbox);
}

TEST(InspectorOptions, RefuseWhatTheyDoNotKnow) {
  for (const char* bad :
       {"--children=0", "--children=1025", "--children=", "--children=7x", "--sandbox=maybe", "help"}) {
    const std::array arguments{"lazaret-inspector", bad};
    EXPECT_FALSE(parse_inspector_options(2, arguments.data())) << bad;
  }
}

}  // namespace
}  // namespace lazaret::sandbox
