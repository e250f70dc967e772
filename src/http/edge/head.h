// Request heads out of raw bytes: where one ends, whether its framing is sound, what it says. Pure.
//
// Beast's parser knows the grammar; what it lets through and a proxy in front might read otherwise (bare line feeds,
// folding, two lengths, a length beside chunks, odd transfer codings) is refused here, before and after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/application.h"
#include "http/message.h"

namespace lazaret::http {

struct HeadLimits {
  std::size_t bytes = std::size_t{16} * 1024;  // of the whole head
  std::size_t target_bytes = std::size_t{8} * 1024;
  std::size_t fields = 100;
};

// Finds the end of a head while it arrives. One scanner a head.
class HeadScanner {
 public:
  explicit HeadScanner(HeadLimits limits) : limits_(limits) {}

  struct Outcome {
    std::size_t size = 0;  // of the complete head, its empty line included; 0: more bytes are needed
    std::optional<EdgeFault> fault;
  };
  // `bytes` is everything since the start of the head, each time; may hold more than the head.
  Outcome scan(std::string_view bytes);
  // Whether anything but one leading empty line has come.
  bool begun() const { return begun_; }

 private:
  std::optional<EdgeFault> check_line(std::string_view line);
  std::optional<EdgeFault> check_unfinished(std::string_view bytes) const;

  HeadLimits limits_;
  std::size_t seen_ = 0;        // bytes looked at
  std::size_t line_start_ = 0;  //
  std::size_t lines_ = 0;       // the request line counts
  bool leading_line_skipped_ = false;
  bool begun_ = false;
};

enum class HttpVersion : std::uint8_t { k10, k11 };

struct ParsedHead {
  RequestHead head;  // without request_id and peer_address
  HttpVersion version = HttpVersion::k11;
  bool keep_alive = false;
  bool expects_continue = false;
  std::optional<EdgeFault> fault;  // then `head` is filled only where `sound`
  bool sound = false;              // the head could be parsed and its framing is clear
};

// `raw` is a head as the scanner measured it.
ParsedHead parse_head(std::string_view raw);

}  // namespace lazaret::http
