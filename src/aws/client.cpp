#include "aws/client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

#include "aws/attempt.h"
#include "aws/credentials/credentials.h"
#include "aws/retry.h"
#include "aws/sigv4.h"

namespace lazaret::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Below this a difference of clocks is latency; servers refuse above 15 minutes.
constexpr milliseconds kLeastSkew = std::chrono::minutes{4};
constexpr seconds kLongestLifetime = std::chrono::days{7};
// A URL ends this long before the session that signed it.
constexpr seconds kBeforeExpiry{60};
// The body of a refusal is read this far where the answer is pulled; its code stands at its start.
constexpr std::size_t kMaxRefusalBytes = std::size_t{64} * 1024;

// An answer: with its body, or with one that is pulled.
struct Received {
  HttpResponse response;
  std::unique_ptr<PulledResponse> pulled;
};
using SendOnce = std::function<Transported<Received>(const HttpRequest&)>;

// How an attempt was made: what a remedy needs to know.
struct Attempt {
  Credentials credentials;
  Endpoint endpoint;
  std::string region;
  Timestamp time;
};

// What a call has been through.
struct Progress {
  std::string invocation;
  int tries = 0;
  int failures = 0;   // that were waited for; mending does not count
  int last_cost = 0;  // of the quota
  bool perhaps_applied = false;
  bool clock_mended = false;
  bool credentials_renewed = false;
  bool moved = false;
  bool sent_again = false;
};

// True the first time.
bool once(bool& done) {
  return !std::exchange(done, true);
}

bool is_success(const Operation& operation, const HttpResponse& response) {
  if (response.status / 100 != 2) return false;
  return !operation.error_in_success || !is_error_document(response);
}

HttpRequest wire_request(const Operation& operation, const Endpoint& endpoint, SignedForm form) {
  HttpRequest request{.method = operation.method,
                      .endpoint = endpoint,
                      .path = std::move(form.path),
                      .query = std::move(form.query),
                      .headers = std::move(form.headers),
                      .body = operation.body};
  request.endpoint.host = operation.host_prefix + endpoint.host;
  return request;
}

Transported<Received> send_whole(Transport& transport, const Call& call, const Operation& operation,
                                 const HttpRequest& request) {
  auto response = transport.send(call, request, operation.limits);
  if (!response) return std::unexpected(std::move(response).error());
  return Received{*std::move(response), nullptr};
}

// A success is pulled by the caller; a refusal is read here.
Transported<Received> send_and_pull(Transport& transport, const Call& call, const Operation& operation,
                                    const HttpRequest& request) {
  auto pulled = transport.open(call, request, operation.limits);
  if (!pulled) return std::unexpected(std::move(pulled).error());
  Received received{(*pulled)->head(), nullptr};
  if (received.response.status / 100 == 2) {
    received.pulled = *std::move(pulled);
    return received;
  }
  std::array<std::byte, std::size_t{8} * 1024> chunk{};
  while (received.response.body.size() < kMaxRefusalBytes) {
    const auto got = (*pulled)->read(call, chunk);
    if (!got || *got == 0) break;  // the status says enough
    received.response.body.append(reinterpret_cast<const char*>(chunk.data()), *got);
  }
  return received;
}

}  // namespace

struct Client::State {
  State(const Parts& given, ClientOptions wanted)
      : parts(given), options(std::move(wanted)), endpoint(options.endpoint), region(options.region) {}

  Outcome<Received> run(const Call& call, const Operation& operation, const SendOnce& send);
  Outcome<Attempt> prepare(const Call& call);
  HttpRequest request_of(const Operation& operation, const Attempt& attempt, std::string_view payload,
                         const Progress& progress);
  // Whether to try again; has waited or mended where that is so.
  bool again(const Call& call, const Operation& operation, const Attempt& attempt, const Setback& setback,
             Progress& progress);
  bool wait(const Call& call, const Setback& setback, Progress& progress);
  bool mend_clock(const Attempt& attempt, const Setback& setback);
  bool renew_credentials(const Call& call, const Attempt& attempt);
  bool move(const Attempt& attempt, const Setback& setback);
  void tell(const std::string& what) const {
    if (options.on_mended) options.on_mended(what);
  }
  Timestamp now() const { return parts.clock.now() + milliseconds{clock_offset.load()}; }

  const Parts parts;
  const ClientOptions options;
  ThreadPause thread_pause;
  SigningKeys keys;
  RetryQuota quota;
  std::atomic<std::int64_t> clock_offset = 0;  // milliseconds to add to our clock
  std::mutex mutex;
  Endpoint endpoint;  // guarded by `mutex`, with `region`: where the bucket turned out to be
  std::string region;
};

Outcome<Attempt> Client::State::prepare(const Call& call) {
  auto credentials = parts.credentials.get(call);
  if (!credentials) return std::unexpected(Failure{.error = std::move(credentials).error()});
  const std::lock_guard lock(mutex);
  return Attempt{*std::move(credentials), endpoint, region, now()};
}

HttpRequest Client::State::request_of(const Operation& operation, const Attempt& attempt, std::string_view payload,
                                      const Progress& progress) {
  const Signable plain = signable(operation, options, attempt.endpoint, payload, progress.invocation, progress.tries);
  const SigningScope scope{attempt.region, std::string(signing_name(options.service)), path_rule(options.service),
                           attempt.time};
  return wire_request(operation, attempt.endpoint, sign_with_headers(plain, scope, attempt.credentials, keys));
}

Outcome<Received> Client::State::run(const Call& call, const Operation& operation, const SendOnce& send) {
  const auto payload = payload_hash(operation);
  if (!payload) return std::unexpected(Failure{.error = payload.error()});
  Progress progress{.invocation = make_document_id(parts.clock.now(), parts.random).to_string()};
  for (;;) {
    auto attempt = prepare(call);
    if (!attempt) {
      attempt.error().repeated = progress.perhaps_applied;
      return std::unexpected(std::move(attempt).error());
    }
    ++progress.tries;
    auto received = send(request_of(operation, *attempt, *payload, progress));
    if (received) progress.perhaps_applied |= received->response.resent;
    Setback setback;
    if (!received) {
      setback = setback_of(operation, std::move(received).error());
    } else if (!is_success(operation, received->response)) {
      setback = setback_of(operation, std::move(received->response));
    } else if (operation.is_sound != nullptr && !received->pulled && !operation.is_sound(received->response)) {
      setback = damaged_answer(operation, received->response.status);
    } else {
      quota.refund(progress.last_cost);
      received->response.resent = progress.perhaps_applied;
      return *std::move(received);
    }
    setback.failure.repeated = progress.perhaps_applied;
    if (!again(call, operation, *attempt, setback, progress)) {
      // What may have happened earlier makes a failure that says nothing of itself ambiguous too.
      Retry& retry = setback.failure.error.retry;
      if (retry == Retry::kSafe && progress.perhaps_applied) retry = Retry::kAmbiguous;
      return std::unexpected(std::move(setback.failure));
    }
    progress.perhaps_applied |= setback.perhaps_applied;
  }
}

bool Client::State::again(const Call& call, const Operation& operation, const Attempt& attempt, const Setback& setback,
                          Progress& progress) {
  if (setback.perhaps_applied && operation.repeatable == Repeatable::kNo) return false;
  if (call.stop.stop_requested()) return false;
  switch (setback.remedy) {
    case Remedy::kNone:
      return false;
    case Remedy::kMendClock:
      return once(progress.clock_mended) && mend_clock(attempt, setback);
    case Remedy::kNewCredentials:
      return once(progress.credentials_renewed) && renew_credentials(call, attempt);
    case Remedy::kOtherRegion:
      return once(progress.moved) && move(attempt, setback);
    case Remedy::kSendAgain:
      return once(progress.sent_again);
    case Remedy::kRepeat:
    case Remedy::kSlowDown:
      return wait(call, setback, progress);
  }
  return false;
}

bool Client::State::wait(const Call& call, const Setback& setback, Progress& progress) {
  if (++progress.failures >= options.max_attempts) return false;
  const bool throttled = setback.remedy == Remedy::kSlowDown;
  const int cost = throttled ? RetryQuota::kThrottledCost : RetryQuota::kTransientCost;
  const auto base = throttled ? options.throttled_delay : options.transient_delay;
  const auto delay = with_hint(backoff(base, progress.failures, parts.random), setback.hint);
  // A try that cannot begin in time is not waited for: the caller hears of it now.
  if (call.deadline - parts.clock.steady_now() <= delay) return false;
  if (!quota.take(cost)) return false;
  progress.last_cost = cost;
  Pause& pause = parts.pause != nullptr ? *parts.pause : thread_pause;
  pause.wait(call, delay);
  return !call.stop.stop_requested();
}

bool Client::State::mend_clock(const Attempt& attempt, const Setback& setback) {
  if (!setback.server_time) return false;
  const milliseconds skew = *setback.server_time - attempt.time;
  if (skew > -kLeastSkew && skew < kLeastSkew) return false;
  clock_offset = (*setback.server_time - parts.clock.now()).count();
  const auto minutes = std::chrono::round<std::chrono::minutes>(std::chrono::abs(skew)).count();
  tell("the clock of this machine is " + std::to_string(minutes) + " minutes " +
       (skew > milliseconds::zero() ? "behind" : "ahead of") + " that of " + attempt.endpoint.authority() +
       ", whose is used from here on: set it (NTP)");
  return true;
}

bool Client::State::renew_credentials(const Call& call, const Attempt& attempt) {
  parts.credentials.invalidate(attempt.credentials);
  const auto fresh = parts.credentials.get(call);
  return fresh && (fresh->access_key_id != attempt.credentials.access_key_id ||
                   fresh->session_token != attempt.credentials.session_token);
}

bool Client::State::move(const Attempt& attempt, const Setback& setback) {
  if (options.service != Service::kS3 || setback.region.empty() || setback.region == attempt.region) return false;
  {
    const std::lock_guard lock(mutex);
    endpoint = in_region(attempt.endpoint, attempt.region, setback.region);
    region = setback.region;
  }
  tell("the bucket lies in region " + setback.region + " and is asked there from here on: set AWS_REGION to it");
  return true;
}

Client::Client(Parts parts, ClientOptions options) : state_(std::make_unique<State>(parts, std::move(options))) {}
Client::~Client() = default;

Outcome<Reply> Client::call(const Call& call, const Operation& operation) {
  auto received = state_->run(call, operation, [&](const HttpRequest& request) {
    return send_whole(state_->parts.transport, call, operation, request);
  });
  if (!received) return std::unexpected(std::move(received).error());
  const bool repeated = received->response.resent;
  return Reply{std::move(received->response), repeated};
}

Outcome<std::unique_ptr<PulledResponse>> Client::open(const Call& call, const Operation& operation) {
  auto received = state_->run(call, operation, [&](const HttpRequest& request) {
    return send_and_pull(state_->parts.transport, call, operation, request);
  });
  if (!received) return std::unexpected(std::move(received).error());
  return std::move(received->pulled);
}

Result<std::string> Client::presign(const Call& call, const Operation& operation, seconds lifetime) {
  auto attempt = state_->prepare(call);
  if (!attempt) return std::unexpected(std::move(attempt).error().error);
  if (const auto expiry = attempt->credentials.expires_at) {
    lifetime = std::min(lifetime, std::chrono::floor<seconds>(*expiry - attempt->time) - kBeforeExpiry);
  }
  if (lifetime < seconds{1}) return fail(ErrorCode::kUnavailable, "the credentials end too soon to sign a URL");
  Signable request{.method = operation.method,
                   .endpoint = attempt->endpoint,
                   .path = operation.path,
                   .query = operation.query,
                   .headers = operation.headers,
                   .payload_hash = std::string(kUnsignedPayload)};
  request.endpoint.host = operation.host_prefix + attempt->endpoint.host;
  const SigningScope scope{attempt->region, std::string(signing_name(state_->options.service)),
                           path_rule(state_->options.service), attempt->time};
  const SignedForm form =
      sign_with_query(request, scope, attempt->credentials, std::min(lifetime, kLongestLifetime), state_->keys);
  return request.endpoint.scheme + "://" + request.endpoint.authority() + form.path + "?" + form.query;
}

const ClientOptions& Client::options() const {
  return state_->options;
}

}  // namespace lazaret::aws
