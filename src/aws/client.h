// Client: one AWS service at one endpoint. It signs, sends, judges the answer and tries again, within the call's
// deadline and the retry quota; it mends what can be mended once: a clock that is off, credentials that expired, a
// bucket in another region (a client for S3 serves one bucket). What an operation means is said by s3/client.h and
// dynamodb/client.h. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/http.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/pause.h"

namespace lazaret::aws {

class CredentialsProvider;

// How the path is signed: every service but S3 normalises it and encodes it twice.
enum class Service : std::uint8_t { kS3, kDynamoDb, kSts };

// Whether an operation that may have happened can be made again by the client's own loop. kNo: an ambiguous failure is
// given to the caller at once, as Retry::kAmbiguous.
enum class Repeatable : std::uint8_t { kNo, kYes };

struct Operation {
  std::string name;  // "PutObject": for logs, metrics and faults
  Method method = Method::kGet;
  std::string host_prefix;       // "bucket." for virtual-host addressing, or empty
  std::string path = "/";        // not encoded
  std::vector<Parameter> query;  // not encoded
  std::vector<Header> headers;   // beyond those of signing
  Body body;
  std::optional<Digest> payload;  // SHA-256 of the body where it is known; else it is computed
  TransportLimits limits;
  Repeatable repeatable = Repeatable::kYes;
  // S3 answers 200 and then an <Error>: any reply whose root element is Error counts as a 500.
  bool error_in_success = false;
  // A 2xx answer that this calls damaged (a checksum of its body is wrong) is asked for again. nullptr: all are sound.
  bool (*is_sound)(const HttpResponse& response) = nullptr;
};

// A refusal or failure, as the service put it.
struct Failure {
  Error error;       // code, retry and detail, as the ports speak
  int status = 0;    // 0: no answer came
  std::string code;  // the service's: "NoSuchKey", "ConditionalCheckFailedException"; empty where it gave none
  std::string body;  // of the answer; for what stands beside the code (Item, CancellationReasons)
  // An earlier try of the same operation may have been applied: a failed condition may be our own success.
  bool repeated = false;
};
template <class T>
using Outcome = std::expected<T, Failure>;

struct Reply {
  HttpResponse response;
  bool repeated = false;  // as in Failure
};

struct ClientOptions {
  Service service = Service::kS3;
  Endpoint endpoint;
  std::string region;
  int max_attempts = 5;
  std::chrono::milliseconds transient_delay{50};
  std::chrono::milliseconds throttled_delay{1000};
  std::string user_agent;
  // Told what an operator should set right, whenever the client has mended it for itself. From any thread.
  std::function<void(const std::string& what)> on_mended = nullptr;
};

class Client {
 public:
  // All of them outlive the client.
  struct Parts {
    Transport& transport;
    CredentialsProvider& credentials;
    const Clock& clock;
    Random& random;
    Pause* pause = nullptr;  // between tries; nullptr: the calling thread sleeps
  };
  Client(Parts parts, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A 2xx answer, or why there is none. 304, 404, 412 and the like are Failures with their status.
  Outcome<Reply> call(const Call& call, const Operation& operation);
  // The same for a body that is pulled. Retries end when the head has arrived.
  Outcome<std::unique_ptr<PulledResponse>> open(const Call& call, const Operation& operation);
  // A URL that makes this request without further credentials. Its life ends with the credentials' if that is sooner.
  Result<std::string> presign(const Call& call, const Operation& operation, std::chrono::seconds lifetime);

  const ClientOptions& options() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazaret::aws
