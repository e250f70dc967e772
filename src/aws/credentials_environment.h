// EnvironmentCredentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "base/error.h"

namespace lazaret::aws {

// The value of a variable; nullopt where it is unset or empty.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// nullopt where neither key is set; kInvalidParameter with a Fault for the variable where one of the two is missing.
Result<std::optional<Credentials>> credentials_from_environment(const Lookup& lookup);

}  // namespace lazaret::aws
