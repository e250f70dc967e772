// What the structural checkers of types other than PDF have in common. A checker reads the whole file once, in pieces,
// bounded in memory and linear in time; it puts what is wrong into the findings and what is worth showing into the
// facts. That the file begins like its type has been asked before (type_check.h).
#pragma once

#include <string_view>

#include "inspect/facts.h"
#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"
#include "sandbox/inflater.h"
#include "sandbox/types/content_search.h"

namespace lazaret::sandbox {

// A file inside a file: judged by its own bytes, wherever it was found.
class NestedJudge {
 public:
  NestedJudge() = default;
  NestedJudge(const NestedJudge&) = delete;
  NestedJudge& operator=(const NestedJudge&) = delete;
  virtual ~NestedJudge() = default;
  // `bytes` is the whole of it, or its beginning where it is larger than kMostNestedBytes.
  virtual void judge(std::string_view bytes, bool is_whole, const Spot& spot) = 0;
};
inline constexpr std::size_t kMostNestedBytes = std::size_t{32} << 20U;

struct CheckTools {
  const FileReader& file;
  std::string_view head;  // the file's first bytes
  Inflater& inflater;
  ContentSearch& search;  // has seen the raw bytes; wants what is decoded
  NestedJudge& nested;
  FindingSink& findings;
  inspect::FactList& facts;
};

}  // namespace lazaret::sandbox
