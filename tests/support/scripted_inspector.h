// ScriptedInspector: answers every document as it was told. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "intake/inspector.h"

namespace lazaret::testing_support {

class ScriptedInspector final : public Inspector {
 public:
  explicit ScriptedInspector(const Clock& clock) : clock_(clock) { answer(Outcome::kClean, Action::kStore); }

  void answer(Outcome outcome, Action action, std::vector<Finding> findings = {}) {
    const std::lock_guard lock(mutex_);
    error_.reset();
    inspection_.verdict = {outcome, std::move(findings), 0, "scripted 1", "test-1", clock_.now()};
    inspection_.action = action;
    inspection_.copy.reset();
    inspection_.content_type = "application/pdf";
    inspection_.extracted = JsonObject::trusted(R"({"page_count":1,"pdf_version":"1.7","encrypted":false})");
  }
  // Found active and made clean, to be served as `copy`.
  void sanitise(SealedBlob copy) {
    answer(Outcome::kActive, Action::kSanitise, {{"javascript", Severity::kLow, "m", "object 5 0"}});
    const std::lock_guard lock(mutex_);
    inspection_.copy = std::make_shared<const SealedBlob>(std::move(copy));
  }
  void fail_with(ErrorCode code) {
    const std::lock_guard lock(mutex_);
    error_ = code;
  }
  int inspections() const { return inspections_; }

  Result<Inspection> inspect(const Call&, const SealedBlob&, const Declared&) override {
    ++inspections_;
    const std::lock_guard lock(mutex_);
    if (error_) return fail(*error_, "scripted");
    return inspection_;
  }
  Result<void> probe(const Call&) override {
    const std::lock_guard lock(mutex_);
    if (error_) return fail(*error_, "scripted");
    return {};
  }

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<ErrorCode> error_;
  Inspection inspection_;
  std::atomic<int> inspections_ = 0;
};

}  // namespace lazaret::testing_support
