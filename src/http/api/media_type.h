// Media types as far as this API needs them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lazaret::http {

// "type/subtype" in lower case, without parameters and blanks; empty where there is none.
std::string essence_of(std::string_view content_type);

// Whether a part declared as `essence` may be a file named `.extension`. No claim, and octet-stream, always may.
bool declared_type_fits(std::string_view essence, std::string_view extension);

// The usual type of an extension; empty for an unknown one.
std::string_view usual_type(std::string_view extension);

}  // namespace lazaret::http
