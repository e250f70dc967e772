#include "http/edge/session.h"

#include <algorithm>
#include <utility>

#include "http/edge/offload.h"
#include "http/edge/response_head.h"
#include "http/edge/response_writer.h"
#include "http/edge/upload_pump.h"

namespace lazaret::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxRequestId = 64;
constexpr std::size_t kMaxReserve = 64 * 1024;
// A file this small is closed at once; the last close of a large deleted one may take a while.
constexpr std::uint64_t kCloseHere = 1024 * 1024;
constexpr std::chrono::milliseconds kShortLinger{1'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestId && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

Response empty_answer(int status) {
  Response response;
  response.status = status;
  return response;
}

int status_of(IoStatus status) {
  return status == IoStatus::kTimeout ? 408 : 499;
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Lane& lane)
    : lane_(lane), connection_(std::move(socket)), peer_address_(connection_.peer_address()) {}

asio::awaitable<void> Session::run() {
  while (co_await serve_one() == Next::kServe) {
  }
  if (lingering_) co_await linger();
  connection_.close();
}

asio::awaitable<void> Session::turn_away() {
  Exchange exchange;
  exchange.began = std::chrono::steady_clock::now();
  exchange.head.peer_address = peer_address_;
  exchange.head.request_id = lane_.next_request_id();
  exchange.input_unread = true;
  turned_away_ = true;
  co_await answer(exchange, fault_answer(exchange, EdgeFault::kOverloaded));
  if (lingering_) co_await linger();
  connection_.close();
}

void Session::close_if_idle() {
  if (idle_) connection_.cancel();
}

// The head -------------------------------------------------------------------------------------------------------

asio::awaitable<Session::Next> Session::serve_one() {
  Exchange exchange;
  std::optional<EdgeFault> fault;
  const Arrival arrival = co_await read_head(exchange, fault);
  if (arrival == Arrival::kNothing) co_return Next::kClose;
  if (arrival == Arrival::kFault) {
    exchange.input_unread = true;
    exchange.keep_alive = false;
    co_return co_await answer(exchange, fault_answer(exchange, *fault));
  }
  std::optional<Plan> plan;
  try {
    plan = application().plan(exchange.head);
  } catch (...) {
    plan = AnswerNow{fault_answer(exchange, EdgeFault::kInternal)};
  }
  auto response = co_await carry_out(exchange, *std::exchange(plan, std::nullopt));
  if (!response) {
    record(exchange, empty_answer(exchange.gone_status), true);
    co_return Next::kClose;
  }
  co_return co_await answer(exchange, *std::move(response));
}

// False: nothing came, and nothing is to be said.
asio::awaitable<bool> Session::wait_for_request() {
  input_.shrink();
  if (!input_.empty()) co_return true;
  if (!first_request_ && lane_.surroundings().closing) co_return false;
  const auto timeout = first_request_ ? options().header_timeout : options().idle_timeout;
  connection_.set_deadline(std::chrono::steady_clock::now() + timeout);
  idle_ = true;
  const IoStatus status = co_await connection_.wait_readable();
  idle_ = false;
  co_return status == IoStatus::kOk;
}

asio::awaitable<Session::Arrival> Session::read_head(Exchange& exchange, std::optional<EdgeFault>& fault) {
  exchange.in_before = connection_.bytes_in() - input_.view().size();
  exchange.out_before = connection_.bytes_out();
  if (!co_await wait_for_request()) co_return Arrival::kNothing;
  exchange.began = std::chrono::steady_clock::now();
  connection_.set_deadline(exchange.began + options().header_timeout);
  exchange.head.peer_address = peer_address_;
  HeadScanner scanner(options().head);
  for (bool waited = input_.empty();; waited = true) {
    if (waited) {
      const auto received = connection_.receive(lane_.scratch());
      if (received.status != IoStatus::kOk) co_return Arrival::kNothing;
      input_.append(std::string_view(lane_.scratch().data(), received.bytes));
    }
    const auto scanned = scanner.scan(input_.view());
    fault = scanned.fault;
    if (!fault && scanned.size > 0) fault = take_head(exchange, scanned.size);
    if (fault) break;
    if (scanned.size > 0) {
      connection_.clear_deadline();
      co_return Arrival::kHead;
    }
    const IoStatus status = co_await connection_.wait_readable();
    if (status == IoStatus::kTimeout && scanner.begun()) {
      fault = EdgeFault::kRequestTimeout;
      break;
    }
    if (status != IoStatus::kOk) co_return Arrival::kNothing;
  }
  connection_.clear_deadline();
  if (exchange.head.request_id.empty()) exchange.head.request_id = lane_.next_request_id();
  co_return Arrival::kFault;
}

std::optional<EdgeFault> Session::take_head(Exchange& exchange, std::size_t size) {
  ParsedHead parsed = parse_head(input_.view().substr(0, size));
  input_.consume(size);
  first_request_ = false;
  exchange.sound = parsed.sound;
  exchange.version = parsed.version;
  exchange.keep_alive = parsed.keep_alive;
  exchange.expects_continue = parsed.expects_continue;
  if (parsed.sound) {
    exchange.head = std::move(parsed.head);
    exchange.head.peer_address = peer_address_;
  }
  const std::string_view wanted = exchange.head.headers.get("X-Request-Id");
  exchange.head.request_id = is_request_id(wanted) ? std::string(wanted) : lane_.next_request_id();
  return parsed.fault;
}

// The body and the handler ---------------------------------------------------------------------------------------

Call Session::call_for(const Exchange& exchange) const {
  return {std::chrono::steady_clock::now() + options().handler_timeout, exchange.stop.get_token(),
          exchange.head.request_id};
}

asio::awaitable<std::optional<Response>> Session::carry_out(Exchange& exchange, Plan plan) {
  if (auto* now = std::get_if<AnswerNow>(&plan)) {
    skip_buffered_body(exchange);
    co_return std::move(now->response);
  }
  if (auto* whole = std::get_if<HandleWhole>(&plan)) co_return co_await handle_whole(exchange, std::move(*whole));
  co_return co_await handle_stream(exchange, std::move(std::get<HandleStream>(plan)));
}

// A small body that is already here does not cost the connection.
void Session::skip_buffered_body(Exchange& exchange) {
  const RequestHead& head = exchange.head;
  if (head.framing == BodyFraming::kNone) return;
  if (head.framing == BodyFraming::kLength && head.content_length <= input_.view().size()) {
    input_.consume(static_cast<std::size_t>(head.content_length));
    return;
  }
  exchange.input_unread = true;
}

asio::awaitable<IoStatus> Session::allow_body(Exchange& exchange) {
  if (!exchange.expects_continue || !input_.empty()) co_return IoStatus::kOk;
  co_return co_await connection_.send(kContinue, {}, Connection::More::kNo);
}

std::optional<Response> Session::body_failed(Exchange& exchange, IoStatus status, std::optional<EdgeFault> fault) {
  exchange.input_unread = true;
  if (status == IoStatus::kTimeout) fault = EdgeFault::kRequestTimeout;
  if (fault) return fault_answer(exchange, *fault);
  exchange.gone_status = status_of(status);
  return std::nullopt;
}

asio::awaitable<std::optional<Response>> Session::handle_whole(Exchange& exchange, HandleWhole plan) {
  const RequestHead& head = exchange.head;
  std::string body;
  if (head.framing != BodyFraming::kNone) {
    if (head.content_length > plan.body_limit) co_return body_failed(exchange, IoStatus::kOk, EdgeFault::kBodyTooLarge);
    connection_.watch_rate(RateWatch(options().min_body_rate, options().body_rate_window));
    if (const IoStatus status = co_await allow_body(exchange); status != IoStatus::kOk)
      co_return body_failed(exchange, status, std::nullopt);
    BodyReader reader(connection_, input_, head, plan.body_limit);
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length, kMaxReserve)));
    while (!reader.done()) {
      const auto taken = reader.take(lane_.scratch());
      IoStatus status = taken.status;
      if (status == IoStatus::kOk && !taken.fault) {
        body.append(lane_.scratch().data(), taken.bytes);
        if (taken.bytes > 0 || reader.done()) continue;
        status = co_await connection_.wait_readable();
        if (status == IoStatus::kOk) continue;
      }
      connection_.stop_watching_rate();
      co_return body_failed(exchange, status, taken.fault);
    }
    connection_.stop_watching_rate();
  }
  const Call call = call_for(exchange);
  std::optional<Response> response;
  const auto handle = [&] {
    try {
      response = plan.handle(call, std::move(body));
    } catch (...) {
      response.reset();
    }
  };
  Event done;
  if (start_on(lane_.surroundings().disk, connection_.executor(), done, handle) == Taken::kNo)
    co_return fault_answer(exchange, EdgeFault::kOverloaded);
  connection_.stop_with(exchange.stop, Connection::PeerWatch::kWatch);
  co_await done.wait();
  connection_.stop_nothing();
  if (!response) co_return fault_answer(exchange, EdgeFault::kInternal);
  co_return response;
}

asio::awaitable<std::optional<Response>> Session::handle_stream(Exchange& exchange, HandleStream plan) {
  const RequestHead& head = exchange.head;
  BodyReader reader(connection_, input_, head, plan.body_limit);
  UploadPump pump(lane_, connection_, reader, std::move(plan.sink));
  if (head.framing == BodyFraming::kNone) co_return fault_answer(exchange, EdgeFault::kLengthRequired);
  if (head.content_length > plan.body_limit) co_return body_failed(exchange, IoStatus::kOk, EdgeFault::kBodyTooLarge);
  connection_.watch_rate(RateWatch(options().min_body_rate, options().body_rate_window));
  if (const IoStatus status = co_await allow_body(exchange); status != IoStatus::kOk)
    co_return body_failed(exchange, status, std::nullopt);
  UploadPump::Outcome outcome = co_await pump.run();
  connection_.stop_watching_rate();
  exchange.input_unread = !reader.done();
  if (!outcome.early && (outcome.status != IoStatus::kOk || (outcome.fault && !reader.done())))
    co_return body_failed(exchange, outcome.status, outcome.fault);
  if (!outcome.early && !outcome.fault) outcome = co_await pump.finish(call_for(exchange), exchange.stop);
  if (outcome.fault) co_return fault_answer(exchange, *outcome.fault);
  co_return std::move(outcome.early);
}

// The answer -----------------------------------------------------------------------------------------------------

Response Session::fault_answer(const Exchange& exchange, EdgeFault fault) {
  try {
    return application().fault_answer(fault, exchange.sound ? &exchange.head : nullptr);
  } catch (...) {
    return empty_answer(500);
  }
}

void Session::decorate(const Exchange& exchange, Response& response) {
  try {
    application().decorate(exchange.sound ? &exchange.head : nullptr, response);
  } catch (...) {
    response = empty_answer(500);
  }
}

asio::awaitable<Session::Next> Session::answer(Exchange& exchange, Response response) {
  decorate(exchange, response);
  if (!headers_are_sound(response.headers)) {
    response = fault_answer(exchange, EdgeFault::kInternal);
    decorate(exchange, response);
  }
  const bool reuse = exchange.keep_alive && !exchange.input_unread && !lane_.surroundings().draining;
  ResponseFacts facts{.date = lane_.date(), .content_length = stated_length(response)};
  if (!reuse) facts.connection = ConnectionHeader::kClose;
  if (reuse && exchange.version == HttpVersion::k10) facts.connection = ConnectionHeader::kKeepAlive;
  out_.clear();
  append_response_head(out_, response, facts);

  const bool head_only = exchange.head.method == "HEAD" || !status_allows_body(response.status);
  const auto send = head_only ? ResponseWriter::Send::kHeadOnly : ResponseWriter::Send::kAll;
  ResponseWriter writer(lane_, connection_);
  connection_.stop_with(exchange.stop, Connection::PeerWatch::kNo);
  const IoStatus status = co_await writer.write(out_, response, send, call_for(exchange));
  connection_.stop_nothing();

  auto* stream = std::get_if<std::unique_ptr<ByteStream>>(&response.body);
  auto* file = std::get_if<FileRange>(&response.body);
  const auto& around = lane_.surroundings();
  if (stream != nullptr && *stream) dispose_on(around.work, around.disk, std::move(*stream));
  if (file != nullptr && file->length > kCloseHere) dispose_on(around.disk, around.work, std::move(file->fd));
  record(exchange, response, status != IoStatus::kOk);
  lingering_ = status == IoStatus::kOk && exchange.input_unread;
  co_return status == IoStatus::kOk&& reuse ? Next::kServe : Next::kClose;
}

void Session::record(const Exchange& exchange, const Response& response, bool aborted) {
  RequestRecord record;
  record.status = response.status;
  record.bytes_in = connection_.bytes_in() - exchange.in_before - input_.view().size();
  record.bytes_out = connection_.bytes_out() - exchange.out_before;
  record.duration =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - exchange.began);
  record.aborted = aborted;
  try {
    application().finished(exchange.head, response, record);
  } catch (...) {  // a log line that cannot be written ends no connection
    return;
  }
}

// A peer that is still sending would lose the answer to a reset, so what it sends is read for a while and dropped.
asio::awaitable<void> Session::linger() {
  connection_.end_sending();
  const bool hurry = turned_away_ || lane_.surroundings().closing;
  const auto limit = hurry ? std::min(options().linger_timeout, kShortLinger) : options().linger_timeout;
  connection_.set_deadline(std::chrono::steady_clock::now() + limit);
  for (std::uint64_t dropped = 0; dropped < options().linger_bytes;) {
    if (co_await connection_.wait_readable() != IoStatus::kOk) co_return;
    const auto received = connection_.receive(lane_.scratch());
    if (received.status != IoStatus::kOk) co_return;
    dropped += received.bytes;
  }
}

}  // namespace lazaret::http
