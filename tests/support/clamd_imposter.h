// ClamdImposter: listens on a Unix socket and answers as clamd does, or as it is told; for what a real clamd will not
// do on demand. Unless told otherwise it is a sound one: it knows the EICAR test file, alone, in hexadecimal and in a
// tar archive, and says of what it cannot look into that it cannot. A thread a connection; the destructor ends them
// all. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::testing_support {

struct ClamdAnswerOf {
  enum class Then : std::uint8_t { kClose, kStall, kGoOnForEver };
  std::string bytes;
  Then then = Then::kClose;
};

struct ClamdRequest {
  std::string command;  // "zVERSION"
  std::string body;     // of INSTREAM, without the lengths
};

class ClamdImposter {
 public:
  using Handler = std::function<ClamdAnswerOf(const ClamdRequest& request)>;
  ClamdImposter();
  ~ClamdImposter();
  ClamdImposter(const ClamdImposter&) = delete;
  ClamdImposter& operator=(const ClamdImposter&) = delete;

  std::string address() const { return (folder_.path() / "socket").string(); }
  // Asked before the sound answer is; one without bytes that closes leaves the answer to that.
  void answer_by(Handler handler);
  // Nothing of a stream is read beyond its command.
  void read_no_stream(bool on);

  std::vector<ClamdRequest> requests() const;
  std::size_t count(std::string_view command) const;
  // Until so many requests have come; false after 20 s.
  bool wait_for_requests(std::size_t count) const;

  static ClamdAnswerOf sound_answer(const ClamdRequest& request);

 private:
  void accept_connections();
  void serve(UniqueFd socket);
  bool read_request(int socket, ClamdRequest& request) const;
  bool read_exactly(int socket, std::string& into, std::size_t count) const;
  bool wait(int socket, short events) const;
  void wait_for_end(int socket) const;

  TemporaryFolder folder_;
  UniqueFd listener_;
  UniqueFd stop_;  // an eventfd that wakes every wait
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  Handler handler_;
  bool reads_streams_ = true;
  std::vector<ClamdRequest> requests_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace lazaret::testing_support
