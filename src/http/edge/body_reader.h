// BodyReader: the bytes of one request body off a connection, whatever its framing, within a limit. It never reads past
// a body of known length; what it reads past a chunked one goes back to the input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/application.h"
#include "http/edge/chunked.h"
#include "http/edge/connection.h"

namespace lazaret::http {

// Bytes that came and are not used yet.
class InputBuffer {
 public:
  std::string_view view() const { return std::string_view(bytes_).substr(begin_); }
  bool empty() const { return begin_ == bytes_.size(); }
  void append(std::string_view text);
  void put_back(std::string_view text) { bytes_.replace(0, begin_, text), begin_ = 0; }
  void consume(std::size_t count);
  // Gives memory back that a large head took.
  void shrink();

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

class BodyReader {
 public:
  BodyReader(Connection& connection, InputBuffer& input, const RequestHead& head, std::uint64_t limit);

  struct Taken {
    std::size_t bytes = 0;  // at the front of the room; 0 with nothing else set and not done(): wait for the socket
    IoStatus status = IoStatus::kOk;
    std::optional<EdgeFault> fault;
  };
  // Does not block. `room` is not empty.
  Taken take(std::span<char> room);
  bool done() const { return done_; }
  // What is still to come is known, and no more than `room`.
  bool rest_fits(std::size_t room) const { return !chunks_ && left_ <= room; }

 private:
  Connection& connection_;
  InputBuffer& input_;
  std::uint64_t limit_;
  std::uint64_t total_ = 0;
  std::uint64_t left_ = 0;  // of a body of known length
  std::optional<ChunkDecoder> chunks_;
  bool done_ = false;
};

}  // namespace lazaret::http
