// Session: one connection from its first byte to its last: heads, bodies, answers, in order. Runs as one coroutine on
// its lane; only handlers and sinks run elsewhere, and it always waits for them before it ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "http/application.h"
#include "http/edge/body_reader.h"
#include "http/edge/connection.h"
#include "http/edge/head.h"
#include "http/edge/lane.h"

namespace lazaret::http {

// One request and how it goes.
struct Exchange {
  RequestHead head;
  HttpVersion version = HttpVersion::k11;
  bool sound = false;  // the head could be parsed
  bool keep_alive = false;
  bool expects_continue = false;
  bool input_unread = false;  // an answer goes out before the request was read to its end
  SteadyTime began{};
  std::uint64_t in_before = 0;
  std::uint64_t out_before = 0;
  int gone_status = 499;  // recorded where no answer could be given: the client went away
  std::stop_source stop;
};

class Session {
 public:
  Session(boost::asio::ip::tcp::socket socket, Lane& lane);

  boost::asio::awaitable<void> run();
  // Answers 503 and closes, for a connection over the limit.
  boost::asio::awaitable<void> turn_away();

  void on_tick(SteadyTime now) { connection_.on_tick(now); }
  void cancel() { connection_.cancel(); }
  void close_if_idle();
  bool idle() const { return idle_; }

 private:
  enum class Next : bool { kClose, kServe };
  enum class Arrival : std::uint8_t { kHead, kFault, kNothing };

  boost::asio::awaitable<Next> serve_one();
  boost::asio::awaitable<Arrival> read_head(Exchange& exchange, std::optional<EdgeFault>& fault);
  boost::asio::awaitable<bool> wait_for_request();
  std::optional<EdgeFault> take_head(Exchange& exchange, std::size_t size);

  // Each gives the answer, or nullopt when there is nobody to answer any more.
  boost::asio::awaitable<std::optional<Response>> carry_out(Exchange& exchange, Plan plan);
  boost::asio::awaitable<std::optional<Response>> handle_whole(Exchange& exchange, HandleWhole plan);
  boost::asio::awaitable<std::optional<Response>> handle_stream(Exchange& exchange, HandleStream plan);
  boost::asio::awaitable<IoStatus> allow_body(Exchange& exchange);
  void skip_buffered_body(Exchange& exchange);
  // A body could not be read to its end.
  std::optional<Response> body_failed(Exchange& exchange, IoStatus status, std::optional<EdgeFault> fault);

  boost::asio::awaitable<Next> answer(Exchange& exchange, Response response);
  Response fault_answer(const Exchange& exchange, EdgeFault fault);
  void decorate(const Exchange& exchange, Response& response);
  void record(const Exchange& exchange, const Response& response, bool aborted);
  boost::asio::awaitable<void> linger();

  Call call_for(const Exchange& exchange) const;
  const ServerOptions& options() const { return lane_.surroundings().options; }
  Application& application() { return lane_.surroundings().application; }

  Lane& lane_;
  Connection connection_;
  InputBuffer input_;
  std::string out_;  // the head of an answer; kept for its capacity
  std::string peer_address_;
  bool first_request_ = true;
  bool idle_ = false;
  bool lingering_ = false;
  bool turned_away_ = false;
};

}  // namespace lazaret::http
