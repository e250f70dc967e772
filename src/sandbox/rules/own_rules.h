// The text of rules/lazaret.yar, built in.
#pragma once

#include <string_view>

namespace lazaret::sandbox {

std::string_view own_rules();

}  // namespace lazaret::sandbox
