// Framing faults over real sockets: each case is refused, the connection ends, and what an attacker hid behind it is
// never answered.
#include <gtest/gtest.h>

#include "http/edge/server_test_support.h"

namespace lazaret::http::testing {
namespace {

using HttpFraming = ServerTest;

struct Case {
  const char* what;
  std::string bytes;
  int status;
};

// What a smuggler would like the server to see as a request of its own.
const std::string kHidden = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

std::string post_head(std::string_view fields, std::string_view version = "1.1") {
  return "POST /echo HTTP/" + std::string(version) + "\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

std::vector<Case> ambiguous_lengths() {
  return {
      {"a length beside chunks", post_head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"chunks beside a length", post_head("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "0\r\n\r\n", 400},
      {"two lengths", post_head("Content-Length: 4\r\nContent-Length: 0\r\n"), 400},
      {"two equal lengths", post_head("Content-Length: 0\r\nContent-Length: 0\r\n"), 400},
      {"a list of lengths", post_head("Content-Length: 0, 0\r\n"), 400},
      {"a signed length", post_head("Content-Length: +0\r\n"), 400},
      {"a negative length", post_head("Content-Length: -1\r\n"), 400},
      {"a hexadecimal length", post_head("Content-Length: 0x0\r\n"), 400},
      {"a length with a blank inside", post_head("Content-Length: 0 0\r\n"), 400},
      {"an empty length", post_head("Content-Length: \r\n"), 400},
      {"a length beyond 64 bits", post_head("Content-Length: 18446744073709551616\r\n"), 400},
      {"a length of many digits", post_head("Content-Length: " + std::string(200, '9') + "\r\n"), 400},
  };
}

std::vector<Case> transfer_codings() {
  return {
      {"another coding", post_head("Transfer-Encoding: gzip\r\n"), 400},
      {"a list of codings", post_head("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"chunked and more", post_head("Transfer-Encoding: chunked, identity\r\n"), 400},
      {"identity", post_head("Transfer-Encoding: identity\r\n"), 400},
      {"two fields", post_head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"two fields, the first odd", post_head("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"an x before it", post_head("Transfer-Encoding: xchunked\r\n"), 400},
      {"a vertical tab before it", post_head("Transfer-Encoding: \vchunked\r\n"), 400},
      {"quotes around it", post_head("Transfer-Encoding: \"chunked\"\r\n"), 400},
      {"a parameter", post_head("Transfer-Encoding: chunked;q=1\r\n"), 400},
      {"an empty coding", post_head("Transfer-Encoding: \r\n"), 400},
      {"a blank before the colon", post_head("Transfer-Encoding : chunked\r\n"), 400},
      {"chunks in HTTP/1.0", post_head("Transfer-Encoding: chunked\r\n", "1.0"), 400},
      {"a coding folded away", post_head("Transfer-Encoding:\r\n chunked\r\n"), 400},
  };
}

std::vector<Case> heads() {
  using namespace std::string_literals;
  return {
      {"bare line feeds", "GET /hello HTTP/1.1\nHost: h\n\n", 400},
      {"one bare line feed", "GET /hello HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"a bare carriage return", "GET /hello HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400},
      {"a line ended by two returns", "GET /hello HTTP/1.1\r\nHost: h\r\r\n\r\n", 400},
      {"a folded field", "GET /hello HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
      {"a blank before the first field", "GET /hello HTTP/1.1\r\n X: a\r\nHost: h\r\n\r\n", 400},
      {"a NUL in a value", "GET /hello HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s, 400},
      {"a NUL in a target", "GET /he\0llo HTTP/1.1\r\nHost: h\r\n\r\n"s, 400},
      {"a control in a value", "GET /hello HTTP/1.1\r\nHost: h\r\nX: a\x01\r\n\r\n", 400},
      {"a DEL in a value", "GET /hello HTTP/1.1\r\nHost: h\r\nX: a\x7f\r\n\r\n", 400},
      {"a field without a colon", "GET /hello HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", 400},
      {"a field without a name", "GET /hello HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", 400},
      {"a blank in a name", "GET /hello HTTP/1.1\r\nHost: h\r\nX Y: z\r\n\r\n", 400},
      {"a bracket in a name", "GET /hello HTTP/1.1\r\nHost: h\r\nX[: z\r\n\r\n", 400},
      {"two empty lines before it", "\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET /hello HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400},
      {"two Hosts in HTTP/1.0", "GET /hello HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n", 400},
      {"a Host with a path", "GET /hello HTTP/1.1\r\nHost: h/x\r\n\r\n", 400},
      {"a Host with a user", "GET /hello HTTP/1.1\r\nHost: u@h\r\n\r\n", 400},
      {"a Host with a blank", "GET /hello HTTP/1.1\r\nHost: h i\r\n\r\n", 400},
  };
}

std::vector<Case> request_lines() {
  return {
      {"HTTP/0.9", "GET /hello\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"two blanks", "GET  /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a tab for a blank", "GET\t/hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a blank in the target", "GET /hel lo HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a blank at the end", "GET /hello HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
      {"a lower-case protocol", "GET /hello http/1.1\r\nHost: h\r\n\r\n", 400},
      {"a protocol that is none", "GET /hello FTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"HTTP/1.1 with more digits", "GET /hello HTTP/1.10\r\nHost: h\r\n\r\n", 400},
      {"HTTP/1.2", "GET /hello HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"a method that is no token", "G(T /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"bytes beyond ASCII in the target", "GET /h\xc3\xa9llo HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a fragment", "GET /hello#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a target without a slash", "GET hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"authority form", "GET h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 400},
      {"an asterisk for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"absolute form of another host", "GET http://i/hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"absolute form with a user", "GET http://u@h/hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"absolute form of another scheme", "GET https://h/hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"TLS on a plain port", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", 400},
  };
}

std::vector<Case> chunks() {
  const std::string head = post_head("Transfer-Encoding: chunked\r\n");
  return {
      {"no size", head + "\r\n\r\n", 400},
      {"a size that is no number", head + "g\r\n", 400},
      {"a prefixed size", head + "0x1\r\na\r\n0\r\n\r\n", 400},
      {"a signed size", head + "+1\r\na\r\n0\r\n\r\n", 400},
      {"a negative size", head + "-1\r\na\r\n0\r\n\r\n", 400},
      {"a blank before a size", head + " 1\r\na\r\n0\r\n\r\n", 400},
      {"a blank after a size", head + "1 \r\na\r\n0\r\n\r\n", 400},
      {"a size that overflows", head + "ffffffffffffffff1\r\na\r\n0\r\n\r\n", 400},
      {"a size of 2^64", head + "10000000000000000\r\n", 400},
      {"a size over the limit", head + "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n", 413},
      {"a bare line feed after a size", head + "1\na\r\n0\r\n\r\n", 400},
      {"a bare return after a size", head + "1\rxa\r\n0\r\n\r\n", 400},
      {"data longer than its size", head + "1\r\nab\r\n0\r\n\r\n", 400},
      {"a bare line feed after data", head + "1\r\na\n0\r\n\r\n", 400},
      {"a line feed in an extension", head + "1;x\ny\r\na\r\n0\r\n\r\n", 400},
      {"a NUL in an extension", head + "1;x" + std::string(1, '\0') + "\r\na\r\n0\r\n\r\n", 400},
      {"endless extensions", head + "1;" + std::string(9000, 'x') + "\r\na\r\n0\r\n\r\n", 400},
      {"endless trailers", head + "0\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", 400},
      {"a bare line feed in the trailer", head + "0\r\nX: y\n\r\n", 400},
      {"a folded trailer", head + "0\r\nX: y\r\n z\r\n\r\n", 400},
  };
}

class RefusedFraming : public ServerTest {
 protected:
  void expect_refused(const std::vector<Case>& cases) {
    start();
    for (const Case& one : cases) {
      Client client = connect();
      client.send(one.bytes + kHidden);
      EXPECT_EQ(client.read_answer().status, one.status) << one.what;
      client.end_sending();
      EXPECT_NE(client.wait_for_end(), Client::End::kStillOpen) << one.what;
      EXPECT_EQ(client.unread(), "") << one.what;
    }
  }
};

TEST_F(RefusedFraming, LengthsThatCanBeReadInTwoWays) {
  expect_refused(ambiguous_lengths());
}
TEST_F(RefusedFraming, TransferCodingsOtherThanChunked) {
  expect_refused(transfer_codings());
}
TEST_F(RefusedFraming, HeadsThatAreNotWellFormed) {
  expect_refused(heads());
}
TEST_F(RefusedFraming, RequestLinesThatAreNotWellFormed) {
  expect_refused(request_lines());
}
TEST_F(RefusedFraming, ChunksThatAreNotWellFormed) {
  expect_refused(chunks());
}

TEST_F(HttpFraming, TakesChunksWithExtensionsAndDropsTrailers) {
  app.routes["/headers"] = [](const RequestHead& head) {
    return TestApplication::whole(100, [injected = head.headers.has("X-Injected")](const Call&, std::string body) {
      return TestApplication::text(200, body + (injected ? " injected" : ""));
    });
  };
  start();
  Client client = connect();
  const std::string request =
      "POST /headers HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3;name=value\r\nabc\r\n00A\r\n0123456789\r\n000;last\r\nX-Injected: yes\r\nContent-Length: 5\r\n\r\n";
  client.send(request + request);
  EXPECT_EQ(client.read_answer().body, "abc0123456789");
  EXPECT_EQ(client.read_answer().body, "abc0123456789");
}

TEST_F(HttpFraming, TakesChunksByteByByte) {
  start();
  Client client = connect();
  for (const char c : std::string("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "1\r\na\r\n2\r\nbc\r\n0\r\nT: x\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_EQ(client.read_answer().body, "abc");
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpFraming, TakesOneEmptyLineBeforeARequest) {
  start();
  Client client = connect();
  EXPECT_EQ(client.request("\r\n" + get("/hello")).status, 200);
  EXPECT_EQ(client.request("\r\n" + get("/hello")).status, 200);
}

TEST_F(HttpFraming, TakesAbsoluteFormOfTheHostAndAsteriskForOptions) {
  app.routes["/where"] = [](const RequestHead& head) {
    return AnswerNow{TestApplication::text(200, head.path + "|" + head.query + "|" + head.target)};
  };
  app.routes["/"] = app.routes["/where"];
  app.routes["*"] = app.routes["/where"];
  start();
  Client client = connect();
  EXPECT_EQ(client.request("GET http://H:1/where?a=b HTTP/1.1\r\nHost: h:1\r\n\r\n").body, "/where|a=b|/where?a=b");
  EXPECT_EQ(client.request("GET HTTP://h HTTP/1.1\r\nHost: h\r\n\r\n").body, "/||/");
  EXPECT_EQ(client.request("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n").body, "/|q|/?q");
  EXPECT_EQ(client.request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").body, "*||*");
}

TEST_F(HttpFraming, HoldsTheLimitsOfAHead) {
  start();
  const std::string line = "GET /hello HTTP/1.1\r\nHost: h\r\n";
  const auto fields = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += "X: y\r\n";
    return text;
  };
  const auto padded = [&](std::size_t size) {
    std::string text = line + "X: ";
    text.append(size - text.size() - 4, 'x');
    return text + "\r\n\r\n";
  };
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  EXPECT_EQ(ask(line + fields(99) + "\r\n").status, 200);
  EXPECT_EQ(ask(line + fields(100) + "\r\n").status, 431);
  EXPECT_EQ(ask(padded(16 * 1024)).status, 200);
  EXPECT_EQ(ask(padded(16 * 1024 + 1)).status, 431);
  EXPECT_EQ(ask(target(8 * 1024)).status, 404);
  EXPECT_EQ(ask(target(8 * 1024 + 1)).status, 414);
  EXPECT_EQ(ask("GET /" + std::string(20'000, 'x')).status, 414);  // a request line that never ends
}

TEST_F(HttpFraming, RefusesABodyWhereNoneIsTaken) {
  start();
  EXPECT_EQ(ask(post("/hello", "x")).status, 413);
  EXPECT_EQ(ask(post("/hello", "")).status, 200);
}

TEST_F(HttpFraming, RefusesExpectationsOtherThanContinue) {
  start();
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: payment\r\nContent-Length: 1\r\n\r\n").status, 417);
  EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nExpect: x\r\n\r\n").status, 417);
  EXPECT_EQ(ask("GET /hello HTTP/1.0\r\nExpect: payment\r\n\r\n").status, 200);
}

}  // namespace
}  // namespace lazaret::http::testing
