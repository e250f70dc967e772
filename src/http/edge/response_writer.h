// Sends one answer: text at once, files by sendfile, streams through one bounded buffer. A body that fails midway
// resets the connection: a short answer never looks whole.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/call.h"
#include "http/edge/connection.h"
#include "http/edge/lane.h"
#include "http/edge/response_head.h"
#include "http/message.h"

namespace lazaret::http {

class ResponseWriter {
 public:
  ResponseWriter(Lane& lane, Connection& connection) : lane_(lane), connection_(connection) {}

  enum class Send : bool { kHeadOnly, kAll };
  // `head` is the answer's head as bytes. Takes the response's body; slow readers end as kTimeout.
  boost::asio::awaitable<IoStatus> write(std::string_view head, Response& response, Send send, Call call);

 private:
  boost::asio::awaitable<IoStatus> write_file(std::string_view head, FileRange& file);
  boost::asio::awaitable<IoStatus> write_window(const FileRange& file, std::uint64_t& sent, std::uint64_t end);
  boost::asio::awaitable<void> warm(const FileRange& file, std::uint64_t from, std::uint64_t size);
  boost::asio::awaitable<IoStatus> write_stream(std::string_view head, ByteStream& stream, std::uint64_t length,
                                                Call call);
  IoStatus broken();

  Lane& lane_;
  Connection& connection_;
};

}  // namespace lazaret::http
