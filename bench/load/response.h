// ResponseReader: as much of an HTTP/1.1 response as a load generator needs to know: its status, where its body ends,
// whether the connection stays open. Bodies are counted, never kept. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::bench {

class ResponseReader {
 public:
  enum class State : std::uint8_t { kHead, kBody, kDone, kBroken };

  // Takes what was received and gives the state after it. Bytes beyond the response's end break it: nothing is
  // pipelined here.
  State take(std::string_view bytes);
  // Bytes of the body that were received and discarded unseen.
  State skip(std::uint64_t bytes);
  State close();  // the peer ended the connection
  void reset();

  State state() const { return state_; }
  bool started() const { return !head_.empty() || state_ != State::kHead; }
  int status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  std::uint64_t body_left() const { return body_left_; }

 private:
  State parse_head(std::string_view head);

  State state_ = State::kHead;
  std::string head_;
  int status_ = 0;
  bool keep_alive_ = true;
  bool until_close_ = false;
  std::uint64_t body_left_ = 0;
};

}  // namespace lazaret::bench
