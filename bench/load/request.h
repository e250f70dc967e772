// RequestSource: makes the requests of one run. Bodies lie in memory once; every request differs from the others in
// a few bytes (16 digits in the file, or its name), so that no two uploads are the same file. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/uio.h>

#include "base/error.h"

namespace lazaret::bench {

enum class Verb : std::uint8_t { kGet, kUpload, kPut };

struct RequestPlan {
  Verb verb = Verb::kGet;
  std::string authority;           // the Host header
  std::vector<std::string> paths;  // taken by turns; for kPut a prefix that a number is added to
  std::string file;                // kUpload, kPut: the bytes to send
  std::string file_name = "document.pdf";
  std::vector<std::string> fields;   // kUpload: "name=value"
  std::vector<std::string> headers;  // "Name: value"
  std::uint64_t first_number = 0;    // requests of runs against one server must not repeat
};

// One request on its way. The pieces point into it and into its source.
struct Request {
  std::string head;
  std::array<char, 16> mark{};
  std::vector<iovec> pieces;  // consumed as they are sent
};

class RequestSource {
 public:
  // The plan's file must hold room for the mark: hexadecimal digits after "/ID [<", as in every PDF made here.
  static Result<RequestSource> make(RequestPlan plan);
  void next(Request& request);

 private:
  explicit RequestSource(RequestPlan plan);
  void next_get(Request& request);
  void next_with_body(Request& request);

  RequestPlan plan_;
  std::string body_head_;  // multipart frame before and after the file
  std::string body_tail_;
  std::size_t mark_at_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace lazaret::bench
