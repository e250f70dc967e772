#include "aws/http.h"

#include <gtest/gtest.h>

namespace lazaret::aws {
namespace {

TEST(Endpoint, IsReadFromAUrl) {
  const auto endpoint = parse_endpoint("https://Storage.Example.org:9000/base/");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(*endpoint, (Endpoint{"https", "storage.example.org", 9000, "/base"}));
  EXPECT_EQ(endpoint->authority(), "storage.example.org:9000");
}

TEST(Endpoint, LeavesOutTheSchemesOwnPort) {
  EXPECT_EQ(parse_endpoint("https://example.org:443")->authority(), "example.org");
  EXPECT_EQ(parse_endpoint("http://example.org:80/")->authority(), "example.org");
  EXPECT_EQ(parse_endpoint("http://example.org:443")->authority(), "example.org:443");
}

TEST(Endpoint, ReadsAnAddressOfVersionSix) {
  EXPECT_EQ(parse_endpoint("http://[::1]:8000")->authority(), "[::1]:8000");
  EXPECT_EQ(parse_endpoint("http://[fd00:ec2::254]")->host, "[fd00:ec2::254]");
}

TEST(Endpoint, RefusesWhatIsNoPlainUrl) {
  for (const char* url : {"", "example.org", "ftp://example.org", "http://", "http://user@example.org", "http://a b",
                          "http://example.org?x", "http://example.org#x", "http://example.org/%2e", "http://h:0",
                          "http://h:65536", "http://h:", "http://h:1x", "http://[::1", "http://[::1]x", "http://::1"})
    EXPECT_FALSE(parse_endpoint(url)) << url;
}

TEST(HttpResponse, GivesTheFirstHeaderOfAName) {
  const HttpResponse response{.headers = {{"a", "1"}, {"a", "2"}}};
  EXPECT_EQ(response.header("a"), "1");
  EXPECT_EQ(response.header("b"), "");
}

}  // namespace
}  // namespace lazaret::aws
