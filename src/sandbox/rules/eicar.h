// EicarMatcher: looks for the EICAR antivirus test string in bytes that arrive in pieces.
// Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <cstddef>
#include <string>

namespace lazaret::sandbox {

// Put together when it is called, so that neither the sources nor the binary hold it in one piece.
std::string eicar_test_string();

class EicarMatcher {
 public:
  EicarMatcher() : needle_(eicar_test_string()) {}
  // True when the string ends in this piece. A match across pieces is seen.
  bool feed(const char* bytes, std::size_t length);
  void reset() { tail_.clear(); }

 private:
  std::string needle_;
  std::string tail_;
};

}  // namespace lazaret::sandbox
