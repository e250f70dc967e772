// Clamd and the inspector before it, over an imposter that does what a real clamd will not do on demand. What a real
// one does is held by clamd_server_test.cpp.
#include "inspect/clamd.h"

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>

#include "inspect/antivirus_inspector.h"
#include "tests/support/clamd_imposter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_inspector.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::inspect {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::ClamdAnswerOf;
using testing_support::ClamdImposter;
using testing_support::ClamdRequest;
using testing_support::ManualClock;
using testing_support::ScriptedInspector;
using testing_support::TemporaryFolder;

using Then = ClamdAnswerOf::Then;

ClamdAnswerOf says(std::string_view message, Then then = Then::kClose) {
  return {std::string(message) + '\0', then};
}

// The imposter's own answer.
ClamdAnswerOf sound() {
  return {};
}

class Scanned : public testing::Test {
 protected:
  ClamdOptions options() const { return {.peer = {.address = imposter_.address()}}; }
  std::unique_ptr<Clamd> start() { return start(options()); }
  std::unique_ptr<Clamd> start(ClamdOptions with) {
    auto clamd = Clamd::start(std::move(with), clock_);
    EXPECT_TRUE(clamd) << clamd.error().detail;
    return clamd ? std::move(*clamd) : nullptr;
  }
  Error start_fails(ClamdOptions with) {
    auto clamd = Clamd::start(std::move(with), clock_);
    EXPECT_FALSE(clamd);
    return clamd ? Error{} : clamd.error();
  }
  Error start_fails() { return start_fails(options()); }

  SealedBlob blob(const std::string& bytes) {
    const auto path = folder_.path() / ("document-" + std::to_string(++documents_));
    std::ofstream(path) << bytes;
    return {UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, bytes.size(), sha256(bytes)};
  }
  // Of a document: "clean", the signature, or the error.
  std::string said(Clamd& clamd, const Call& call = {}, const std::string& bytes = "a document") {
    const auto answer = clamd.scan(call, blob(bytes));
    if (!answer) return std::string(to_string(answer.error().code));
    return answer->hit ? answer->hit->signature : "clean";
  }
  Call within(milliseconds time) {
    return {.deadline = clock_.steady_now() + time, .stop = source_.get_token(), .request_id = {}};
  }
  // From here on documents, not trials, are answered so.
  void answer_documents(ClamdAnswerOf answer) {
    imposter_.answer_by([answer](const ClamdRequest& request) {
      const bool is_document = request.command == "zINSTREAM" && request.body.starts_with("a document");
      return is_document ? answer : sound();
    });
  }
  void answer_versions(ClamdAnswerOf answer) {
    imposter_.answer_by([answer](const ClamdRequest& r) { return r.command == "zVERSION" ? answer : sound(); });
  }

  ManualClock clock_;
  TemporaryFolder folder_;
  ClamdImposter imposter_;
  std::stop_source source_;
  int documents_ = 0;
};

TEST_F(Scanned, ACleanDocumentIsClean) {
  auto clamd = start();
  EXPECT_EQ(said(*clamd), "clean");
}

TEST_F(Scanned, AnswersWithTheVersionThatLooked) {
  auto clamd = start();
  const auto answer = clamd->scan({}, blob("a document"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(to_string(answer->version), "clamav 1.4.3/27842");
}

TEST_F(Scanned, EveryByteArrivesInOrder) {
  auto clamd = start();
  std::string bytes = "a document";
  for (int i = 0; bytes.size() < 700'001; ++i)
    bytes += std::to_string(i);
  EXPECT_EQ(said(*clamd, {}, bytes), "clean");
  EXPECT_TRUE(imposter_.requests().back().body == bytes);
}

TEST_F(Scanned, AnEmptyDocumentHasNoChunk) {
  auto clamd = start();
  EXPECT_EQ(said(*clamd, {}, ""), "clean");
  EXPECT_EQ(imposter_.requests().back().body, "");
}

TEST_F(Scanned, AHitNamesItsSignature) {
  auto clamd = start();
  answer_documents(says("stream: Doc.Trojan.Agent-1 FOUND"));
  EXPECT_EQ(said(*clamd), "Doc.Trojan.Agent-1");
}

TEST_F(Scanned, NothingThatIsNoAnswerIsClean) {
  auto clamd = start();
  for (const ClamdAnswerOf& answer :
       {says("INSTREAM size limit exceeded. ERROR"), says("stream: Can't allocate memory ERROR"),
        ClamdAnswerOf{"stream: OK", {}}, ClamdAnswerOf{"stream: O", {}}, says("PONG"), says("")}) {
    answer_documents(answer);
    EXPECT_EQ(said(*clamd), "unavailable") << answer.bytes;
  }
}

TEST_F(Scanned, AnAnswerWithoutAnEndIsCutOff) {
  auto clamd = start();
  answer_documents(says("stream: OK", Then::kGoOnForEver));
  EXPECT_EQ(said(*clamd), "unavailable");
}

TEST_F(Scanned, AClamdThatStallsIsNotWaitedForForEver) {
  auto with = options();
  with.scan_limit = milliseconds(200);
  auto clamd = start(with);
  answer_documents({"", Then::kStall});
  EXPECT_EQ(said(*clamd), "unavailable");
  answer_documents(says("stream: OK", Then::kStall));  // whether it has more to say is not known
  EXPECT_EQ(said(*clamd), "unavailable");
}

TEST_F(Scanned, AClamdThatStopsReadingIsNotWaitedForForEver) {
  auto with = options();
  with.scan_limit = milliseconds(200);
  auto clamd = start(with);
  imposter_.read_no_stream(true);
  imposter_.answer_by(
      [](const ClamdRequest& r) { return r.command == "zINSTREAM" ? ClamdAnswerOf{"", Then::kStall} : sound(); });
  EXPECT_EQ(said(*clamd, {}, std::string(4'000'000, 'x')), "unavailable");
}

TEST_F(Scanned, AnAnswerBeforeTheDocumentHasArrivedIsNotBelieved) {
  auto clamd = start();
  imposter_.read_no_stream(true);
  imposter_.answer_by([](const ClamdRequest& r) { return r.command == "zINSTREAM" ? says("stream: OK") : sound(); });
  const auto answer = clamd->scan({}, blob(std::string(4'000'000, 'x')));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
}

TEST_F(Scanned, TheDeadlineOfTheCallEndsAScan) {
  auto clamd = start();
  answer_documents({"", Then::kStall});
  EXPECT_EQ(said(*clamd, within(milliseconds(100))), "deadline");
  EXPECT_EQ(said(*clamd, within(milliseconds(0))), "deadline");
}

TEST_F(Scanned, AScanThatIsCalledOffEnds) {
  auto clamd = start();
  answer_documents({"", Then::kStall});
  const std::size_t before = imposter_.requests().size();
  std::jthread caller([&] { EXPECT_EQ(said(*clamd, within(milliseconds(20'000))), "cancelled"); });
  ASSERT_TRUE(imposter_.wait_for_requests(before + 2));  // its VERSION and its document
  source_.request_stop();
}

TEST_F(Scanned, TooManyAtATimeAreTurnedAway) {
  auto with = options();
  with.scans = {.places = 1, .queue = 0};
  auto clamd = start(with);
  answer_documents({"", Then::kStall});
  const std::size_t before = imposter_.requests().size();
  std::jthread caller([&] { said(*clamd, within(milliseconds(20'000))); });
  ASSERT_TRUE(imposter_.wait_for_requests(before + 2));
  EXPECT_EQ(said(*clamd), "overloaded");
  source_.request_stop();
}

TEST_F(Scanned, AnOldDatabaseIsNeverClean) {
  auto with = options();
  with.database_age = hours(24 * 7);
  auto clamd = start(with);  // dated two hours ago
  EXPECT_EQ(said(*clamd), "clean");
  EXPECT_TRUE(clamd->probe({}));
  clock_.advance(hours(24 * 8));
  EXPECT_EQ(said(*clamd), "unavailable");
  EXPECT_THAT(clamd->probe({}).error().detail, HasSubstr("2026-01-02T01:02:03.000Z"));
  answer_versions(says("ClamAV 1.4.3/27850/Sat Jan 10 01:02:03 2026"));
  EXPECT_EQ(said(*clamd), "clean");
  EXPECT_TRUE(clamd->probe({}));
}

TEST_F(Scanned, ADatabaseWithoutADateOrFromTheFutureIsNeverClean) {
  auto with = options();
  with.database_age = hours(24 * 7);
  auto clamd = start(with);
  for (const char* version : {"ClamAV 1.4.3", "ClamAV 1.4.3/27842/Sun Jan  4 01:02:03 2026"}) {
    answer_versions(says(version));
    EXPECT_EQ(said(*clamd), "unavailable") << version;
  }
}

TEST_F(Scanned, AnyDatabaseWillDoWhereNoAgeIsAskedFor) {
  auto clamd = start();
  answer_versions(says("ClamAV 1.4.3"));
  EXPECT_EQ(said(*clamd), "clean");
}

TEST_F(Scanned, AnAgeIsForgivenTheFurthestZone) {
  const auto age = [&](milliseconds most, Timestamp now) {
    return check_database_age({"1", "2", *parse_rfc3339("2026-01-01T00:00:00Z")}, now, most).has_value();
  };
  EXPECT_TRUE(age(hours(24), *parse_rfc3339("2026-01-02T12:00:00Z")));
  EXPECT_FALSE(age(hours(24), *parse_rfc3339("2026-01-02T12:00:00.001Z")));
  EXPECT_TRUE(age(hours(24), *parse_rfc3339("2025-12-31T09:00:00Z")));
  EXPECT_FALSE(age(hours(24), *parse_rfc3339("2025-12-31T08:59:59.999Z")));
}

TEST_F(Scanned, StartIsRefusedWhereNobodyListens) {
  auto with = options();
  with.peer.address = folder_.path() / "nobody";
  EXPECT_EQ(start_fails(with).code, ErrorCode::kUnavailable);
  with.peer.address = "127.0.0.1:1";
  EXPECT_EQ(start_fails(with).code, ErrorCode::kUnavailable);
}

TEST_F(Scanned, StartNamesEverySettingThatLetsThingsPass) {
  imposter_.answer_by([](const ClamdRequest& r) { return r.command == "zINSTREAM" ? says("stream: OK") : sound(); });
  std::vector<std::string> said;
  for (const Fault& fault : start_fails().faults)
    said.push_back(fault.where + ": " + fault.detail);
  EXPECT_THAT(said, ElementsAre(HasSubstr("EICAR"), HasSubstr("ScanPDF yes"), HasSubstr("AlertExceedsMax yes"),
                                HasSubstr("AlertEncrypted yes"), HasSubstr("AlertEncrypted yes")));
  EXPECT_THAT(said.front(), HasSubstr("CLAMD_SOCKET: "));
}

TEST_F(Scanned, StartIsRefusedWhereTheLargestFileIsNotTakenWhole) {
  auto with = options();
  with.largest_file = 100'000;
  for (const char* answer :
       {"stream: OK", "INSTREAM size limit exceeded. ERROR", "stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND"}) {
    imposter_.answer_by([answer](const ClamdRequest& r) { return r.body.size() == 100'000 ? says(answer) : sound(); });
    const Error error = start_fails(with);
    ASSERT_EQ(error.faults.size(), 1U) << answer;
    EXPECT_EQ(error.faults[0].where, "MAX_FILE_SIZE");
    EXPECT_THAT(error.faults[0].detail, HasSubstr("at least 100000"));
  }
  imposter_.answer_by({});
  EXPECT_TRUE(start(with));
}

TEST_F(Scanned, WhatTheTrialsShowedIsReliedOnForAWhile) {
  auto clamd = start();
  const std::size_t trials = imposter_.count("zINSTREAM");
  EXPECT_EQ(said(*clamd), "clean");
  EXPECT_EQ(said(*clamd), "clean");
  EXPECT_EQ(imposter_.count("zINSTREAM"), trials + 2);
}

TEST_F(Scanned, SettingsThatWereChangedAreFoundOut) {
  auto with = options();
  with.trust = milliseconds(0);
  auto clamd = start(with);
  imposter_.answer_by([](const ClamdRequest& r) { return r.body.starts_with("PK") ? says("stream: OK") : sound(); });
  const auto answer = clamd->scan({}, blob("a document"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().detail, HasSubstr("AlertEncrypted"));
  EXPECT_FALSE(clamd->probe({}));
  imposter_.answer_by({});
  EXPECT_TRUE(clamd->probe({}));
  EXPECT_EQ(said(*clamd), "clean");
}

TEST_F(Scanned, AClamdThatFailedIsTriedAgainBeforeItIsReliedOn) {
  auto clamd = start();
  answer_versions(says("UNKNOWN COMMAND"));
  EXPECT_EQ(said(*clamd), "unavailable");
  imposter_.answer_by([](const ClamdRequest& r) { return r.body.starts_with("PK") ? says("stream: OK") : sound(); });
  EXPECT_EQ(said(*clamd), "unavailable");
}

TEST_F(Scanned, AProbeScansNothingWhileAllIsWell) {
  auto with = options();
  with.trust = milliseconds(0);
  auto clamd = start(with);
  const std::size_t scans = imposter_.count("zINSTREAM");
  EXPECT_TRUE(clamd->probe({}));
  EXPECT_EQ(imposter_.count("zINSTREAM"), scans);
}

TEST_F(Scanned, EveryCallIsObservedWithItsOutcome) {
  std::vector<std::string> seen;
  auto with = options();
  with.observe = [&](std::string_view call, std::string_view outcome, std::chrono::microseconds) {
    seen.push_back(std::string(call) + " " + std::string(outcome));
  };
  auto clamd = start(with);
  EXPECT_EQ(seen, std::vector<std::string>(5, "trial ok"));
  seen.clear();
  answer_documents(says("stream: read ERROR"));
  said(*clamd);
  EXPECT_THAT(seen, ElementsAre("version ok", "scan unavailable"));
}

class BehindAnInspector : public Scanned {
 protected:
  void SetUp() override { build(Policy()); }
  void build(const Policy& policy) {
    auto first = std::make_unique<ScriptedInspector>(clock_);
    first_ = first.get();
    whole_ = std::make_unique<AntivirusInspector>(std::move(first), start(), policy);
  }
  Result<Inspection> inspect() {
    return whole_->inspect({}, blob("a document"), {.extension = "pdf", .content_type = {}});
  }

  ScriptedInspector* first_ = nullptr;
  std::unique_ptr<AntivirusInspector> whole_;
};

TEST_F(BehindAnInspector, WhatBothCallCleanIsClean) {
  const auto inspection = inspect();
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->verdict.outcome, Outcome::kClean);
  EXPECT_EQ(inspection->action, Action::kStore);
  EXPECT_EQ(inspection->verdict.engine, "scripted 1 clamav 1.4.3/27842");
}

TEST_F(BehindAnInspector, AHitIsMaliciousAndRefused) {
  answer_documents(says("stream: Doc.Trojan.Agent-1 FOUND"));
  const auto inspection = inspect();
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->verdict.outcome, Outcome::kMalicious);
  EXPECT_EQ(inspection->action, Action::kReject);
  ASSERT_EQ(inspection->verdict.findings.size(), 1U);
  EXPECT_EQ(inspection->verdict.findings[0].code, "antivirus");
  EXPECT_EQ(inspection->verdict.findings[0].where, "signature Doc.Trojan.Agent-1");
}

TEST_F(BehindAnInspector, WhatClamdDidNotLookAtIsQuarantined) {
  for (const char* name : {"Heuristics.Limits.Exceeded.MaxFiles", "Heuristics.Encrypted.Zip"}) {
    answer_documents(says("stream: " + std::string(name) + " FOUND"));
    const auto inspection = inspect();
    ASSERT_TRUE(inspection);
    EXPECT_EQ(inspection->verdict.outcome, Outcome::kSuspicious);
    EXPECT_EQ(inspection->action, Action::kQuarantine);
  }
}

TEST_F(BehindAnInspector, PolicyMayTreatAHitInItsOwnWay) {
  build(*Policy::parse("finding.antivirus=quarantine,finding.antivirus_limit=reject"));
  answer_documents(says("stream: Doc.Trojan.Agent-1 FOUND"));
  EXPECT_EQ(inspect()->action, Action::kQuarantine);
  answer_documents(says("stream: Heuristics.Limits.Exceeded.MaxFiles FOUND"));
  EXPECT_EQ(inspect()->action, Action::kReject);
}

TEST_F(BehindAnInspector, WhatIsRefusedAlreadyIsNotSentOn) {
  first_->answer(Outcome::kBomb, Action::kReject);
  const std::size_t before = imposter_.requests().size();
  const auto inspection = inspect();
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->verdict.engine, "scripted 1");
  EXPECT_EQ(imposter_.requests().size(), before);
}

TEST_F(BehindAnInspector, WhatIsQuarantinedIsLookedAtAndGetsWorse) {
  first_->answer(Outcome::kSuspicious, Action::kQuarantine, {{"polyglot", Severity::kHigh, "m", "w"}});
  answer_documents(says("stream: Doc.Trojan.Agent-1 FOUND"));
  const auto inspection = inspect();
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->action, Action::kReject);
  ASSERT_EQ(inspection->verdict.findings.size(), 2U);
  EXPECT_EQ(inspection->verdict.findings[0].code, "antivirus");
}

TEST_F(BehindAnInspector, ACleanAnswerMakesNothingBetter) {
  first_->answer(Outcome::kSuspicious, Action::kQuarantine, {{"polyglot", Severity::kHigh, "m", "w"}});
  const auto inspection = inspect();
  ASSERT_TRUE(inspection);
  EXPECT_EQ(inspection->verdict.outcome, Outcome::kSuspicious);
  EXPECT_EQ(inspection->action, Action::kQuarantine);
}

TEST_F(BehindAnInspector, NothingIsLetThroughWithoutAnAnswer) {
  answer_documents(says("stream: read ERROR"));
  const auto inspection = inspect();
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, ErrorCode::kUnavailable);
  first_->fail_with(ErrorCode::kOverloaded);
  EXPECT_EQ(inspect().error().code, ErrorCode::kOverloaded);
}

TEST_F(BehindAnInspector, ReadinessIsThatOfBoth) {
  EXPECT_TRUE(whole_->probe({}));
  answer_versions(says("UNKNOWN COMMAND"));
  EXPECT_FALSE(whole_->probe({}));
  imposter_.answer_by({});
  EXPECT_TRUE(whole_->probe({}));
  first_->fail_with(ErrorCode::kUnavailable);
  EXPECT_FALSE(whole_->probe({}));
}

}  // namespace
}  // namespace lazaret::inspect
