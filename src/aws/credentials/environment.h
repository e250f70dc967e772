// Credentials of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Pure.
#pragma once

#include <optional>

#include "aws/credentials/credentials.h"
#include "aws/lookup.h"
#include "base/error.h"

namespace lazaret::aws {

// nullopt where neither key is set; kInvalidParameter with a Fault for the variable where one of the two is missing.
Result<std::optional<Credentials>> credentials_from_environment(const Lookup& lookup);

}  // namespace lazaret::aws
