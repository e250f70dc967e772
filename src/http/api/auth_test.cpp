#include "http/api/auth.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/stepping_clock.h"

namespace lazaret::http {
namespace {

using testing_support::SteppingClock;

class KeyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("keys-" + std::to_string(random_.next_u64()));
    std::filesystem::create_directory(folder_);
    file_ = folder_ / "keys";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Secret make(const std::string& name, std::string_view scopes = "read,write") {
    auto key = new_key(file_, name, *Scopes::parse(scopes), clock_, random_);
    EXPECT_TRUE(key);
    return key.value_or(Secret());
  }
  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(file_) << text;
    ::chmod(file_.c_str(), mode);
  }
  std::string text() {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::unique_ptr<KeyRing> ring() {
    auto opened = KeyRing::open(file_, clock_, [this](const Error& error) { reported_.push_back(error.code); });
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }

  SystemRandom random_;
  SteppingClock clock_;
  std::filesystem::path folder_;
  std::filesystem::path file_;
  std::vector<ErrorCode> reported_;
};

TEST_F(KeyFileTest, GivesAKeyOnceAndKeepsOnlyItsHash) {
  const Secret key = make("ward-7");
  EXPECT_TRUE(key.reveal().starts_with("lzr_"));
  EXPECT_EQ(key.size(), 4U + 43U);
  EXPECT_FALSE(text().contains(key.reveal()));
  EXPECT_TRUE(text().contains(sha256(key.reveal()).to_string()));
}

TEST_F(KeyFileTest, MakesAFileThatOnlyItsOwnerMayRead) {
  make("ward-7");
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(KeyFileTest, ListsWhatWasMade) {
  make("ward-7", "read");
  make("billing", "admin,read");
  const auto keys = list_keys(file_);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(0).name, "ward-7");
  EXPECT_EQ(keys->at(1).scopes.to_string(), "read,admin");
  EXPECT_EQ(keys->at(1).created, clock_.now());
}

TEST_F(KeyFileTest, RefusesANameThatIsTaken) {
  make("ward-7");
  const auto again = new_key(file_, "ward-7", Scopes::all(), clock_, random_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
}

TEST_F(KeyFileTest, RefusesNamesThatCouldBreakALine) {
  for (const std::string name : {"", "two words", "line\nbreak", "#", "n\xc3\xa4me"}) {
    const auto key = new_key(file_, name, Scopes::all(), clock_, random_);
    ASSERT_FALSE(key) << name;
    EXPECT_EQ(key.error().code, ErrorCode::kInvalidParameter);
  }
  EXPECT_FALSE(new_key(file_, std::string(65, 'a'), Scopes::all(), clock_, random_));
}

TEST_F(KeyFileTest, RevokesOneKeyAndLeavesTheOthers) {
  make("ward-7");
  make("billing");
  ASSERT_TRUE(revoke_key(file_, "ward-7"));
  const auto keys = list_keys(file_);
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->at(0).name, "billing");
  EXPECT_EQ(revoke_key(file_, "ward-7").error().code, ErrorCode::kNotFound);
}

TEST_F(KeyFileTest, LeavesNoTemporaryFileBehind) {
  make("ward-7");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(KeyFileTest, RefusesAFileThatOthersMayTouch) {
  for (const mode_t mode : {0644U, 0640U, 0620U, 0602U, 0700U}) {
    write("", mode);
    EXPECT_EQ(list_keys(file_).error().code, ErrorCode::kForbidden) << std::oct << mode;
  }
}

TEST_F(KeyFileTest, RefusesLinesItCannotRead) {
  const std::string hash = sha256("x").to_string();
  for (const std::string& line : std::vector<std::string>{
           "name read " + hash, "name read " + hash + " 2026-01-01T00:00:00Z more",
           "name fly " + hash + " 2026-01-01T00:00:00Z", "name read abc 2026-01-01T00:00:00Z",
           "name read " + hash + " yesterday", "name read,read " + hash + " 2026-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_key_file(line).error().code, ErrorCode::kInvalidParameter) << line;
  }
}

TEST_F(KeyFileTest, RefusesANameThatIsThereTwice) {
  const std::string created = " 2026-01-01T00:00:00Z\n";
  EXPECT_FALSE(
      parse_key_file("a read " + sha256("1").to_string() + created + "a read " + sha256("2").to_string() + created));
}

TEST_F(KeyFileTest, NamesTheLineAndQuotesNothingOfIt) {
  const auto keys = parse_key_file("# comment\n\nlzr_pasted-by-mistake\n");
  ASSERT_FALSE(keys);
  EXPECT_TRUE(keys.error().detail.contains("line 3"));
  EXPECT_FALSE(keys.error().detail.contains("pasted"));
}

TEST_F(KeyFileTest, ReadsBackWhatItWrites) {
  const std::vector<KeyRecord> keys{{"a", *Scopes::parse("read"), sha256("1"), clock_.now()},
                                    {"b", Scopes::all(), sha256("2"), clock_.now()}};
  EXPECT_EQ(*parse_key_file(format_key_file(keys)), keys);
}

TEST_F(KeyFileTest, RingKnowsItsKeysAndNoOthers) {
  const Secret key = make("ward-7", "read");
  const auto keys = ring();
  const auto caller = keys->find(key);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "ward-7");
  EXPECT_TRUE(caller->scopes.contains(Scope::kRead));
  EXPECT_FALSE(caller->scopes.contains(Scope::kWrite));
  EXPECT_FALSE(keys->find(Secret("lzr_wrong")));
  EXPECT_FALSE(keys->find(Secret("")));
}

TEST_F(KeyFileTest, RingSeesANewKeyWithinASecond) {
  make("ward-7");
  const auto keys = ring();
  const Secret late = make("late");
  EXPECT_FALSE(keys->find(late));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(keys->find(late));
}

TEST_F(KeyFileTest, RingForgetsARevokedKeyWithinASecond) {
  const Secret key = make("ward-7");
  const auto keys = ring();
  ASSERT_TRUE(revoke_key(file_, "ward-7"));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(keys->find(key));
}

TEST_F(KeyFileTest, RingLetsNobodyInWhenTheFileIsGone) {
  const Secret key = make("ward-7");
  const auto keys = ring();
  std::filesystem::remove(file_);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(keys->find(key));
  EXPECT_EQ(reported_, std::vector{ErrorCode::kNotFound});
}

TEST_F(KeyFileTest, RingKeepsItsKeysWhileTheFileCannotBeReadAndReportsItOnce) {
  const Secret key = make("ward-7");
  const auto keys = ring();
  write("half a li");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(keys->find(key));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(keys->find(key));
  EXPECT_EQ(reported_, std::vector{ErrorCode::kInvalidParameter});
}

TEST_F(KeyFileTest, RingOpensNoFileThatOthersMayTouch) {
  write("", 0644);
  EXPECT_EQ(KeyRing::open(file_, clock_, {}).error().code, ErrorCode::kForbidden);
}

BearerToken parse(const std::string& value) {
  Headers headers;
  headers.add("Authorization", value);
  return bearer_token(headers);
}

TEST(Bearer, ReadsTheTokenWhateverTheCaseOfItsScheme) {
  EXPECT_EQ(parse("Bearer abc").token.reveal(), "abc");
  EXPECT_EQ(parse("bearer   abc").token.reveal(), "abc");
}

TEST(Bearer, TakesNothingElseForOne) {
  for (const std::string value : {"", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc"}) {
    EXPECT_EQ(parse(value).kind, Credential::kMalformed) << value;
  }
  EXPECT_EQ(parse("Bearer " + std::string(513, 'a')).kind, Credential::kMalformed);
  EXPECT_EQ(bearer_token({}).kind, Credential::kNone);
}

TEST(Bearer, TrustsNoRequestWithTwoCredentials) {
  Headers headers;
  headers.add("Authorization", "Bearer abc");
  headers.add("authorization", "Bearer def");
  EXPECT_EQ(bearer_token(headers).kind, Credential::kMalformed);
}

TEST(LocalHost, IsThisMachineUnderEveryName) {
  for (const std::string_view host :
       {"localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.9.1", "[::1]", "[::1]:8000"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
}

TEST(LocalHost, IsNoOtherName) {
  for (const std::string_view host :
       {"", "example.org", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "[::2]", "::1", "[::1",
        "localhost:port", "localhost:99999", "[127.0.0.1]", "localhost@example.org", "0.0.0.0"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

}  // namespace
}  // namespace lazaret::http
