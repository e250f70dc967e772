// The transport and the client over TLS, against certificates made when the test runs.
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aws/client.h"
#include "aws/credentials/credentials.h"
#include "aws/curl/transport.h"
#include "base/unique_fd.h"
#include "tests/support/aws_parts.h"
#include "tests/support/http_imposter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/signature_check.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_front.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;
using testing_support::ConstantRandom;
using testing_support::HttpImposter;
using testing_support::ManualClock;
using testing_support::Misdeed;
using testing_support::RecordingPause;
using testing_support::RollingCredentials;
using testing_support::signature_fault;
using testing_support::TemporaryFolder;
using testing_support::TlsAuthority;
using testing_support::TlsFront;

std::string numbered_lines(std::size_t size) {
  std::string text;
  for (int line = 0; text.size() < size; ++line)
    text += std::to_string(line) + "\n";
  return text.substr(0, size);
}

UniqueFd file_with(std::string_view text) {
  UniqueFd file(::memfd_create("body", MFD_CLOEXEC));
  EXPECT_EQ(::pwrite(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return file;
}

class TlsTest : public ::testing::Test {
 protected:
  std::string write_bundle(std::string_view text) const {
    const auto path = folder.path() / "authorities.pem";
    std::ofstream(path, std::ios::trunc) << text;
    return path;
  }
  std::unique_ptr<CurlTransport> transport_that_trusts(const std::string& file) const {
    auto made = CurlTransport::make({.connections = 1, .ca_bundle = file});
    EXPECT_TRUE(made) << made.error().detail;
    return *std::move(made);
  }
  HttpRequest request(const TlsFront& server, Method method, std::string path = "/") const {
    const Endpoint endpoint = *parse_endpoint(server.url());
    return {
        .method = method, .endpoint = endpoint, .path = std::move(path), .headers = {{"host", endpoint.authority()}}};
  }
  // A certificate that is refused: said, not sent, and no use in trying again.
  void expect_refused(const TlsFront& server, const std::string& why) {
    const auto outcome = transport->send(Call{}, request(server, Method::kPost), {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(outcome.error().sent, Sent::kNo);
    EXPECT_EQ(outcome.error().outlook, Outlook::kLasting);
    EXPECT_TRUE(outcome.error().detail.contains(why)) << outcome.error().detail;
    EXPECT_EQ(imposter.request_count(), 0U);
  }
  // libcurl does not tell these from a handshake that broke, which may pass.
  void expect_no_connection(const TlsFront& server) {
    const auto outcome = transport->send(Call{}, request(server, Method::kPost), {});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable) << outcome.error().detail;
    EXPECT_EQ(outcome.error().sent, Sent::kNo) << outcome.error().detail;
    EXPECT_EQ(imposter.request_count(), 0U);
  }
  Client client_of(const TlsFront& server) {
    return {{.transport = *transport, .credentials = credentials, .clock = clock, .random = random, .pause = &pause},
            {.endpoint = *parse_endpoint(server.url()), .region = "eu-west-1"}};
  }
  static Operation put() {
    return {.name = "PutObject", .method = Method::kPut, .path = "/bucket/key", .body = std::string("the body")};
  }

  TemporaryFolder folder;
  TlsAuthority authority{"An authority"};
  const std::string bundle = write_bundle(authority.pem());
  HttpImposter imposter;
  TlsFront front{authority.vouch_for("localhost"), imposter.port()};
  std::unique_ptr<CurlTransport> transport = transport_that_trusts(bundle);
  RollingCredentials credentials{{{.access_key_id = "AKID", .secret_access_key = Secret{"a secret"}}}};
  ManualClock clock{SystemClock{}.now()};
  ConstantRandom random;
  RecordingPause pause;
};

TEST_F(TlsTest, AnAuthorityOfTheBundleIsTrustedAndTheConnectionIsKept) {
  for (int i = 0; i < 3; ++i) {
    imposter.script({.body = "hello"});
    const auto response = transport->send(Call{}, request(front, Method::kGet), {});
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->body, "hello");
  }
  EXPECT_EQ(front.connection_count(), 1);
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
  const TlsFront stranger(TlsAuthority("Another authority").vouch_for("localhost"), imposter.port());
  expect_refused(stranger, "certificate");
}

TEST_F(TlsTest, AnAuthorityThatTakesTheNameOfATrustedOneIsRefused) {
  const TlsFront imitator(TlsAuthority("An authority").vouch_for("localhost"), imposter.port());
  expect_no_connection(imitator);
}

TEST_F(TlsTest, TheSystemsAuthoritiesDoNotVouchForAnAuthorityOfOnesOwn) {
  transport = transport_that_trusts("");
  expect_refused(front, "certificate");
}

TEST_F(TlsTest, ACertificateOfAnotherHostIsRefused) {
  const TlsFront elsewhere(authority.vouch_for("elsewhere.example.org"), imposter.port());
  expect_refused(elsewhere, "localhost");
}

TEST_F(TlsTest, ACertificateThatIsOverIsRefused) {
  const TlsFront old(authority.vouch_for("localhost", -1h), imposter.port());
  expect_refused(old, "expired");
}

TEST_F(TlsTest, ABundleThatHoldsNoAuthorityIsSaid) {
  write_bundle("not a certificate");
  expect_refused(front, bundle);
}

TEST_F(TlsTest, ABundleThatCannotBeReadIsSaidAtTheStart) {
  const auto made = CurlTransport::make({.connections = 1, .ca_bundle = folder.path() / "gone.pem"});
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().detail.contains("gone.pem")) << made.error().detail;
}

TEST_F(TlsTest, TlsBelow12IsRefused) {
  const TlsFront old(authority.vouch_for("localhost"), imposter.port(), TLS1_1_VERSION);
  expect_no_connection(old);
}

TEST_F(TlsTest, Tls12IsSpoken) {
  const TlsFront older(authority.vouch_for("localhost"), imposter.port(), TLS1_2_VERSION);
  imposter.script({.body = "hello"});
  const auto response = transport->send(Call{}, request(older, Method::kGet), {});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "hello");
}

TEST_F(TlsTest, APartOfAFileGoesWhole) {
  const std::string text = numbered_lines(3'000'000);
  const UniqueFd file = file_with(text);
  imposter.script({});
  HttpRequest put = request(front, Method::kPut);
  put.body = FilePart{file.get(), 1000, 2'500'000};
  const auto response = transport->send(Call{}, put, {});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_TRUE(imposter.requests().at(0).body == text.substr(1000, 2'500'000));
}

TEST_F(TlsTest, ALargeBodyIsPulledAsItIsWanted) {
  const std::string text = numbered_lines(5'000'000);
  imposter.script({.body = text});
  auto pulled = transport->open(Call{}, request(front, Method::kGet), {});
  ASSERT_TRUE(pulled) << pulled.error().detail;
  std::string got;
  std::vector<std::byte> buffer(7777);
  for (;;) {
    const auto count = (*pulled)->read(Call{}, buffer);
    ASSERT_TRUE(count) << count.error().detail;
    if (*count == 0) break;
    got.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
  EXPECT_TRUE(got == text);
}

TEST_F(TlsTest, AShortBodyIsCorrupt) {
  imposter.script({.body = "all of this", .misdeed = Misdeed::kTruncate});
  const auto outcome = transport->send(Call{}, request(front, Method::kGet), {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt) << outcome.error().detail;
}

TEST_F(TlsTest, AServerThatLeavesWhileABodyGoesEndsTheTransferAlone) {
  imposter.script({.misdeed = Misdeed::kCloseBeforeReading});
  HttpRequest put = request(front, Method::kPut);
  put.body = std::string(std::size_t{8} << 20U, 'x');
  const auto outcome = transport->send(Call{}, put, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().sent, Sent::kPerhaps);
  EXPECT_EQ(outcome.error().outlook, Outlook::kMayPass);
}

TEST_F(TlsTest, AClientSignsOverTls) {
  imposter.script({});
  ASSERT_TRUE(client_of(front).call(Call{}, put()));
  EXPECT_EQ(signature_fault(imposter.requests().at(0), {"AKID", "a secret", "", "eu-west-1", "s3"}), "");
}

TEST_F(TlsTest, APresignedUrlOpensOverTls) {
  const auto url =
      client_of(front).presign(Call{}, {.name = "GetObject", .method = Method::kGet, .path = "/bucket/a key"}, 60s);
  ASSERT_TRUE(url) << url.error().detail;
  ASSERT_TRUE(url->starts_with(front.url() + "/"));
  const std::string target = url->substr(front.url().size());
  HttpRequest get = request(front, Method::kGet, target.substr(0, target.find('?')));
  get.query = target.substr(target.find('?') + 1);
  imposter.script({.body = "the object"});
  const auto response = transport->send(Call{}, get, {});
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "the object");
  EXPECT_EQ(signature_fault(imposter.requests().at(0), {"AKID", "a secret", "", "eu-west-1", "s3"}), "");
}

TEST_F(TlsTest, AClientGivesAnUntrustedServerUpAtOnce) {
  const TlsFront stranger(TlsAuthority("Another authority").vouch_for("localhost"), imposter.port());
  const auto reply = client_of(stranger).call(Call{}, put());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(reply.error().error.retry, Retry::kNever);
  EXPECT_FALSE(reply.error().repeated);
  EXPECT_EQ(stranger.connection_count(), 1);
  EXPECT_TRUE(pause.waits().empty());
}

}  // namespace
}  // namespace lazaret::aws
