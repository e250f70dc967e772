#include "http/api/address.h"

#include <gtest/gtest.h>

namespace lazaret::http {
namespace {

bool within(std::string_view network, std::string_view address) {
  return Network::parse(network)->contains(*IpAddress::parse(address));
}

TEST(Network, HoldsItsAddressesAndNoOthers) {
  EXPECT_TRUE(within("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(within("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(within("192.0.2.128/25", "192.0.2.255"));
  EXPECT_FALSE(within("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(within("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(within("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(within("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(within("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(within("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(within("0.0.0.0/0", "2001:db8::1"));
}

TEST(Network, TakesAMappedAddressForTheOneItMaps) {
  EXPECT_TRUE(within("127.0.0.1", "::ffff:127.0.0.1"));
}

TEST(Network, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "proxy", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, ReportsEveryBadEntryAtOnce) {
  const auto networks = parse_networks({"10.0.0.0/8", "nonsense", "300.1.1.1"});
  ASSERT_FALSE(networks);
  EXPECT_EQ(networks.error().faults.size(), 2U);
}

std::string client(std::string_view peer, const std::vector<std::string>& forwarded) {
  Headers headers;
  for (const std::string& value : forwarded)
    headers.add("X-Forwarded-For", value);
  return client_address(peer, headers, *parse_networks({"10.0.0.0/8", "127.0.0.1"}));
}

TEST(ClientAddress, IsThePeerWhereThatIsNoTrustedProxy) {
  EXPECT_EQ(client("203.0.113.9", {"198.51.100.1"}), "203.0.113.9");
}

TEST(ClientAddress, IsTheRightMostHopThatIsNotTrusted) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1, 10.0.0.7"}), "198.51.100.1");
}

TEST(ClientAddress, BelievesNothingLeftOfAnUntrustedHop) {
  EXPECT_EQ(client("10.0.0.1", {"1.1.1.1, 198.51.100.1, 10.0.0.7"}), "198.51.100.1");
}

TEST(ClientAddress, ReadsRepeatedHeadersAsOneList) {
  EXPECT_EQ(client("127.0.0.1", {"1.1.1.1", "198.51.100.1", "10.0.0.7"}), "198.51.100.1");
}

TEST(ClientAddress, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(client("10.0.0.1", {"1.1.1.1, unknown, 10.0.0.7"}), "10.0.0.7");
  EXPECT_EQ(client("10.0.0.1", {""}), "10.0.0.1");
}

TEST(ClientAddress, ReadsHopsWithPorts) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1:4711"}), "198.51.100.1");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db8::1]:4711"}), "2001:db8::1");
}

TEST(ClientAddress, WritesAMappedPeerAsWhatItMaps) {
  EXPECT_EQ(client("::ffff:203.0.113.9", {}), "203.0.113.9");
}

TEST(RateLimitSubject, IsTheAddressOrTheHouseholdOfIt) {
  EXPECT_NE(rate_limit_subject("192.0.2.1"), rate_limit_subject("192.0.2.2"));
  EXPECT_EQ(rate_limit_subject("2001:db8::1"), rate_limit_subject("2001:db8::2"));
  EXPECT_NE(rate_limit_subject("2001:db8::1"), rate_limit_subject("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace lazaret::http
