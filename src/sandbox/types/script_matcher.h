// ScriptMatcher: looks for the marks of script that browsers or servers run in text that arrives in pieces, in any case
// of letters. A matcher forgets between begin() and begin().
#pragma once

#include <string>
#include <string_view>

namespace lazaret::sandbox {

class ScriptMatcher {
 public:
  void begin() { tail_.clear(); }
  // True when a mark ends in this piece. A match across pieces is seen.
  bool feed(std::string_view text);

 private:
  std::string tail_;
};

}  // namespace lazaret::sandbox
