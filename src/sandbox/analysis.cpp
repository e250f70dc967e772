#include "sandbox/analysis.h"

#include <algorithm>
#include <utility>

#include <magic.h>

#include "sandbox/eicar.h"
#include "sandbox/file_kinds.h"
#include "sandbox/file_reader.h"
#include "sandbox/finding_list.h"
#include "sandbox/inflater.h"
#include "sandbox/pdf_walk.h"
#include "sandbox/raw_scan.h"
#include "sandbox/type_check.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

class MagicJudge final : public AttachmentJudge {
 public:
  explicit MagicJudge(const MagicTypes& magic) : magic_(magic) {}
  FileKind kind_of(std::string_view head) override { return kind_of_mime(magic_.type_of(head)); }

 private:
  const MagicTypes& magic_;
};

// EICAR in a file that is no PDF: its type is wrong already, but the sender should hear the worse news.
void look_for_bare_eicar(std::string_view head, FindingSink& findings) {
  if (EicarMatcher().feed(head.data(), head.size())) findings.add(FindingCode::kEicar, at_offset(0));
}

void walk(const FileReader& file, const MagicTypes& magic, const Limits& limits, RawScan& raw, Inflater& inflater,
          FindingList& findings, inspect::Report& report) {
  MagicJudge judge(magic);
  std::vector<Watched> watched;
  watched.reserve(raw.candidates.size());
  for (const Candidate& candidate : raw.candidates)
    watched.push_back({.offset = candidate.offset});
  const WalkTools tools{.file = file, .inflater = inflater, .judge = judge, .findings = findings, .watched = watched};
  WalkResult result = walk_pdf(tools, {.inflated_bytes = limits.inflated_bytes,
                                       .thorough_bytes = limits.thorough_bytes,
                                       .objects = limits.objects,
                                       .depth = limits.depth});
  report.page_count = result.page_count;
  report.pdf_version = std::move(result.pdf_version);
  report.encrypted = result.encrypted;
  for (std::size_t i = 0; i < watched.size(); ++i)
    raw.candidates[i].inside_stream = watched[i].inside_stream;
}

}  // namespace

struct Engine::State {
  MagicTypes magic;
};

Engine::Engine() : state_(std::make_unique<State>()) {}

Engine::~Engine() = default;

inspect::Report Engine::analyse(int fd, const inspect::Task& task, const Limits& limits) {
  inspect::Report report;
  FindingList findings;
  const FileReader file(fd, task.size);
  const std::string head = file.read_at(0, kHeadBytes);
  const TypeCheck type = check_type(task, head, state_->magic, findings);
  report.content_type = type.content_type;
  if (type.pdf_header) {
    Inflater inflater;
    RawScan raw = scan_raw(file, head, *type.pdf_header, limits, inflater, findings);
    if (task.walk && raw.is_safe_to_walk) walk(file, state_->magic, limits, raw, inflater, findings, report);
    for (const Candidate& candidate : raw.candidates) {
      if (!candidate.inside_stream) findings.add(candidate.code, at_offset(candidate.offset));
    }
  } else {
    look_for_bare_eicar(head, findings);
  }
  findings.move_into(report);
  return report;
}

std::string Engine::versions() {
  const int magic = ::magic_version();
  return "qpdf " + qpdf_version() + " libmagic " + std::to_string(magic / 100) + "." + std::to_string(magic % 100);
}

}  // namespace lazaret::sandbox
