// print_outcomes > tests/inspection/expected_outcomes.tsv: freezes the outcomes as they are now.
#include <iostream>

#include "tests/inspection/outcomes.h"

int main() {
  for (const std::string& line : lazaret::testing_support::all_outcomes())
    std::cout << line << "\n";
  return 0;
}
