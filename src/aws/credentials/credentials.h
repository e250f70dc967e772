// Credentials of AWS, and who provides them. Secrets never reach a log: they have no formatter.
#pragma once

#include <optional>
#include <string>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

namespace lazaret::aws {

struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;  // empty: none
  std::optional<Timestamp> expires_at;
  std::string source;  // "environment", "profile lab", ...: for readiness and logs
};

// Thread-safe.
class CredentialsProvider {
 public:
  CredentialsProvider() = default;
  CredentialsProvider(const CredentialsProvider&) = delete;
  CredentialsProvider& operator=(const CredentialsProvider&) = delete;
  virtual ~CredentialsProvider() = default;
  // Credentials good for now. One refresh in flight; old ones are served until they end. kUnavailable where there are
  // none, with a detail that says what was tried.
  virtual Result<Credentials> get(const Call& call) = 0;
  // The service called these expired: the next get() asks anew. Of others than those last given: nothing.
  virtual void invalidate(const Credentials& credentials) = 0;
};

class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> get(const Call&) override { return credentials_; }
  void invalidate(const Credentials&) override {}

 private:
  Credentials credentials_;
};

}  // namespace lazaret::aws
