// A source of credentials, asked over the network or by starting a process. Each asks once, bounded in time and size,
// and remembers nothing that matters; CachedCredentials keeps what it gave. Thread-safe where one thread at a time
// asks.
#pragma once

#include <memory>

#include "aws/credentials/credentials.h"
#include "aws/credentials/plan.h"
#include "aws/http.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/pause.h"

namespace lazaret::aws {

// What credentials do when their source fails as they end.
enum class AfterEnd : std::uint8_t {
  kInvalid,
  kStillServed,  // the instance's: AWS goes on taking them while its metadata service is troubled
};

class CredentialsSource {
 public:
  CredentialsSource() = default;
  CredentialsSource(const CredentialsSource&) = delete;
  CredentialsSource& operator=(const CredentialsSource&) = delete;
  virtual ~CredentialsSource() = default;
  // kUnavailable, with a detail that says what was asked and what is wrong, and never a secret.
  virtual Result<Credentials> fetch(const Call& call) = 0;
  virtual AfterEnd after_end() const { return AfterEnd::kInvalid; }
};

struct SourceParts {
  Transport& transport;  // without a proxy: metadata and container endpoints are link-local
  const Clock& clock;
  Random& random;
  Pause& pause;
  Endpoint sts;
  std::string region;  // of `sts`
};

// What the parts refer to outlives the source.
std::unique_ptr<CredentialsSource> make_source(const SourcePlan& plan, const SourceParts& parts);

// The whole of it: a provider for a plan. Keys that are fixed are given as they are, all else is cached.
std::unique_ptr<CredentialsProvider> make_credentials(const SourcePlan& plan, const SourceParts& parts);

}  // namespace lazaret::aws
