// Where credentials come from, decided once, in the order of the AWS SDKs: the environment, a web identity, the shared
// files, a container's endpoint, the instance's metadata. The first that is set up is the one. Pure: what it takes to
// ask a source is in credentials_source.h.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/credentials/credentials.h"
#include "aws/http.h"
#include "aws/lookup.h"
#include "aws/profile_file.h"
#include "base/error.h"
#include "base/secret.h"

namespace lazaret::aws {

struct SourcePlan;

struct FixedKeys {
  Credentials credentials;
};
struct WebIdentity {  // EKS: IAM roles for service accounts
  std::string role_arn;
  std::string token_file;
  std::string session_name;
};
struct AssumedRole {
  std::shared_ptr<const SourcePlan> base;  // whose credentials ask for the role
  std::string role_arn;
  std::string session_name;
  std::string external_id;  // empty: none
  std::chrono::seconds duration{3600};
};
struct ExternalProcess {
  std::vector<std::string> command;
};
struct ContainerEndpoint {  // ECS, EKS Pod Identity
  Endpoint endpoint;
  std::string path;  // with the query, as it is sent
  Secret token;
  std::string token_file;  // wins over `token`, and is read each time
};
struct InstanceMetadata {  // EC2; version 2 only
  Endpoint endpoint;
  std::chrono::milliseconds timeout{1000};
  int attempts = 1;
};

struct SourcePlan {
  std::variant<FixedKeys, WebIdentity, AssumedRole, ExternalProcess, ContainerEndpoint, InstanceMetadata> how;
  std::string name;  // "profile lab": for readiness and logs
};

// `profile` is Settings::profile. kInvalidParameter with a Fault by name for what is incomplete or not supported: SSO,
// MFA, loops of source_profile, hosts to which a container's token must not go.
Result<SourcePlan> plan_credentials(const Lookup& lookup, const Profiles& profiles, const std::string& profile);

// As a shell splits words: white space, quotes and backslashes; no variables, no globs. nullopt on an open quote.
std::optional<std::vector<std::string>> split_command(std::string_view command);

}  // namespace lazaret::aws
