// FindingSink: where the checks put what they find. Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <cstdint>

#include "inspect/finding_code.h"

namespace lazaret::sandbox {

// Where a finding is; -1: not known. Numbers only, nothing of the document's text.
struct Spot {
  std::int64_t object = -1;
  std::int64_t generation = 0;
  std::int64_t page = -1;
  std::int64_t offset = -1;
  std::int64_t rule = -1;  // of the report's rules
};

inline Spot at_offset(std::uint64_t offset) {
  Spot spot;
  spot.offset = static_cast<std::int64_t>(offset);
  return spot;
}

inline Spot at_object(int object, int generation) {
  Spot spot;
  spot.object = object;
  spot.generation = generation;
  return spot;
}

class FindingSink {
 public:
  FindingSink() = default;
  FindingSink(const FindingSink&) = delete;
  FindingSink& operator=(const FindingSink&) = delete;
  virtual ~FindingSink() = default;
  virtual void add(inspect::FindingCode code, const Spot& spot) = 0;
};

}  // namespace lazaret::sandbox
