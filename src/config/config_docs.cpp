// What people read of the table: `lazaret config`, docs/configuration.md, .env.example.
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "config/config.h"
#include "config/variables.h"

namespace lazaret {
namespace {

// A line of at most 100 columns for a comment, cut between words; Markdown's backticks stay.
std::string wrapped_comment(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (column == 0 || column + 1 + word.size() > 100) {
      out += out.empty() ? "# " : "\n# ";
      column = 2;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + '\n';
}

// What a variable takes, in the words of its own refusal, so that the page cannot drift from the check.
std::string allowed_values(const config::Variable& variable) {
  constexpr std::string_view kImpossible = "\x01";
  constexpr std::string_view kOpening = "must be ";
  Config scratch;
  const auto refused = variable.apply(kImpossible, scratch);
  if (refused || !refused.error().starts_with(kOpening)) return "-";
  const std::string& sentence = refused.error();
  return sentence.substr(kOpening.size(), sentence.find(';') - kOpening.size());
}

}  // namespace

std::string show_settings(const LoadedConfig& loaded) {
  static constexpr std::array<std::string_view, 4> kSources{"default", "environment", ".env",
                                                            "set by another variable"};
  std::string out;
  for (const Setting& setting : loaded.settings) {
    const std::string assignment = fmt::format("{}={}", setting.name, setting.value);
    fmt::format_to(std::back_inserter(out), "{:<60} # {}\n", assignment,
                   kSources.at(std::to_underlying(setting.source)));
  }
  for (const std::string& warning : loaded.warnings)
    fmt::format_to(std::back_inserter(out), "# warning: {}\n", warning);
  return out;
}

std::string config_markdown() {
  std::string out =
      "# Configuration\n\n"
      "<!-- Made by `lazaret config --markdown > docs/configuration.md`; a test compares the two. -->\n\n"
      "Everything is set by environment variables, and by `.env` in the working folder (the environment wins; quotes,\n"
      "`export` and trailing ` # comments` are understood; an empty value counts as unset). All faults are reported "
      "at\n"
      "once, by name, before the port opens; the exit status is then 78. `lazaret config` prints the effective "
      "values,\n"
      "secrets masked, and where each came from. The AWS variables (region, credentials, endpoints) are read from the\n"
      "same two places; docs/operations.md names them.\n\n"
      "Sizes are bytes or `50MB` (KB, MB and GB are 2^10, 2^20 and 2^30); durations are `500ms`, `60s`, `5m`, `12h`,\n"
      "`30d`.\n\n"
      "| variable | default | allowed | |\n|---|---|---|---|\n";
  for (const config::Variable& variable : config::variables()) {
    const std::string shown = variable.default_value.empty() ? "-" : fmt::format("`{}`", variable.default_value);
    fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} |\n", variable.name, shown, allowed_values(variable),
                   variable.meaning);
  }
  return out;
}

std::string config_dotenv() {
  std::string out =
      "# Made by `lazaret config --dotenv > .env.example`; a test compares the two. Copy it to .env and change what "
      "you\n"
      "# need: a line that is commented out shows the default.\n";
  for (const config::Variable& variable : config::variables()) {
    out += '\n';
    out += wrapped_comment(variable.meaning);
    fmt::format_to(std::back_inserter(out), "#{}={}\n", variable.name, variable.default_value);
  }
  return out;
}

}  // namespace lazaret
