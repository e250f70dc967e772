#include "http/api/signed_url.h"

#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

const Timestamp kNow = *parse_rfc3339("2026-01-02T03:04:05.678Z");
const DocumentId kId = *DocumentId::parse("01890a5d-ac96-774b-bcce-b302099a8057");
const DocumentId kOther = *DocumentId::parse("01890a5d-ac96-774b-bcce-b302099a8058");
const Digest kBytes = sha256("bytes");

class SignedUrlTest : public testing::Test {
 protected:
  std::string query(std::chrono::seconds lifetime = std::chrono::minutes(15)) {
    const std::string url = signer_.sign(kId, kBytes, std::chrono::floor<std::chrono::seconds>(kNow) + lifetime);
    return url.substr(url.find('?') + 1);
  }
  LinkSigner signer_{Secret("not-a-real-key-not-a-real-key-00")};
};

TEST_F(SignedUrlTest, OpensALinkOfItsOwn) {
  const auto link = signer_.open(kId, query(), kNow);
  ASSERT_TRUE(link);
  EXPECT_TRUE(signer_.fits(*link, kId, kBytes));
}

TEST_F(SignedUrlTest, LeadsToTheContentOfTheDocument) {
  EXPECT_TRUE(signer_.sign(kId, kBytes, {}).starts_with("/api/documents/" + kId.to_string() + "/content?expires="));
}

TEST_F(SignedUrlTest, TurnsAwayALinkForAnotherDocument) {
  EXPECT_EQ(signer_.open(kOther, query(), kNow).error(), LinkFault::kInvalid);
}

TEST_F(SignedUrlTest, TurnsAwayALinkForOtherBytes) {
  EXPECT_FALSE(signer_.fits(*signer_.open(kId, query(), kNow), kId, sha256("others")));
}

TEST_F(SignedUrlTest, TurnsAwayEveryEditedCharacter) {
  const std::string good = query();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string edited = good;
    edited[i] = edited[i] == '1' ? '2' : '1';
    const auto link = signer_.open(kId, edited, kNow);
    EXPECT_FALSE(link && signer_.fits(*link, kId, kBytes)) << i;
  }
}

TEST_F(SignedUrlTest, TurnsAwayWhatIsAddedCutOrReordered) {
  const std::string good = query();
  for (const std::string& edited : {good + "&a=b", "a=b&" + good, good + "=", good.substr(0, good.size() - 1),
                                    std::string("expires=1"), std::string("signature=a"), std::string(),
                                    good.substr(good.find('&') + 1) + "&" + good.substr(0, good.find('&')),
                                    "expires=0" + good.substr(8), "expires=+" + good.substr(8)}) {
    EXPECT_FALSE(signer_.open(kId, edited, kNow)) << edited;
  }
}

TEST_F(SignedUrlTest, EndsAtItsExpiry) {
  EXPECT_TRUE(signer_.open(kId, query(std::chrono::seconds(1)), kNow));
  EXPECT_EQ(signer_.open(kId, query(std::chrono::seconds(0)), kNow).error(), LinkFault::kExpired);
}

TEST_F(SignedUrlTest, SaysOfAForgedOldLinkOnlyThatItIsForged) {
  EXPECT_EQ(signer_.open(kOther, query(-std::chrono::hours(1)), kNow).error(), LinkFault::kInvalid);
}

TEST_F(SignedUrlTest, IsWorthNothingUnderAnotherKey) {
  EXPECT_FALSE(LinkSigner(Secret("another-fake-key-another-fake-00")).open(kId, query(), kNow));
}

TEST_F(SignedUrlTest, TellsALinkFromAnOtherQuery) {
  EXPECT_TRUE(LinkSigner::is_link(query()));
  EXPECT_TRUE(LinkSigner::is_link("a=b&signature"));
  EXPECT_FALSE(LinkSigner::is_link("a=signature&b=expires"));
  EXPECT_FALSE(LinkSigner::is_link(""));
}

TEST(DerivedKey, DiffersByPurpose) {
  const Secret secret("not-a-real-key-not-a-real-key-00");
  EXPECT_NE(derive_key(secret, "link"), derive_key(secret, "cursor"));
}

}  // namespace
}  // namespace lazaret::http
