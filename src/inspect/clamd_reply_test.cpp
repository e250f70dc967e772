#include "inspect/clamd_reply.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "inspect/findings.h"

namespace lazaret::inspect {
namespace {

using namespace std::string_view_literals;

std::string ended(std::string_view message) {
  return std::string(message) + '\0';
}

// "clean", "antivirus Name" or "error".
std::string said(std::string_view reply) {
  const auto answer = parse_clamd_scan(reply);
  if (!answer) return answer.error().code == ErrorCode::kUnavailable ? "error" : "another error";
  if (!*answer) return "clean";
  return std::string(finding_row((*answer)->code).name) + " " + (*answer)->signature;
}

TEST(ClamdScan, IsCleanByOneAnswerAlone) {
  EXPECT_EQ(said("stream: OK\0"sv), "clean");
}

TEST(ClamdScan, IsAnErrorWhateverElseIsSaid) {
  for (const std::string_view reply : {""sv,
                                       "\0"sv,
                                       "OK\0"sv,
                                       "stream: OK"sv,
                                       "stream: OK\n"sv,
                                       "stream:OK\0"sv,
                                       "stream: ok\0"sv,
                                       "stream: OK \0"sv,
                                       "stream: OKAY\0"sv,
                                       "1: stream: OK\0"sv,
                                       "stream: OK\0x"sv,
                                       "\0stream: OK\0"sv,
                                       "INSTREAM size limit exceeded. ERROR\0"sv,
                                       "stream: Can't allocate memory ERROR\0"sv,
                                       "stream: Time limit reached ERROR\0"sv,
                                       "UNKNOWN COMMAND\0"sv,
                                       "COMMAND READ TIMED OUT\0"sv,
                                       "PONG\0"sv,
                                       "stream: FOUND\0"sv,
                                       "stream: Name FOUND"sv,
                                       "stream: Name FOUND \0"sv,
                                       "Name FOUND\0"sv}) {
    EXPECT_EQ(said(reply), "error") << printable_reply(reply);
  }
}

TEST(ClamdScan, NamesTheSignature) {
  EXPECT_EQ(said("stream: Win.Test.EICAR_HDB-1 FOUND\0"sv), "antivirus Win.Test.EICAR_HDB-1");
  EXPECT_EQ(said("stream: House.Rule-7.UNOFFICIAL FOUND\0"sv), "antivirus House.Rule-7.UNOFFICIAL");
}

TEST(ClamdScan, LeavesOutWhatAnOlderClamdAddsToTheName) {
  EXPECT_EQ(said("stream: Name(44d88612fea8a8f36de82e1278abb02f:68) FOUND\0"sv), "antivirus Name");
}

TEST(ClamdScan, MakesANameOfWhateverStandsThere) {
  EXPECT_EQ(said("stream: <b>\xc3\xa9\"\r\n FOUND FOUND\0"sv), "antivirus _b_______FOUND");
  EXPECT_EQ(said("stream:  FOUND\0"sv), "antivirus unnamed");
  const std::string longest = said(ended("stream: " + std::string(1000, 'x') + " FOUND"));
  EXPECT_EQ(longest, "antivirus " + std::string(kLongestSignature, 'x'));
}

TEST(ClamdScan, TellsWhatCouldNotBeLookedAtFromAnAttack) {
  EXPECT_EQ(said("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"sv),
            "antivirus_limit Heuristics.Limits.Exceeded.MaxFileSize");
  EXPECT_EQ(said("stream: Heuristics.Limits.Exceeded FOUND\0"sv), "antivirus_limit Heuristics.Limits.Exceeded");
  EXPECT_EQ(said("stream: Heuristics.Encrypted.PDF FOUND\0"sv), "antivirus_locked Heuristics.Encrypted.PDF");
  EXPECT_EQ(said("stream: Heuristics.Encrypted.Zip FOUND\0"sv), "antivirus_locked Heuristics.Encrypted.Zip");
  EXPECT_EQ(said("stream: Heuristics.PDF.ObfuscatedNameObject FOUND\0"sv),
            "escaped_name Heuristics.PDF.ObfuscatedNameObject");
  EXPECT_EQ(said("stream: Heuristics.Phishing.Email.SpoofedDomain FOUND\0"sv),
            "antivirus Heuristics.Phishing.Email.SpoofedDomain");
}

TEST(ClamdScan, TakesTheWorstOfSeveralAnswers) {
  EXPECT_EQ(said("stream: Heuristics.Encrypted.Zip FOUND\0stream: Worm FOUND\0"sv), "antivirus Worm");
  EXPECT_EQ(said("stream: Worm FOUND\0stream: Heuristics.Encrypted.Zip FOUND\0"sv), "antivirus Worm");
  EXPECT_EQ(said("stream: Heuristics.PDF.ObfuscatedNameObject FOUND\0stream: Heuristics.Encrypted.Zip FOUND\0"sv),
            "antivirus_locked Heuristics.Encrypted.Zip");
  EXPECT_EQ(said("stream: Heuristics.Encrypted.Zip FOUND\0stream: OK\0"sv),
            "antivirus_locked Heuristics.Encrypted.Zip");
}

TEST(ClamdScan, KeepsAnAttackBesideAFaultAndNothingElse) {
  EXPECT_EQ(said("stream: Worm FOUND\0stream: read ERROR\0"sv), "antivirus Worm");
  EXPECT_EQ(said("stream: OK\0stream: read ERROR\0"sv), "error");
  EXPECT_EQ(said("stream: Heuristics.Encrypted.Zip FOUND\0stream: read ERROR\0"sv), "error");
}

TEST(ClamdVersion, HasEngineDatabaseAndItsDate) {
  const auto version = parse_clamd_version("ClamAV 1.4.3/27842/Tue Feb  4 09:05:07 2025\0"sv);
  ASSERT_TRUE(version);
  EXPECT_EQ(version->engine, "1.4.3");
  EXPECT_EQ(version->database, "27842");
  EXPECT_EQ(version->dated, parse_rfc3339("2025-02-04T09:05:07Z"));
  EXPECT_EQ(to_string(*version), "clamav 1.4.3/27842");
}

TEST(ClamdVersion, MayLackADatabaseThatHasADate) {
  const auto version = parse_clamd_version("ClamAV 1.4.6-rc2+deb~1\0"sv);
  ASSERT_TRUE(version);
  EXPECT_EQ(version->database, "");
  EXPECT_FALSE(version->dated);
  EXPECT_EQ(to_string(*version), "clamav 1.4.6-rc2+deb~1");
}

TEST(ClamdVersion, IsAnErrorWhateverElseIsSaid) {
  for (const std::string_view reply :
       {""sv, "ClamAV "sv, "ClamAV \0"sv, "ClamAV 1.4.3"sv, "ClamAV 1.4.3\n"sv, "Other 1.4.3\0"sv, "ClamAV 1 4\0"sv,
        "ClamAV 1.4.3/27842\0"sv, "ClamAV 1.4.3//Tue Feb  4 09:05:07 2025\0"sv,
        "ClamAV 1.4.3/x/Tue Feb  4 09:05:07 2025\0"sv, "ClamAV 1.4.3/1/Tue Feb 30 09:05:07 2025\0"sv,
        "ClamAV 1.4.3/1/Tue Feb  4 24:05:07 2025\0"sv, "ClamAV 1.4.3/1/Tue Feb  4 09:05:07 20250\0"sv,
        "ClamAV 1.4.3/1/Tue Feb  4 09:05:07\0"sv, "ClamAV 1.4.3/1/Tue Feb  4 09:05:07 2025 UTC\0"sv,
        "ClamAV 1.4.3/1/Tue Fev  4 09:05:07 2025\0"sv, "ClamAV 1.4.3/12345678901/Tue Feb  4 09:05:07 2025\0"sv}) {
    EXPECT_FALSE(parse_clamd_version(reply)) << printable_reply(reply);
  }
}

TEST(ClamdReply, IsShownToALogWithoutWhatALogCannotHold) {
  EXPECT_EQ(printable_reply(""), "nothing");
  EXPECT_EQ(printable_reply("a\nb\x1b[0m\xff\0"sv), "a b [0m");
  EXPECT_LE(printable_reply(std::string(10'000, 'x')).size(), 200U);
}

}  // namespace
}  // namespace lazaret::inspect
