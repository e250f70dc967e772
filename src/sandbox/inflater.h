// Inflater: deflate with a zlib wrapper, in pieces, into a fixed buffer, by ISA-L (two to three times as fast as zlib).
// The wrapper's checksum is not checked: readers show a page whose checksum is wrong.
// Plain C++17, so that the room of libqpdf can use it. One is used for one stream after the other.
#pragma once

#include <cstddef>
#include <memory>

#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

class Inflater {
 public:
  enum class State { kMore, kDone, kDamaged, kStopped };

  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void reset();
  // Decodes the next piece and hands what it makes to `sink`. Once it answers something else than kMore, it stays so.
  State feed(const char* bytes, std::size_t length, ByteSink& sink);

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace lazaret::sandbox
