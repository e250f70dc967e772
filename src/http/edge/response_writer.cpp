#include "http/edge/response_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <sys/uio.h>

#include "http/edge/offload.h"

namespace lazaret::http {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kWindow = 4 * 1024 * 1024;
// Small enough to stay in a core's own cache between what fills it and what sends it.
constexpr std::size_t kStreamBuffer = 128 * 1024;
// A stream keeps its thread so long at a time, while bytes come and go, so that many share few.
constexpr std::chrono::milliseconds kTurn{20};

bool byte_is_cached(int fd, std::uint64_t offset) {
  std::byte byte{};
  iovec part{&byte, 1};
  return ::preadv2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0;
}

// Whether sendfile would find this in memory. Readahead fills from the front, so both ends speak for the middle.
bool is_cached(const FileRange& file, std::uint64_t from, std::uint64_t size) {
  return byte_is_cached(file.fd.get(), file.offset + from) &&
         byte_is_cached(file.fd.get(), file.offset + from + size - 1);
}

// Reads the window into the page cache, on a pool's thread. Errors are left to sendfile, which meets them again.
void read_into_cache(int fd, std::uint64_t offset, std::uint64_t size) {
  static_cast<void>(
      ::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(size + kWindow), POSIX_FADV_WILLNEED));
  std::array<std::byte, 64 * 1024> scratch;  // not initialised: only ever written
  for (const std::uint64_t end = offset + size; offset < end;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size(), end - offset));
    const ssize_t count = ::pread(fd, scratch.data(), wanted, static_cast<off_t>(offset));
    if (count <= 0) return;
    offset += static_cast<std::uint64_t>(count);
  }
}

// Bytes of a stream on their way to the socket. On a pool's thread they are sent where they were read: to hand them
// over would cost two changes of thread a part, and the caches of both cores.
class Passage {
 public:
  Passage(Connection& connection, ByteStream& stream, const Call& call, std::uint64_t length)
      : connection_(connection), stream_(stream), call_(call), unread_(length) {}

  // Until the socket takes no more, all is sent, or it is another's turn. While the connection's own thread waits.
  void move_some() {
    try {
      const SteadyTime end = std::chrono::steady_clock::now() + kTurn;
      blocked_ = false;
      while (status_ == IoStatus::kOk && !blocked_ && !finished() && std::chrono::steady_clock::now() < end) {
        if (unsent_.empty()) read();
        send();
      }
    } catch (...) {
      status_ = IoStatus::kClosed;
    }
  }
  bool finished() const { return unread_ == 0 && unsent_.empty(); }
  bool blocked() const { return blocked_; }
  IoStatus status() const { return status_; }

 private:
  void read() {
    const auto count = stream_.read(call_, std::span(buffer_.get(), kStreamBuffer));
    // Too little and too much are both not what was promised.
    if (!count || *count == 0 || *count > unread_) {
      status_ = IoStatus::kClosed;
      return;
    }
    unread_ -= *count;
    unsent_ = {reinterpret_cast<const char*>(buffer_.get()), *count};
  }
  void send() {
    if (unsent_.empty()) return;
    const auto sent = connection_.send_some(unsent_, unread_ > 0 ? Connection::More::kYes : Connection::More::kNo);
    status_ = sent.status;
    blocked_ = sent.bytes == 0;
    unsent_.remove_prefix(sent.bytes);
  }

  Connection& connection_;
  ByteStream& stream_;
  const Call& call_;
  std::uint64_t unread_;
  std::unique_ptr<std::byte[]> buffer_ = std::make_unique_for_overwrite<std::byte[]>(kStreamBuffer);
  std::string_view unsent_;  // in `buffer_`
  bool blocked_ = false;
  IoStatus status_ = IoStatus::kOk;
};

}  // namespace

asio::awaitable<IoStatus> ResponseWriter::write(std::string_view head, Response& response, Send send, Call call) {
  const ServerOptions& options = lane_.surroundings().options;
  connection_.watch_rate(RateWatch(options.min_body_rate, options.body_rate_window));
  IoStatus status = IoStatus::kOk;
  auto* text = std::get_if<std::string>(&response.body);
  auto* file = std::get_if<FileRange>(&response.body);
  auto* stream = std::get_if<std::unique_ptr<ByteStream>>(&response.body);
  if (send == Send::kAll && file != nullptr && file->length > 0) {
    status = co_await write_file(head, *file);
  } else if (send == Send::kAll && stream != nullptr && *stream) {
    status = co_await write_stream(head, **stream, response.content_length.value_or(0), std::move(call));
  } else {
    const std::string_view body = send == Send::kAll && text != nullptr ? std::string_view(*text) : std::string_view();
    status = co_await connection_.send(head, body, Connection::More::kNo);
  }
  connection_.stop_watching_rate();
  co_return status;
}

IoStatus ResponseWriter::broken() {
  connection_.reset();
  return IoStatus::kClosed;
}

asio::awaitable<IoStatus> ResponseWriter::write_file(std::string_view head, FileRange& file) {
  IoStatus status = co_await connection_.send(head, {}, Connection::More::kYes);
  for (std::uint64_t sent = 0; status == IoStatus::kOk && sent < file.length;) {
    const std::uint64_t size = std::min(kWindow, file.length - sent);
    if (!is_cached(file, sent, size)) co_await warm(file, sent, size);
    status = co_await write_window(file, sent, sent + size);
    // One fast reader does not keep the lane to itself.
    if (sent < file.length) co_await asio::post(connection_.executor(), asio::use_awaitable);
  }
  if (status != IoStatus::kOk) connection_.reset();
  co_return status;
}

asio::awaitable<IoStatus> ResponseWriter::write_window(const FileRange& file, std::uint64_t& sent, std::uint64_t end) {
  while (sent < end) {
    const auto part = connection_.send_file(file.fd.get(), file.offset + sent, static_cast<std::size_t>(end - sent));
    if (part.status != IoStatus::kOk) co_return part.status;
    sent += part.bytes;
    if (part.bytes > 0) continue;
    if (const IoStatus status = co_await connection_.wait_writable(); status != IoStatus::kOk) co_return status;
  }
  co_return IoStatus::kOk;
}

asio::awaitable<void> ResponseWriter::warm(const FileRange& file, std::uint64_t from, std::uint64_t size) {
  Event done;
  const auto read = [fd = file.fd.get(), offset = file.offset + from, size] { read_into_cache(fd, offset, size); };
  // Where the pool is full, sendfile reads for itself: slower for this lane, never wrong.
  if (start_on(lane_.surroundings().disk, connection_.executor(), done, read) == Taken::kYes) co_await done.wait();
}

asio::awaitable<IoStatus> ResponseWriter::write_stream(std::string_view head, ByteStream& stream, std::uint64_t length,
                                                       Call call) {
  IoStatus status = co_await connection_.send(head, {}, length > 0 ? Connection::More::kYes : Connection::More::kNo);
  Passage passage{connection_, stream, call, length};
  Event done;
  while (status == IoStatus::kOk && !passage.finished()) {
    done.reset();
    const Taken taken =
        start_on(lane_.surroundings().work, connection_.executor(), done, [&passage] { passage.move_some(); });
    if (taken == Taken::kNo) co_return broken();
    co_await done.wait();
    status = passage.status();
    if (status == IoStatus::kOk && passage.blocked()) status = co_await connection_.wait_writable();
  }
  if (status != IoStatus::kOk) connection_.reset();
  co_return status;
}

}  // namespace lazaret::http
