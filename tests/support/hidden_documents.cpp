#include "tests/support/hidden_documents.h"

#include <stdexcept>

#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/hidings.h"
#include "tests/support/qpdf_rewrite.h"

namespace lazaret::testing_support {
namespace {

void take_all_ways(const ExpectedDocument& document, bool is_benign,
                   const std::function<void(const HiddenDocument&)>& take) {
  take({.document = document, .way = kAsItIs, .bytes = document.bytes, .is_benign = is_benign});
  if (!document.is_rewritable) return;
  for (const Rewriting rewriting : all_rewritings()) {
    take({.document = document,
          .way = name_of(rewriting),
          .bytes = rewrite_pdf(document.bytes, rewriting),
          .is_benign = is_benign});
  }
  if (is_benign) return;  // to hide is no benign thing to do
  for (const Hiding hiding : all_hidings()) {
    // What no reader opens bursts nowhere.
    if (document.outcome == Outcome::kBomb && is_beside_the_table(hiding)) continue;
    take({.document = document, .way = name_of(hiding), .bytes = hide(document.bytes, hiding), .is_benign = false});
  }
}

}  // namespace

void for_each_document(const std::function<void(const HiddenDocument&)>& take) {
  for (const ExpectedDocument& document : attack_documents())
    take_all_ways(document, false, take);
  for (const ExpectedDocument& document : benign_documents())
    take_all_ways(document, true, take);
}

inspect::Report inspect_bytes(sandbox::Engine& engine, const std::string& bytes) {
  const UniqueFd file(::memfd_create("document", MFD_CLOEXEC));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (wrote <= 0) throw std::runtime_error("no memory file for a document");
    done += static_cast<std::size_t>(wrote);
  }
  return engine.analyse(file.get(), {.size = bytes.size(), .extension = "pdf", .declared_type = {}}, {});
}

Outcome outcome_of(const inspect::Report& report) {
  Outcome worst = Outcome::kClean;
  for (const inspect::RawFinding& finding : report.findings) {
    const Outcome outcome = inspect::finding_row(finding.code).outcome;
    if (outcome_rank(outcome) > outcome_rank(worst)) worst = outcome;
  }
  return worst;
}

}  // namespace lazaret::testing_support
