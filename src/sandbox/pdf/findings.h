// Sinks between the walk and the list of findings. C++17, inside the room of libqpdf.
#pragma once

#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

// What a PDF inside this one holds, told of the attachment: the worst as it is, other actions as one finding.
class NestedFindings final : public FindingSink {
 public:
  NestedFindings(FindingSink& outer, const Spot& spot) : outer_(outer), spot_(spot) {}
  void add(inspect::FindingCode code, const Spot& spot) override;

 private:
  FindingSink& outer_;
  const Spot spot_;
};

// Passes everything on, and remembers what an object that libqpdf does not show turned out to do.
class WatchedFindings final : public FindingSink {
 public:
  explicit WatchedFindings(FindingSink& outer) : outer_(outer) {}
  void add(inspect::FindingCode code, const Spot& spot) override;
  void begin();
  bool acts() const { return acts_; }                        // actions, script, attachments
  bool reaches_a_share() const { return reaches_a_share_; }  // by a click

 private:
  FindingSink& outer_;
  bool acts_ = false;
  bool reaches_a_share_ = false;
};

}  // namespace lazaret::sandbox
