// Every attack and every benign twin in every way it is written: as it is, in each hiding, and written again by
// libqpdf (object streams, linearized, encrypted). What the frozen outcomes and the benchmark run over.
#pragma once

#include <functional>
#include <string>

#include "inspect/report.h"
#include "sandbox/analysis.h"
#include "tests/support/attack_documents.h"

namespace lazaret::testing_support {

struct HiddenDocument {
  const ExpectedDocument& document;
  std::string way;
  std::string bytes;
  bool is_benign = false;
};

inline constexpr const char* kAsItIs = "as it is";

void for_each_document(const std::function<void(const HiddenDocument&)>& take);

// The judgement of bytes in this process, as `extension` pdf.
inspect::Report inspect_bytes(sandbox::Engine& engine, const std::string& bytes);
Outcome outcome_of(const inspect::Report& report);

}  // namespace lazaret::testing_support
