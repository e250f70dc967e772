#include "inspect/wire_channel.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace lazaret::inspect {
namespace {

using ControlBuffer = std::array<char, CMSG_SPACE(sizeof(int))>;

UniqueFd descriptor_of(const msghdr& header) {
  const cmsghdr* control = CMSG_FIRSTHDR(&header);
  if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
      control->cmsg_len < CMSG_LEN(sizeof(int))) {
    return {};
  }
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
  return UniqueFd(descriptor);
}

Received::Kind kind_of_failure(int error_number) {
  if (error_number == ECONNRESET) return Received::Kind::kReset;
  if (error_number == EAGAIN) return Received::Kind::kNothing;
  return Received::Kind::kFailed;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> make_channel() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::unexpected(system_error("make a channel", errno));
  }
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Sent send_message(int channel, std::string_view bytes, int descriptor, Blocking blocking) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) ControlBuffer buffer{};
  if (descriptor >= 0) {
    header.msg_control = buffer.data();
    header.msg_controllen = buffer.size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(control), &descriptor, sizeof descriptor);
  }
  const int flags = MSG_NOSIGNAL | (blocking == Blocking::kDoNotWait ? MSG_DONTWAIT : 0);
  ssize_t sent = -1;
  do {
    sent = sendmsg(channel, &header, flags);
  } while (sent < 0 && errno == EINTR);
  if (sent == static_cast<ssize_t>(bytes.size())) return Sent::kDone;
  return errno == EPIPE || errno == ECONNRESET ? Sent::kGone : Sent::kFailed;
}

Received receive_message(int channel, std::size_t longest, Descriptors descriptors, Blocking blocking) {
  Received received;
  received.bytes.resize(longest);
  iovec part{received.bytes.data(), received.bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) ControlBuffer buffer{};
  if (descriptors == Descriptors::kOne) {
    header.msg_control = buffer.data();
    header.msg_controllen = buffer.size();
  }
  const int flags = MSG_CMSG_CLOEXEC | (blocking == Blocking::kDoNotWait ? MSG_DONTWAIT : 0);
  ssize_t size = -1;
  do {
    size = recvmsg(channel, &header, flags);
  } while (size < 0 && errno == EINTR);
  received.bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (size < 0) {
    received.kind = kind_of_failure(errno);
    return received;
  }
  if (descriptors == Descriptors::kOne) received.descriptor = descriptor_of(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    received.kind = Received::Kind::kTooLong;
    received.descriptor.reset();
  } else {
    received.kind = size == 0 ? Received::Kind::kEnd : Received::Kind::kMessage;  // nobody sends empty messages
  }
  return received;
}

}  // namespace lazaret::inspect
