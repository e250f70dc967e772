// The table of variables: the one place that knows their names, defaults, rules and meanings. Documentation, the
// template and the loader are made from it.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"

namespace lazaret::config {

enum class Exposure : std::uint8_t { kPlain, kSecret };

// What a variable is about. Set where that is not used, it would have no effect, and is refused.
enum class Scope : std::uint8_t { kAlways, kS3, kDynamoDb, kRemoteStores, kClamd };

struct Variable {
  std::string_view name;
  std::string_view default_value;  // as one would write it; empty: unset
  std::string_view meaning;        // Markdown, for the documentation
  Exposure exposure = Exposure::kPlain;
  // Checks the text and puts it into the Config; the error is a sentence without the name.
  std::expected<void, std::string> (*apply)(std::string_view text, Config& config) = nullptr;
  Scope scope = Scope::kAlways;
};

// In the order of the documentation.
std::span<const Variable> variables();

}  // namespace lazaret::config
