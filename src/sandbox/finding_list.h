// FindingList: the findings of one document, bounded: a few of each code, and the worst when there are too many.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "inspect/report.h"
#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

class FindingList final : public FindingSink {
 public:
  static constexpr std::uint32_t kKeptOfEachCode = 4;

  // The same finding at the same place counts once, as long as it is among those kept.
  void add(inspect::FindingCode code, const Spot& spot) override;
  bool holds(inspect::FindingCode code) const;
  // Moves what was found into `report`.
  void move_into(inspect::Report& report);

 private:
  std::vector<inspect::RawFinding> kept_;
  std::array<std::uint32_t, static_cast<std::size_t>(inspect::FindingCode::kCount)> seen_{};
  std::uint64_t more_ = 0;
};

}  // namespace lazaret::sandbox
