#include "aws/credentials/environment.h"

#include <utility>

namespace lazaret::aws {

Result<std::optional<Credentials>> credentials_from_environment(const Lookup& lookup) {
  const auto id = lookup("AWS_ACCESS_KEY_ID");
  auto secret = lookup("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return std::optional<Credentials>{};
  if (!id || !secret) {
    const std::string missing = id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
    const std::string given = id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
    return fail_with(ErrorCode::kInvalidParameter, {{missing, "missing", "must be set where " + given + " is"}});
  }
  return Credentials{.access_key_id = *id,
                     .secret_access_key = Secret{*std::move(secret)},
                     .session_token = Secret{lookup("AWS_SESSION_TOKEN").value_or("")},
                     .expires_at = std::nullopt,
                     .source = "environment"};
}

}  // namespace lazaret::aws
