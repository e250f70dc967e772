// How this folder reads variables: through a function, so that what it makes of them is pure and tests set none.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::aws {

// The value of a variable; nullopt where it is unset or empty.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

}  // namespace lazaret::aws
