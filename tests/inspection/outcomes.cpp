#include "tests/inspection/outcomes.h"

#include "tests/support/hidden_documents.h"

namespace lazaret::testing_support {

std::vector<std::string> all_outcomes() {
  sandbox::Engine engine;
  std::vector<std::string> lines;
  for_each_document([&](const HiddenDocument& hidden) {
    const Outcome outcome = outcome_of(inspect_bytes(engine, hidden.bytes));
    lines.push_back(hidden.document.name + "\t" + hidden.way + "\t" + std::string(to_string(outcome)));
  });
  return lines;
}

}  // namespace lazaret::testing_support
