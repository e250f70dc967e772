#include "sandbox/pdf/walk.h"

#include <memory>
#include <new>
#include <optional>

#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>

#include "sandbox/pdf/facts.h"
#include "sandbox/pdf/findings.h"
#include "sandbox/pdf/hidden_walk.h"
#include "sandbox/pdf/object_streams.h"
#include "sandbox/pdf/qpdf_source.h"
#include "sandbox/pdf/walker.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

std::string checked_version(const std::string& version) {
  const bool is_plain =
      !version.empty() && version.size() <= 8 && version.find_first_not_of("0123456789.") == std::string::npos;
  return is_plain ? version : std::string();
}

// False: the walk cannot begin, and a finding says why.
bool open_document(QPDF& pdf, const WalkTools& tools) {
  try {
    pdf.processInputSource(std::make_shared<QpdfSource>(tools.file), "");
    return true;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const QPDFExc& error) {
    const bool is_locked = error.getErrorCode() == qpdf_e_password || error.getErrorCode() == qpdf_e_unsupported;
    tools.findings.add(is_locked ? FindingCode::kEncrypted : FindingCode::kNoPages, Spot());
  } catch (const std::exception&) {
    tools.findings.add(FindingCode::kNoPages, Spot());
  }
  return false;
}

void walk_open_document(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits, WalkResult& result) {
  result.encrypted = pdf.isEncrypted();
  result.pdf_version = checked_version(pdf.getPDFVersion());
  WatchedFindings findings(tools.findings);
  const WalkTools watched{tools.file,    tools.inflater, tools.judge,  findings,
                          tools.watched, tools.census,   tools.header, tools.content};
  Walker walker(pdf, watched, limits);
  std::optional<ObjectStreams> locked;
  if (result.encrypted) locked.emplace(pdf, watched, limits);
  if (locked && !locked->are_bounded(walker.streams())) return;
  if (!locked && !are_buried_streams_bounded(pdf, watched, walker.streams())) return;
  result.page_count = walker.count_pages();
  if (result.page_count == 0) tools.findings.add(FindingCode::kNoPages, Spot());
  walker.walk_objects();
  walker.signatures().judge();
  read_own_words(pdf, result.words);
  walker.tell(result.words);
  if (!walker.is_over()) HiddenWalk(pdf, watched, limits, walker, findings).run(locked ? &*locked : nullptr);
  if (pdf.anyWarnings()) {
    const std::vector<QPDFExc> warnings = pdf.getWarnings();
    const qpdf_offset_t offset = QPDFExc(warnings.front()).getFilePosition();
    tools.findings.add(FindingCode::kRecovered, offset > 0 ? at_offset(static_cast<std::uint64_t>(offset)) : Spot());
  }
}

}  // namespace

WalkResult walk_pdf(const WalkTools& tools, const WalkLimits& limits) {
  WalkResult result;
  QPDF pdf;
  pdf.setSuppressWarnings(true);
  if (!open_document(pdf, tools)) return result;
  try {
    walk_open_document(pdf, tools, limits, result);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    tools.findings.add(result.page_count > 0 ? FindingCode::kRecovered : FindingCode::kNoPages, Spot());
  }
  return result;
}

std::string qpdf_version() {
  return QPDF::QPDFVersion();
}

}  // namespace lazaret::sandbox
