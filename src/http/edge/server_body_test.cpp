// Bodies in both directions over real sockets: uploads into sinks, early answers, files and streams.
#include <cstring>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "http/edge/server_test_support.h"

namespace lazaret::http::testing {
namespace {

using HttpUpload = ServerTest;
using HttpDownload = ServerTest;

constexpr std::size_t kOneBuffer = std::size_t{256} * 1024;  // what a small body fits in

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
  return text;
}

std::string upload_head(std::uint64_t length, std::string_view extra = "") {
  return "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n" + std::string(extra) +
         "\r\n";
}

TEST_F(HttpUpload, GivesTheSinkEveryByteInOrder) {
  start();
  Client client = connect();
  const std::string body = pattern(3'000'000);
  EXPECT_EQ(client.request(upload_head(body.size()) + body).status, 201);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_EQ(sink->bytes, body);
  EXPECT_FALSE(sink->touched_by_two);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpUpload, GivesTheSinkAChunkedBody) {
  start();
  Client client = connect();
  const std::string body = pattern(700'001);
  std::string coded = "POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::string_view rest = body; !rest.empty();) {
    const std::string_view piece = rest.substr(0, 0x1fff);
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
    coded += size + std::string(piece) + "\r\n";
    rest.remove_prefix(piece.size());
  }
  client.send(coded + "0\r\n\r\n" + get("/hello"));
  EXPECT_EQ(client.read_answer().body, "700001");
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(sink->bytes, body);
}

TEST_F(HttpUpload, TakesManyAtOnceAndKeepsThemApart) {
  std::vector<std::shared_ptr<SinkLog>> logs(8);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    logs[i] = std::make_shared<SinkLog>();
    app.routes["/upload/" + std::to_string(i)] = [log = logs[i]](const RequestHead&) -> Plan {
      return HandleStream{10U << 20U, std::make_unique<RecordingSink>(log)};
    };
  }
  start();
  std::vector<std::jthread> clients;
  std::atomic<int> stored = 0;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    clients.emplace_back([&, i] {
      const std::string body(400'000, static_cast<char>('a' + i));
      if (ask(post("/upload/" + std::to_string(i), body)).status == 201) ++stored;
    });
  }
  clients.clear();
  EXPECT_EQ(stored, 8);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    EXPECT_TRUE(logs[i]->wait_for_destruction());
    EXPECT_EQ(logs[i]->bytes, std::string(400'000, static_cast<char>('a' + i)));
    EXPECT_FALSE(logs[i]->touched_by_two);
  }
}

TEST_F(HttpUpload, AnswersContinueOnceThePlanTakesTheBody) {
  start();
  Client client = connect();
  client.send(upload_head(4, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_answer().status, 100);
  EXPECT_EQ(client.request("body").status, 201);
  EXPECT_EQ(sink->bytes, "body");
}

TEST_F(HttpUpload, NeverAnswersContinueWhereTheAnswerIsNo) {
  app.routes["/no"] = [](const RequestHead&) { return AnswerNow{TestApplication::text(401, "no")}; };
  start();
  Client client = connect();
  const Answer answer =
      client.request("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(answer.status, 401);
  EXPECT_TRUE(answer.head.contains("Connection: close"));
}

TEST_F(HttpUpload, NeverAnswersContinueToHttp10) {
  start();
  Client client = connect();
  EXPECT_EQ(client.request("POST /upload HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody").status,
            201);
}

TEST_F(HttpUpload, RefusesABodyOverTheLimitBeforeReadingIt) {
  start();
  Client client = connect();
  EXPECT_EQ(client.request(upload_head(200ULL << 20U, "Expect: 100-continue\r\n")).status, 413);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_EQ(sink->bytes, "");
}

TEST_F(HttpUpload, RefusesAnUploadWithoutFraming) {
  start();
  EXPECT_EQ(ask("POST /upload HTTP/1.1\r\nHost: h\r\n\r\n").status, 411);
  EXPECT_TRUE(sink->wait_for_destruction());
}

TEST_F(HttpUpload, RefusesAChunkedBodyAtTheByteOverItsLimit) {
  app.routes["/small"] = [this](const RequestHead&) -> Plan {
    return HandleStream{10, std::make_unique<RecordingSink>(sink)};
  };
  start();
  const std::string head = "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask(head + "a\r\n0123456789\r\n0\r\n\r\n").status, 201);
  sink = std::make_shared<SinkLog>();
  EXPECT_EQ(ask(head + "b\r\n0123456789x\r\n0\r\n\r\n").status, 413);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
}

TEST_F(HttpUpload, SendsAnEarlyAnswerAndDrainsWhatStillComes) {
  app.routes["/early"] = [this](const RequestHead&) -> Plan {
    return HandleStream{100U << 20U, std::make_unique<RecordingSink>(sink, [](const std::string&) {
                          return std::optional(TestApplication::text(415, "not this type"));
                        })};
  };
  start();
  Client client = connect();
  const std::string body(8'000'000, 'x');
  // Like a browser: everything is sent before an answer is looked for. A reset would fail the send.
  EXPECT_TRUE(client.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n" + body));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 415);
  EXPECT_TRUE(answer.head.contains("Connection: close"));
  EXPECT_EQ(client.wait_for_end(), Client::End::kClosed);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
}

TEST_F(HttpUpload, SendsAnEarlyAnswerWhileTheClientIsSilent) {
  app.routes["/early"] = [this](const RequestHead&) -> Plan {
    return HandleStream{100U << 20U, std::make_unique<RecordingSink>(sink, [](const std::string&) {
                          return std::optional(TestApplication::text(415, ""));
                        })};
  };
  start();
  EXPECT_EQ(ask("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\nfirst bytes").status, 415);
}

TEST_F(HttpUpload, StopsDrainingAtItsTimeLimit) {
  options.linger_timeout = 50ms;
  app.routes["/no"] = [](const RequestHead&) { return AnswerNow{TestApplication::text(401, "no")}; };
  start();
  Client client = connect();
  EXPECT_EQ(client.request("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n").status, 401);
  EXPECT_NE(client.wait_for_end(), Client::End::kStillOpen);
  EXPECT_TRUE(server->finish(10s));  // the connection is gone on this side too, though the client holds its own
}

TEST_F(HttpUpload, KeepsTheConnectionWhereARefusedBodyIsAlreadyHere) {
  app.routes["/no"] = [](const RequestHead&) { return AnswerNow{TestApplication::text(401, "no")}; };
  start();
  Client client = connect();
  EXPECT_EQ(client.request(post("/no", "small")).status, 401);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpUpload, GivesUpTheSinkOfAClientThatGoesAway) {
  start();
  Client client = connect();
  client.send(upload_head(1000) + "the beginning");
  ASSERT_TRUE(sink->wait_until([&] { return sink->bytes == "the beginning"; }));
  client.close();
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
  const auto finished = app.wait_for_finished(1);
  EXPECT_TRUE(finished[0].record.aborted);
  EXPECT_EQ(finished[0].record.status, 499);
}

TEST_F(HttpUpload, GivesUpTheSinkOfAClientThatEndsItsSendingEarly) {
  start();
  Client client = connect();
  client.send(upload_head(1000) + "half");
  client.end_sending();
  EXPECT_EQ(client.wait_for_end(), Client::End::kClosed);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
}

TEST_F(HttpUpload, Answers500WhenTheSinkThrows) {
  app.routes["/throw"] = [this](const RequestHead& head) -> Plan {
    if (head.query == "data") {
      return HandleStream{
          1000, std::make_unique<RecordingSink>(
                    sink, [](const std::string&) -> std::optional<Response> { throw std::runtime_error("a bug"); })};
    }
    return HandleStream{1000, std::make_unique<RecordingSink>(sink, RecordingSink::OnBytes{},
                                                              [](const Call&, const std::string&) -> Response {
                                                                throw std::runtime_error("a bug");
                                                              })};
  };
  start();
  EXPECT_EQ(ask(post("/throw?data", "x")).status, 500);
  EXPECT_TRUE(sink->wait_for_destruction());
  sink = std::make_shared<SinkLog>();
  EXPECT_EQ(ask(post("/throw?finish", "x")).status, 500);
  EXPECT_TRUE(sink->wait_for_destruction());
}

TEST_F(HttpUpload, ASmallBodyIsWaitedForAndIsOneTaskOfTheWorkPool) {
  options.small_body_patience = 1h;
  start();
  fill(disk, leave);  // it would wait for a place there
  Client client = connect();
  for (const std::size_t size : {std::size_t{1}, kOneBuffer - 1, kOneBuffer}) {
    const std::string body = pattern(size);
    client.send(upload_head(size) + body.substr(0, size / 2));
    EXPECT_EQ(client.request(body.substr(size / 2)).status, 201) << size;
    EXPECT_EQ(sink->bytes, body);
    EXPECT_EQ(sink->pieces, 1) << size;
    sink = std::make_shared<SinkLog>();
  }
  leave.open();
}

TEST_F(HttpUpload, ABodyOfMoreThanOneBufferComesInPieces) {
  options.small_body_patience = 1h;
  start();
  const std::string body = pattern(kOneBuffer + 1);
  EXPECT_EQ(ask(upload_head(body.size()) + body).status, 201);
  EXPECT_EQ(sink->bytes, body);
  EXPECT_GT(sink->pieces, 1);
}

TEST_F(HttpUpload, TheBeginningOfASmallBodyIsEnoughToRefuseIt) {
  app.routes["/early"] = [this](const RequestHead&) -> Plan {
    return HandleStream{1000, std::make_unique<RecordingSink>(sink, [](const std::string&) {
                          return std::optional(TestApplication::text(415, ""));
                        })};
  };
  start();
  EXPECT_EQ(ask("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nfirst bytes").status, 415);
}

TEST_F(HttpUpload, ASmallBodyThatIsRefusedWholeKeepsItsConnection) {
  app.routes["/early"] = [this](const RequestHead&) -> Plan {
    return HandleStream{1000, std::make_unique<RecordingSink>(sink, [](const std::string&) {
                          return std::optional(TestApplication::text(415, ""));
                        })};
  };
  start();
  Client client = connect();
  EXPECT_EQ(client.request(post("/early", "the whole of it")).status, 415);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpUpload, WaitsAWhileForAPoolThatIsBusy) {
  start();
  fill(work, leave);
  std::jthread client_thread([&] { EXPECT_EQ(ask(upload_head(4) + "body").status, 201); });
  ASSERT_TRUE([&] {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (server->connections() == 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return server->connections() > 0;
  }());
  leave.open();
}

TEST_F(HttpUpload, Answers503WhenNoPoolTakesTheBodyInTime) {
  options.pool_wait = 20ms;
  start();
  fill(work, leave);
  EXPECT_EQ(ask(upload_head(4) + "body").status, 503);
  leave.open();
}

TEST_F(HttpUpload, Answers503WhenNoPoolTakesAPieceOfALargeBodyInTime) {
  options.pool_wait = 20ms;
  start();
  fill(disk, leave);
  EXPECT_EQ(ask(upload_head(3'000'000) + pattern(3'000'000)).status, 503);
  leave.open();
}

TEST_F(HttpUpload, FinishSeesTheClientLeave) {
  options.idle_timeout = 40ms;  // a short tick
  app.routes["/slow"] = [&](const RequestHead&) -> Plan {
    return HandleStream{1000, std::make_unique<RecordingSink>(
                                  sink, RecordingSink::OnBytes{}, [&](const Call& call, const std::string&) {
                                    const std::stop_callback callback(call.stop, [&] { stopped.open(); });
                                    stopped.wait();
                                    return TestApplication::text(200, "");
                                  })};
  };
  start();
  Client client = connect();
  client.send(post("/slow", "body"));
  ASSERT_TRUE(sink->wait_until([&] { return sink->bytes == "body"; }));
  client.close();
  EXPECT_TRUE(stopped.wait());
}

// Downloads ------------------------------------------------------------------------------------------------------

UniqueFd file_with(std::string_view text) {
  UniqueFd fd(::memfd_create("download", MFD_CLOEXEC));
  while (!text.empty()) {
    const ssize_t count = ::write(fd.get(), text.data(), text.size());
    if (count <= 0) return {};
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return fd;
}

TestApplication::Route file_route(std::string text, std::uint64_t offset, std::uint64_t length) {
  return [text = std::move(text), offset, length](const RequestHead&) {
    return TestApplication::whole(0, [=](const Call&, std::string) {
      Response response;
      response.body = FileRange{file_with(text), offset, length};
      return response;
    });
  };
}

TEST_F(HttpDownload, SendsAFileWhole) {
  const std::string text = pattern(5'000'003);
  app.routes["/file"] = file_route(text, 0, text.size());
  start();
  Client client = connect();
  const Answer answer = client.request(get("/file"));
  EXPECT_TRUE(answer.head.contains("Content-Length: 5000003"));
  EXPECT_TRUE(answer.body == text);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpDownload, SendsRangesOfAFile) {
  const std::string text = pattern(3'000'000);
  app.routes["/first"] = file_route(text, 0, 1);
  app.routes["/last"] = file_route(text, text.size() - 1, 1);
  app.routes["/middle"] = file_route(text, 999'999, 1'500'001);
  app.routes["/none"] = file_route(text, 10, 0);
  start();
  Client client = connect();
  EXPECT_EQ(client.request(get("/first")).body, text.substr(0, 1));
  EXPECT_EQ(client.request(get("/last")).body, text.substr(text.size() - 1));
  EXPECT_TRUE(client.request(get("/middle")).body == text.substr(999'999, 1'500'001));
  EXPECT_EQ(client.request(get("/none")).body, "");
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpDownload, AnswersHeadOfAFileWithItsLength) {
  app.routes["/file"] = file_route("12345678", 2, 5);
  start();
  Client client = connect();
  client.send("HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n" + get("/hello"));
  EXPECT_TRUE(client.read_answer(true).head.contains("Content-Length: 5"));
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(HttpDownload, ResetsTheConnectionWhereAFileIsShorterThanPromised) {
  app.routes["/short"] = file_route("12345", 0, 10);
  start();
  Client client = connect();
  EXPECT_FALSE(client.request(get("/short")).complete);
  EXPECT_EQ(client.wait_for_end(), Client::End::kReset);
  EXPECT_TRUE(app.wait_for_finished(1)[0].record.aborted);
}

TEST_F(HttpDownload, EndsWhereTheClientGoesAway) {
  const std::string text = pattern(50'000'000);
  app.routes["/file"] = file_route(text, 0, text.size());
  start();
  Client client(server->port(), 4096);
  client.send(get("/file"));
  ASSERT_TRUE(client.read_more());
  client.close();
  EXPECT_TRUE(app.wait_for_finished(1)[0].record.aborted);
}

class PatternStream final : public ByteStream {
 public:
  PatternStream(std::string text, std::size_t step, std::shared_ptr<Gate> destroyed)
      : text_(std::move(text)), step_(step), destroyed_(std::move(destroyed)) {}
  ~PatternStream() override { destroyed_->open(); }
  Result<std::size_t> read(const Call&, std::span<std::byte> buffer) override {
    if (at_ == text_.size()) return fail(ErrorCode::kCorrupt, "over");
    const std::size_t count = std::min({step_, buffer.size(), text_.size() - at_});
    std::memcpy(buffer.data(), text_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
  std::shared_ptr<Gate> destroyed_;
};

class StreamDownload : public ServerTest {
 protected:
  void route(const std::string& text, std::uint64_t promised) {
    app.routes["/stream"] = [=, this](const RequestHead&) {
      return TestApplication::whole(0, [=, this](const Call&, std::string) {
        Response response;
        response.body = std::unique_ptr<ByteStream>(std::make_unique<PatternStream>(text, 70'000, destroyed));
        response.content_length = promised;
        return response;
      });
    };
    start();
  }
  std::shared_ptr<Gate> destroyed = std::make_shared<Gate>();
};

TEST_F(StreamDownload, SendsAStreamWhole) {
  const std::string text = pattern(1'000'000);
  route(text, text.size());
  Client client = connect();
  EXPECT_TRUE(client.request(get("/stream")).body == text);
  EXPECT_TRUE(destroyed->wait());
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(StreamDownload, WaitsForAClientThatTakesLessThanTheStreamGives) {
  const std::string text = pattern(20'000'000);  // more than any socket holds
  route(text, text.size());
  Client client = connect();
  EXPECT_TRUE(client.request(get("/stream")).body == text);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(StreamDownload, ServesAClientThatOnlyEndedItsOwnSending) {
  const std::string text = pattern(1'000'000);
  route(text, text.size());
  Client client = connect();
  client.send(get("/stream"));
  client.end_sending();
  EXPECT_TRUE(client.read_answer().body == text);
}

TEST_F(StreamDownload, ResetsWhereTheStreamFails) {
  route(pattern(100'000), 200'000);
  Client client = connect();
  EXPECT_FALSE(client.request(get("/stream")).complete);
  EXPECT_EQ(client.wait_for_end(), Client::End::kReset);
  EXPECT_TRUE(destroyed->wait());
}

TEST_F(StreamDownload, ResetsWhereTheStreamHoldsMoreThanPromised) {
  route(pattern(100'000), 50'000);
  Client client = connect();
  EXPECT_FALSE(client.request(get("/stream")).complete);
  EXPECT_EQ(client.wait_for_end(), Client::End::kReset);
}

TEST_F(StreamDownload, AnswersHeadWithoutPulling) {
  route("", 12345);
  Client client = connect();
  client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(client.read_answer(true).head.contains("Content-Length: 12345"));
  EXPECT_TRUE(destroyed->wait());
}

TEST_F(StreamDownload, SendsAnEmptyStream) {
  route("", 0);
  Client client = connect();
  EXPECT_EQ(client.request(get("/stream")).status, 200);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

}  // namespace
}  // namespace lazaret::http::testing
