#include "sandbox/finding_list.h"

#include <algorithm>
#include <utility>

namespace lazaret::sandbox {
namespace {

bool is_worse(const inspect::RawFinding& a, const inspect::RawFinding& b) {
  const inspect::FindingRow& row_a = inspect::finding_row(a.code);
  const inspect::FindingRow& row_b = inspect::finding_row(b.code);
  if (row_a.outcome != row_b.outcome) return outcome_rank(row_a.outcome) > outcome_rank(row_b.outcome);
  if (row_a.severity != row_b.severity) return row_a.severity > row_b.severity;
  if (a.code != b.code) return a.code < b.code;
  if (a.place.object != b.place.object) return a.place.object < b.place.object;
  return a.place.offset < b.place.offset;
}

}  // namespace

void FindingList::add(inspect::FindingCode code, const Spot& spot) {
  const inspect::RawFinding finding{code,
                                    {.object = spot.object,
                                     .generation = spot.generation,
                                     .page = spot.page,
                                     .offset = spot.offset,
                                     .rule = spot.rule}};
  if (std::ranges::find(kept_, finding) != kept_.end()) return;
  if (++seen_.at(std::to_underlying(code)) > kKeptOfEachCode) {
    ++more_;
    return;
  }
  kept_.push_back(finding);
}

bool FindingList::holds(inspect::FindingCode code) const {
  return seen_.at(std::to_underlying(code)) != 0;
}

// Where there are too many, a code that is there twice gives way before one that is there once: policy may care for
// each.
void FindingList::move_into(inspect::Report& report) {
  std::ranges::sort(kept_, is_worse);
  if (kept_.size() > kMaxFindings) {
    more_ += kept_.size() - kMaxFindings;
    std::vector<inspect::RawFinding> repeats;
    std::vector<inspect::RawFinding> firsts;
    for (const inspect::RawFinding& finding : kept_) {
      const bool is_repeat = !firsts.empty() && firsts.back().code == finding.code;  // sorted: neighbours
      (is_repeat ? repeats : firsts).push_back(finding);
    }
    firsts.insert(firsts.end(), repeats.begin(), repeats.end());
    kept_ = std::move(firsts);
    kept_.resize(kMaxFindings);
    std::ranges::sort(kept_, is_worse);
  }
  report.findings = std::move(kept_);
  report.more_findings = more_;
}

}  // namespace lazaret::sandbox
