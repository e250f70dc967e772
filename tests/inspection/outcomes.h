// The frozen outcomes: what inspection makes of every generated document in every way it is written, one line each, in
// expected_outcomes.tsv. A change of verdict shows there by name; findings may differ between versions of the
// libraries.
#pragma once

#include <string>
#include <vector>

namespace lazaret::testing_support {

// "name <tab> way <tab> outcome", in the order of the generator.
std::vector<std::string> all_outcomes();

}  // namespace lazaret::testing_support
