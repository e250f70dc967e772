// What the server and the zygote of its inspectors say to each other, one message a datagram on a SOCK_SEQPACKET pair:
//   zygote -> server   Hello once, then Events; an Event that names a fresh child carries the server's end of its
//                      channel, over which the server hands it one document (a Task with the descriptor of the bytes)
//                      and reads one Report. No document passes through the zygote.
//   server -> zygote   Kill. The end of the socket ends the zygote and all its children.
// Pure; both sides check what they read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lazaret::inspect {

inline constexpr int kControlFd = 3;  // in the zygote; also a child's channel
inline constexpr std::size_t kMaxControlBytes = 1024;

// Exit statuses of a child that the server tells from a death by the document.
inline constexpr int kExitUnused = 0;
inline constexpr int kExitFault = 71;  // it could not seal itself or take its document: the machine's fault

// Layers of the sandbox as bits.
inline constexpr std::uint8_t kLayerLimits = 1;
inline constexpr std::uint8_t kLayerNoNewPrivileges = 2;
inline constexpr std::uint8_t kLayerSeccomp = 4;
inline constexpr std::uint8_t kLayerLandlock = 8;
inline constexpr std::uint8_t kLayerNamespaces = 16;

struct Hello {
  std::uint8_t layers = 0;
  std::string versions;  // printable ASCII, at most 255 bytes
  std::string fault;     // why the zygote cannot work; empty when it can
  bool operator==(const Hello&) const = default;
};

// A child came, went, or both at once (a replacement), so that a document costs one message.
struct Event {
  std::uint64_t came = 0;   // serial, from 1; 0: none
  std::uint64_t ended = 0;  // serial; 0: none
  std::int32_t status = 0;  // of the one that ended, as from wait()
  bool operator==(const Event&) const = default;
};

struct Kill {
  std::uint64_t serial = 0;
  bool operator==(const Kill&) const = default;
};

std::string encode(const Hello& hello);
std::string encode(const Event& event);
std::string encode(const Kill& kill);
Result<Hello> decode_hello(std::string_view message);
Result<Event> decode_event(std::string_view message);
Result<Kill> decode_kill(std::string_view message);

}  // namespace lazaret::inspect
