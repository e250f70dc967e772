// HttpImposter: an HTTP/1.1 server on a free loopback port that answers as it is told, and fails as it is told. For
// what a real server will not do on demand: close before or after reading, stall, cut an answer short.
//
// It has threads of its own, one a connection; the destructor ends them all. Every request is recorded before it is
// answered. Answers of the script are used up first, in order; then the handler is asked. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace lazaret::testing_support {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ImposterRequest {
  std::string method;
  std::string target;  // as it came: path and query, encoded
  HeaderList headers;  // names in lower case
  std::string body;
  int connection = 0;  // which connection it came on, counted from 1

  std::string header(std::string_view name) const;  // the first, or empty
  bool has_header(std::string_view name) const;
  std::string path() const;   // of the target, without the query, encoded
  std::string query() const;  // without "?", encoded
};

enum class Misdeed : std::uint8_t {
  kNone,
  kCloseBeforeReading,  // the request does not arrive
  kCloseAfterReading,   // it arrives whole, and nothing comes back
  kStall,               // it arrives, and neither an answer nor an end comes
  kStallInBody,         // half of the body comes, and then nothing
  kTruncate,            // half of the body comes, and then the end
  kReset,               // as kCloseAfterReading, with a reset
  kAnswerAndClose,      // a whole answer, and the connection is closed without a word
};

struct ImposterAnswer {
  int status = 200;
  std::string body;
  HeaderList headers;  // Content-Length and Date are added where they are missing
  Misdeed misdeed = Misdeed::kNone;
  bool chunked = false;  // the body as one chunk
};

class HttpImposter {
 public:
  using Handler = std::function<ImposterAnswer(const ImposterRequest& request)>;
  // Without a handler what the script does not answer is a 404.
  explicit HttpImposter(Handler handler = {});
  ~HttpImposter();
  HttpImposter(const HttpImposter&) = delete;
  HttpImposter& operator=(const HttpImposter&) = delete;

  // The next answer, after those given before.
  void script(ImposterAnswer answer);

  std::uint16_t port() const { return port_; }
  std::string url() const;  // "http://127.0.0.1:port"
  std::vector<ImposterRequest> requests() const;
  std::size_t request_count() const;
  int connection_count() const;
  // Until so many requests have arrived whole; false after 20 s.
  bool wait_for_requests(std::size_t count) const;
  // What is left of the script is dropped.
  void forget_script();

 private:
  void accept_connections();
  void serve(UniqueFd socket, int number);
  bool read_request(int socket, std::string& buffer, ImposterRequest& request);
  bool read_more(int socket, std::string& buffer);
  bool wait_readable(int socket) const;
  bool send(int socket, std::string_view bytes) const;
  ImposterAnswer next_answer(const ImposterRequest& request);
  std::optional<ImposterAnswer> take_close_before_reading();
  bool perform(int socket, const ImposterRequest& request, const ImposterAnswer& answer);
  void wait_for_end(int socket) const;

  Handler handler_;
  UniqueFd listener_;
  UniqueFd stop_read_;
  UniqueFd stop_write_;  // closing it wakes every poll
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  std::deque<ImposterAnswer> script_;
  std::vector<ImposterRequest> requests_;
  int connections_ = 0;
  std::vector<std::thread> threads_;  // of connections; guarded by `mutex_`
  std::thread acceptor_;
};

}  // namespace lazaret::testing_support
