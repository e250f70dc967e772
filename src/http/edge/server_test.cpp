#include "http/edge/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "http/edge/server_test_support.h"

namespace lazaret::http::testing {
namespace {

using HttpServer = ServerTest;

TEST_F(HttpServer, AnswersARequestWithLengthAndDate) {
  start();
  const Answer answer = ask(get("/hello"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.head.contains("Content-Length: 5"));
  EXPECT_TRUE(answer.head.contains("\r\nDate: "));
  EXPECT_TRUE(answer.head.contains("X-Decorated: yes"));
  EXPECT_FALSE(answer.head.contains("Connection:"));
}

TEST_F(HttpServer, KeepsAConnectionForManyRequests) {
  start();
  Client client = connect();
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(client.request(get("/hello")).body, "hello");
  EXPECT_EQ(app.wait_for_finished(50).size(), 50U);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  start();
  Client client = connect();
  client.send(post("/echo", "one") + get("/hello") + post("/echo", "two") + get("/nowhere") + post("/echo", "three"));
  EXPECT_EQ(client.read_answer().body, "one");
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(client.read_answer().body, "two");
  EXPECT_EQ(client.read_answer().status, 404);
  EXPECT_EQ(client.read_answer().body, "three");
}

TEST_F(HttpServer, TakesAHeadByteByByte) {
  start();
  Client client = connect();
  for (const char c : get("/hello"))
    client.send({&c, 1});
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpServer, ClosesWhereTheClientAsksForIt) {
  start();
  Client client = connect();
  const Answer answer = client.request("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.head.contains("Connection: close"));
  EXPECT_EQ(client.wait_for_end(), Client::End::kClosed);
}

TEST_F(HttpServer, ClosesAfterHttp10UnlessAskedToKeep) {
  start();
  Client closing = connect();
  EXPECT_TRUE(closing.request("GET /hello HTTP/1.0\r\n\r\n").head.contains("Connection: close"));
  EXPECT_EQ(closing.wait_for_end(), Client::End::kClosed);
  Client keeping = connect();
  const std::string request = "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
  EXPECT_TRUE(keeping.request(request).head.contains("Connection: keep-alive"));
  EXPECT_EQ(keeping.request(request).status, 200);
}

TEST_F(HttpServer, AnswersHeadWithTheLengthAndNoBody) {
  start();
  Client client = connect();
  client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  const Answer answer = client.read_answer(true);
  EXPECT_TRUE(answer.head.contains("Content-Length: 5"));
  EXPECT_EQ(client.request(get("/hello")).body, "hello");  // nothing of a body came between
}

TEST_F(HttpServer, SendsNoLengthWith204AndNoBodyWith304) {
  app.routes["/gone"] = [](const RequestHead&) { return AnswerNow{TestApplication::text(204, "unseen")}; };
  app.routes["/same"] = [](const RequestHead&) { return AnswerNow{TestApplication::text(304, "unseen")}; };
  start();
  Client client = connect();
  EXPECT_FALSE(client.request(get("/gone")).head.contains("Content-Length"));
  EXPECT_EQ(client.request(get("/same")).status, 304);
  EXPECT_EQ(client.request(get("/hello")).body, "hello");
}

TEST_F(HttpServer, TakesTheRequestIdOfTheClientWhereItIsWellFormed) {
  app.routes["/id"] = [](const RequestHead& head) { return AnswerNow{TestApplication::text(200, head.request_id)}; };
  start();
  Client client = connect();
  const auto with_id = [](const std::string& id) {
    return "GET /id HTTP/1.1\r\nHost: h\r\nX-Request-Id: " + id + "\r\n\r\n";
  };
  EXPECT_EQ(client.request(with_id("abc-1._Z")).body, "abc-1._Z");
  const std::string made = client.request(with_id("a b")).body;
  EXPECT_NE(made, "a b");
  EXPECT_FALSE(made.empty());
  EXPECT_NE(client.request(with_id(std::string(65, 'a'))).body, made);
}

TEST_F(HttpServer, GivesHandlersTheCallersAddressAndADeadline) {
  std::atomic<bool> later = false;
  app.routes["/call"] = [&](const RequestHead& head) {
    return TestApplication::whole(0, [&, peer = head.peer_address](const Call& call, std::string) {
      later =
          call.deadline > std::chrono::steady_clock::now() && call.deadline < std::chrono::steady_clock::now() + 61s;
      return TestApplication::text(200, peer + " " + call.request_id);
    });
  };
  start();
  EXPECT_EQ(ask("GET /call HTTP/1.1\r\nHost: h\r\nX-Request-Id: rid\r\n\r\n").body, "127.0.0.1 rid");
  EXPECT_TRUE(later);
}

TEST_F(HttpServer, TurnsAnExceptionOfAHandlerInto500AndGoesOn) {
  app.routes["/throw"] = [](const RequestHead&) {
    return TestApplication::whole(0, [](const Call&, std::string) -> Response { throw std::runtime_error("a bug"); });
  };
  app.routes["/throw-early"] = [](const RequestHead&) -> Plan { throw std::runtime_error("a bug"); };
  start();
  Client client = connect();
  EXPECT_EQ(client.request(get("/throw")).status, 500);
  EXPECT_EQ(client.request(get("/throw-early")).status, 500);
  EXPECT_EQ(client.request(get("/hello")).status, 200);
}

TEST_F(HttpServer, AnswersAMethodNobodyKnowsWith501) {
  start();
  for (const char* method : {"BREW", "get"})
    EXPECT_EQ(ask(std::string(method) + " /hello HTTP/1.1\r\nHost: h\r\n\r\n").status, 501) << method;
}

TEST_F(HttpServer, LeavesAKnownMethodThatNoPathTakesToTheApplication) {
  start();
  for (const char* method : {"TRACE", "CONNECT"})
    EXPECT_EQ(ask(std::string(method) + " /hello HTTP/1.1\r\nHost: h\r\n\r\n").status, 200) << method;
  EXPECT_EQ(ask("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n").status, 404);
  EXPECT_EQ(ask("TRACE h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n").status, 400);
}

TEST_F(HttpServer, Answers503WhereThePoolTakesNoMore) {
  const auto gate = std::make_shared<Gate>();
  std::atomic<int> running = 0;
  app.routes["/wait"] = [&, gate](const RequestHead&) {
    return TestApplication::whole(0, [&, gate](const Call&, std::string) {
      ++running;
      running.notify_all();
      gate->wait();
      return TestApplication::text(200, "");
    });
  };
  WorkerPool narrow{{.name = "narrow", .threads = 1, .queue_limit = 0}};
  auto started = Server::start(options, app, narrow, work);
  ASSERT_TRUE(started);
  server = *std::move(started);
  Client first = connect();
  // The pool's thread may not be idle yet when the first request comes.
  do {
    first.send(get("/wait"));
    pollfd state{first.fd(), POLLIN, 0};
    while (running == 0 && ::poll(&state, 1, 10) == 0) {
    }
    if (running == 0) {
      EXPECT_EQ(first.read_answer().status, 503);
    }
  } while (running == 0);
  const Answer refused = ask(get("/wait"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.head.contains("Retry-After"));
  gate->open();
  EXPECT_EQ(first.read_answer().status, 200);
  server.reset();
}

TEST_F(HttpServer, TurnsAwayConnectionsOverItsLimit) {
  options.max_connections = 2;
  start();
  Client one = connect();
  Client two = connect();
  ASSERT_EQ(one.request(get("/hello")).status, 200);
  ASSERT_EQ(two.request(get("/hello")).status, 200);
  Client three = connect();
  const Answer refused = three.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.head.contains("Retry-After"));
  EXPECT_TRUE(refused.head.contains("Connection: close"));
  EXPECT_EQ(three.wait_for_end(), Client::End::kClosed);
  EXPECT_EQ(one.request(get("/hello")).status, 200);
}

TEST_F(HttpServer, AcceptsAgainAfterItRanOutOfDescriptors) {
  options.threads = 1;
  start();
  // Every thread runs before descriptors end: sanitizers take two for a moment to look at what a thread begins with.
  fill(disk, leave);
  fill(work, leave);
  leave.open();
  ASSERT_EQ(ask(get("/hello")).status, 200);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  UniqueFd last(::dup(STDIN_FILENO));
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(last.get()) + 1;
  last.reset();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Client client = connect();  // takes the last descriptor: the server finds none to accept with
  client.send(get("/hello"));
  pollfd state{client.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&state, 1, 100), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpServer, RefusesToStartOnATakenPort) {
  start();
  ServerOptions same = options;
  same.port = server->port();
  const auto second = Server::start(same, app, disk, work);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpServer, RefusesToStartOnAnAddressThatIsNone) {
  options.address = "not an address";
  EXPECT_FALSE(Server::start(options, app, disk, work));
}

TEST_F(HttpServer, CountsBytesAndTime) {
  start();
  Client client = connect();
  const std::string request = post("/echo", "12345");
  const Answer answer = client.request(request);
  const auto finished = app.wait_for_finished(1);
  EXPECT_EQ(finished[0].record.status, 200);
  EXPECT_EQ(finished[0].record.bytes_in, request.size());
  EXPECT_EQ(finished[0].record.bytes_out, answer.head.size() + 4 + answer.body.size());
  EXPECT_FALSE(finished[0].record.aborted);
}

TEST_F(HttpServer, SendsNoAnswerThatItsHeadersWouldSplit) {
  app.routes["/split"] = [](const RequestHead&) {
    Response response = TestApplication::text(200, "x");
    response.headers.add("Location", "/a\r\nSet-Cookie: b");
    return AnswerNow{std::move(response)};
  };
  start();
  EXPECT_EQ(ask(get("/split")).status, 500);
}

// Timeouts -------------------------------------------------------------------------------------------------------

TEST_F(HttpServer, ClosesASilentConnectionWithoutAWord) {
  options.header_timeout = 50ms;
  start();
  Client client = connect();
  EXPECT_EQ(client.wait_for_end(), Client::End::kClosed);
  EXPECT_EQ(client.unread(), "");
}

TEST_F(HttpServer, Answers408ToAHeadThatDoesNotEnd) {
  options.header_timeout = 50ms;
  start();
  EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: h\r\n").status, 408);
}

TEST_F(HttpServer, ClosesAnIdleConnection) {
  options.idle_timeout = 50ms;
  start();
  Client client = connect();
  EXPECT_EQ(client.request(get("/hello")).status, 200);
  EXPECT_EQ(client.wait_for_end(), Client::End::kClosed);
  EXPECT_EQ(client.unread(), "");
}

TEST_F(HttpServer, Answers408ToABodyThatIsTooSlow) {
  options.body_rate_window = 100ms;
  start();
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n123").status, 408);
  EXPECT_EQ(ask("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n123").status, 408);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
}

TEST_F(HttpServer, CutsAReaderThatDoesNotRead) {
  options.body_rate_window = 100ms;
  options.min_body_rate = 1024 * 1024;
  app.routes["/large"] = [](const RequestHead&) {
    return AnswerNow{TestApplication::text(200, std::string(64U << 20U, 'x'))};
  };
  start();
  Client client(server->port(), 4096);
  client.send(get("/large"));
  const auto finished = app.wait_for_finished(1);
  EXPECT_TRUE(finished[0].record.aborted);
}

// Shutdown -------------------------------------------------------------------------------------------------------

TEST_F(HttpServer, SaysCloseOnEveryAnswerWhileItDrains) {
  start();
  Client before = connect();
  EXPECT_FALSE(before.request(get("/hello")).head.contains("Connection: close"));
  server->begin_drain();
  EXPECT_TRUE(before.request(get("/hello")).head.contains("Connection: close"));
  EXPECT_TRUE(ask(get("/hello")).head.contains("Connection: close"));  // the listener is still open
}

TEST_F(HttpServer, ClosesIdleConnectionsAndTakesNoNewOnesOnceTheListenerIsClosed) {
  start();
  Client idle = connect();
  EXPECT_EQ(idle.request(get("/hello")).status, 200);
  server->close_listener();
  EXPECT_EQ(idle.wait_for_end(), Client::End::kClosed);
  EXPECT_FALSE(Client(server->port()).connected());
  EXPECT_TRUE(server->finish(10s));
}

TEST_F(HttpServer, LetsARunningRequestEndBeforeItStops) {
  app.routes["/wait"] = [&](const RequestHead&) {
    return TestApplication::whole(0, [&](const Call&, std::string) {
      entered.open();
      leave.wait();
      return TestApplication::text(200, "whole");
    });
  };
  start();
  Client client = connect();
  client.send(get("/wait"));
  ASSERT_TRUE(entered.wait());
  server->close_listener();
  leave.open();
  EXPECT_TRUE(server->finish(std::chrono::duration_cast<std::chrono::milliseconds>(kPatience)));
  EXPECT_EQ(client.read_answer().body, "whole");
}

TEST_F(HttpServer, CancelsWhatRunsWhenTheTimeIsOver) {
  app.routes["/stuck"] = [&](const RequestHead&) {
    return TestApplication::whole(0, [&](const Call& call, std::string) {
      const std::stop_callback callback(call.stop, [&] { stopped.open(); });
      entered.open();
      return TestApplication::text(stopped.wait() ? 503 : 500, "");
    });
  };
  start();
  Client client = connect();
  client.send(get("/stuck"));
  Client upload = connect();
  upload.send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart");
  ASSERT_TRUE(entered.wait());
  ASSERT_TRUE(sink->wait_until([&] { return sink->bytes == "part"; }));
  EXPECT_FALSE(server->finish(0ms));
  EXPECT_EQ(client.read_answer().status, 503);
  EXPECT_TRUE(sink->wait_for_destruction());
  EXPECT_FALSE(sink->finished);
}

TEST_F(HttpServer, StopsAHandlerWhoseClientWentAway) {
  options.idle_timeout = 40ms;  // a short tick
  app.routes["/wait"] = [&](const RequestHead&) {
    return TestApplication::whole(0, [&](const Call& call, std::string) {
      const std::stop_callback callback(call.stop, [&] { stopped.open(); });
      entered.open();
      stopped.wait();
      return TestApplication::text(200, "");
    });
  };
  start();
  Client client = connect();
  client.send(get("/wait"));
  ASSERT_TRUE(entered.wait());
  client.close();
  EXPECT_TRUE(stopped.wait());
}

}  // namespace
}  // namespace lazaret::http::testing
