// Supervisor: the server's side of inspection. Starts lazaret-inspector (a lean zygote that forks one sealed child a
// document, ahead of need), hands each document to a fresh child, keeps the wall clock, checks what comes back, and
// starts the zygote again with back-off when it dies. Thread-safe. Links no document parser.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "inspect/document_cleaner.h"
#include "inspect/policy.h"
#include "intake/inspector.h"

namespace lazaret::inspect {

// Extensions that have a checker. A type without one cannot be allowed (ALLOWED_EXTENSIONS is checked against this).
std::vector<std::string> checkable_extensions();

// Layers of the sandbox, each probed by its effect in a throw-away child when a zygote starts.
struct SandboxLayers {
  bool limits = false;
  bool no_new_privileges = false;
  bool seccomp = false;
  bool landlock = false;
  bool namespaces = false;
};

struct SupervisorOptions {
  std::filesystem::path inspector;                // the lazaret-inspector executable
  std::size_t children = 2;                       // documents inspected at a time
  std::size_t queue_limit = 64;                   // callers waiting; beyond it kOverloaded
  std::chrono::milliseconds wall_limit{20'000};   // for one document
  std::chrono::milliseconds start_limit{20'000};  // for the zygote's hello
  std::chrono::milliseconds worker_limit{5'000};  // for a sealed worker to be there, a restart of the zygote included
  bool walk = true;                               // ENABLE_FILE_SCANNING
  bool sandbox = true;                            // SANDBOX
  std::vector<std::filesystem::path> rules;       // files of YARA rules beside our own
  bool require_isolation = false;                 // production: Landlock or namespaces must hold too
  std::string engine;                             // "lazaret-inspector 0.1.0"; the zygote adds its libraries' versions
};

class Supervisor final : public Inspector, public DocumentCleaner {
 public:
  // Starts the zygote and waits for its probe: kUnavailable when it cannot start or a required layer does not hold.
  static Result<std::unique_ptr<Supervisor>> start(SupervisorOptions options, Policy policy, const Clock& clock);
  ~Supervisor() override;

  Result<Inspection> inspect(const Call& call, const SealedBlob& blob, const Declared& declared) override;
  Result<void> probe(const Call& call) override;
  // In a worker like any other, and under the same limits.
  Result<CleanCopy> clean(const Call& call, const SealedBlob& blob, const Spool& spool) override;
  SandboxLayers layers() const;
  // The process of the zygote, for logs; -1 while there is none.
  pid_t zygote() const;

 private:
  class State;
  explicit Supervisor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lazaret::inspect
