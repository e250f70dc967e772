#include "http/edge/body_reader.h"

#include <algorithm>
#include <cstring>

namespace lazaret::http {
namespace {

constexpr std::size_t kKeptCapacity = 4 * 1024;

}  // namespace

void InputBuffer::append(std::string_view text) {
  if (begin_ > 0) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  bytes_.append(text);
}

void InputBuffer::consume(std::size_t count) {
  begin_ += count;
  if (begin_ < bytes_.size()) return;
  bytes_.clear();
  begin_ = 0;
}

void InputBuffer::shrink() {
  if (empty() && bytes_.capacity() > kKeptCapacity) std::string().swap(bytes_);
}

BodyReader::BodyReader(Connection& connection, InputBuffer& input, const RequestHead& head, std::uint64_t limit)
    : connection_(connection), input_(input), limit_(limit) {
  switch (head.framing) {
    case BodyFraming::kNone:
      done_ = true;
      break;
    case BodyFraming::kLength:
      left_ = head.content_length;
      done_ = left_ == 0;
      break;
    case BodyFraming::kChunked:
      chunks_.emplace();
      break;
  }
}

BodyReader::Taken BodyReader::take(std::span<char> room) {
  Taken taken;
  if (done_) return taken;
  if (!chunks_) room = room.first(static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), left_)));
  std::size_t raw = std::min(room.size(), input_.view().size());
  if (raw > 0) {
    std::memcpy(room.data(), input_.view().data(), raw);
    input_.consume(raw);
  } else {
    const auto received = connection_.receive(room);
    taken.status = received.status;
    raw = received.bytes;
  }
  if (raw == 0) return taken;
  if (chunks_) {
    const auto step = chunks_->decode(room.first(raw));
    if (!step) {
      taken.fault = EdgeFault::kMalformedRequest;
      return taken;
    }
    done_ = chunks_->done();
    input_.put_back(std::string_view(room.data() + step->consumed, raw - step->consumed));
    taken.bytes = step->payload;
  } else {
    left_ -= raw;
    done_ = left_ == 0;
    taken.bytes = raw;
  }
  total_ += taken.bytes;
  if (total_ > limit_) taken.fault = EdgeFault::kBodyTooLarge;
  return taken;
}

}  // namespace lazaret::http
