#include "sandbox/analysis.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include <magic.h>

#include "sandbox/file_reader.h"
#include "sandbox/finding_list.h"
#include "sandbox/inflater.h"
#include "sandbox/pdf/clean.h"
#include "sandbox/pdf/raw_scan.h"
#include "sandbox/pdf/walk.h"
#include "sandbox/pdf/xml.h"
#include "sandbox/rules/eicar.h"
#include "sandbox/rules/yara_rules.h"
#include "sandbox/types/checker.h"
#include "sandbox/types/dicom_check.h"
#include "sandbox/types/file_kinds.h"
#include "sandbox/types/image_check.h"
#include "sandbox/types/json_check.h"
#include "sandbox/types/office_check.h"
#include "sandbox/types/text_check.h"
#include "sandbox/types/type_check.h"
#include "sandbox/types/xml_check.h"

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

// EICAR in a file of a wrong type: the sender should hear the worse news.
void look_for_bare_eicar(std::string_view head, FindingSink& findings) {
  if (EicarMatcher().feed(head.data(), head.size())) findings.add(FindingCode::kEicar, at_offset(0));
}

std::vector<inspect::Fact> facts_of(const DocumentWords& words) {
  using inspect::FactCode;
  inspect::FactList facts;
  facts.set(FactCode::kProducer, words.producer);
  facts.set(FactCode::kCreationDate, words.created);
  facts.set(FactCode::kLanguage, words.language);
  facts.set(FactCode::kPageSizes, words.page_sizes);
  facts.set(FactCode::kSigned, words.is_signed ? 1U : 0U);
  facts.set(FactCode::kTagged, words.is_tagged ? 1U : 0U);
  if (words.attachments != 0) {
    facts.set(FactCode::kAttachments, words.attachments);
    facts.set(FactCode::kAttachmentTypes, words.attachment_types);
  }
  return facts.facts();
}

struct AnalysisTools {
  const MagicTypes& magic;
  ContentSearch& search;
  const inspect::Task& task;
  const Limits& limits;
  Inflater& inflater;
  FindingList& findings;
  inspect::Report& report;
  ContentSearch* raw_rules = nullptr;  // null: `search` has seen the raw bytes
};

WalkLimits walk_limits(const Limits& limits) {
  return {.inflated_bytes = limits.inflated_bytes,
          .thorough_bytes = limits.thorough_bytes,
          .objects = limits.objects,
          .depth = limits.depth};
}

void walk(const FileReader& file, std::uint64_t header, const AnalysisTools& tools, RawScan& raw) {
  MagicJudge judge(tools.magic);
  std::vector<Watched> watched;
  watched.reserve(raw.candidates.size());
  for (const Candidate& candidate : raw.candidates)
    watched.push_back({.offset = candidate.offset});
  const WalkTools walk_tools{.file = file,
                             .inflater = tools.inflater,
                             .judge = judge,
                             .findings = tools.findings,
                             .watched = watched,
                             .census = raw.census,
                             .header = header,
                             .content = &tools.search};
  WalkResult result = walk_pdf(walk_tools, walk_limits(tools.limits));
  tools.report.page_count = result.page_count;
  tools.report.pdf_version = std::move(result.pdf_version);
  tools.report.encrypted = result.encrypted;
  if (result.page_count >= 0) tools.report.facts = facts_of(result.words);
  for (std::size_t i = 0; i < watched.size(); ++i)
    raw.candidates[i].inside_stream = watched[i].inside_stream;
}

// Streams are read as they lie in the file. Where they are encrypted that says nothing: what they hide is found by the
// walk, which decrypts. It also knows better than any mention of encryption; only without it does the mention count.
bool lies_encrypted(const RawScan& raw, const inspect::Report& report) {
  return report.encrypted || (raw.says_encrypted && report.page_count < 0);
}

void analyse_pdf(const FileReader& file, std::string_view head, std::size_t header, const AnalysisTools& tools) {
  const RawScanTools scan_tools{file, tools.inflater, tools.findings, tools.raw_rules};
  RawScan raw = scan_raw(scan_tools, head, header, tools.limits.inflated_bytes);
  if (tools.task.walk && raw.is_safe_to_walk) walk(file, header, tools, raw);
  for (const Candidate& candidate : raw.candidates) {
    if (!candidate.inside_stream) tools.findings.add(candidate.code, at_offset(candidate.offset));
  }
  if (lies_encrypted(raw, tools.report)) return;
  for (const std::uint64_t offset : raw.streams_that_hide_names)
    tools.findings.add(FindingCode::kEscapedName, at_offset(offset));
}

// A file inside a file that is no PDF: by its own bytes, and a PDF as if it had been sent by itself.
class NestedFiles final : public NestedJudge {
 public:
  explicit NestedFiles(const AnalysisTools& tools) : tools_(tools) {}

  void judge(std::string_view bytes, bool is_whole, const Spot& spot) override {
    const std::string_view head = bytes.substr(0, kHeadBytes);
    AttachedXml xml;
    xml.feed(bytes);
    const FileKind kind =
        std::max({kind_of_bytes(head), kind_of_mime(tools_.magic.type_of(head)), xml.judge(tools_.findings, spot)});
    switch (kind) {
      case FileKind::kOrdinary:
        return;
      case FileKind::kMarkup:
        return tools_.findings.add(FindingCode::kMarkupAttachment, spot);
      case FileKind::kMacro:
        return tools_.findings.add(FindingCode::kMacroAttachment, spot);
      case FileKind::kExecutable:
        return tools_.findings.add(FindingCode::kExecutableAttachment, spot);
      case FileKind::kPdf:
        break;
    }
    if (!is_whole) return tools_.findings.add(FindingCode::kLockedAttachment, spot);
    const std::optional<std::size_t> header = find_pdf_header(head);
    inspect::Report ignored;
    const AnalysisTools inner{tools_.magic,    tools_.search,   tools_.task, tools_.limits,
                              tools_.inflater, tools_.findings, ignored};
    if (header) analyse_pdf(FileReader(bytes), head, *header, inner);
  }

 private:
  const AnalysisTools& tools_;
};

using Checker = void (*)(const CheckTools&);

// nullptr: there is none, and the type cannot be allowed.
Checker checker_of(FileType type) {
  switch (type) {
    case FileType::kText:
      return check_text;
    case FileType::kCsv:
      return check_csv;
    case FileType::kJson:
      return check_json;
    case FileType::kXml:
      return check_xml;
    case FileType::kPng:
      return check_png;
    case FileType::kJpeg:
      return check_jpeg;
    case FileType::kDicom:
      return check_dicom;
    case FileType::kTiff:
      return check_tiff;
    case FileType::kDocx:
      return check_docx;
    case FileType::kXlsx:
      return check_xlsx;
    case FileType::kPdf:  // has the walk
      return nullptr;
  }
  return nullptr;
}

void check_structure(const FileReader& file, std::string_view head, Checker check, const AnalysisTools& tools) {
  inspect::FactList facts;
  tools.search.search_file(file);
  NestedFiles nested(tools);
  check({.file = file,
         .head = head,
         .inflater = tools.inflater,
         .search = tools.search,
         .nested = nested,
         .findings = tools.findings,
         .facts = facts});
  tools.report.facts = facts.facts();
  const bool is_another =
      tools.findings.holds(FindingCode::kBinaryText) || tools.findings.holds(FindingCode::kTypeMismatch);
  if (is_another) tools.report.content_type = tools.magic.type_of(head);
}

}  // namespace

struct Engine::State {
  MagicTypes magic;
  std::unique_ptr<YaraRules> rules;
};

Engine::Engine(const std::vector<std::string>& rule_files) : state_(std::make_unique<State>()) {
  auto rules = YaraRules::load(rule_files);
  if (!rules) throw std::runtime_error("YARA_RULES: " + rules.error().detail);
  state_->rules = std::move(*rules);
}

Engine::~Engine() = default;

inspect::Report Engine::analyse(int fd, const inspect::Task& task, const Limits& limits) {
  inspect::Report report;
  FindingList findings;
  const FileReader file(fd, task.size);
  const std::string head = file.read_at(0, kHeadBytes);
  const TypeCheck type = check_type(task, head, state_->magic, findings);
  report.content_type = type.content_type;
  const Checker check = type.type ? checker_of(*type.type) : nullptr;
  if (type.pdf_header || check != nullptr) {
    Inflater inflater;
    std::optional<YaraScan> rules;
    if (task.walk) rules.emplace(*state_->rules, task.size);
    ContentSearch search(findings, rules ? &*rules : nullptr);
    const AnalysisTools tools{state_->magic, search, task, limits, inflater, findings, report, &search};
    if (type.pdf_header) {
      analyse_pdf(file, head, *type.pdf_header, tools);
    } else {
      check_structure(file, head, check, tools);
    }
    report.rules = search.finish();
  } else {
    look_for_bare_eicar(head, findings);
  }
  findings.move_into(report);
  return report;
}

inspect::CopyEnd Engine::clean(int fd, const inspect::Task& task, const Limits& limits, ByteSink& copy) {
  const FileReader file(fd, task.size);
  MagicJudge judge(state_->magic);
  Inflater inflater;
  FindingList ignored;
  std::vector<Watched> none;
  const Census unknown;
  const WalkTools tools{.file = file,
                        .inflater = inflater,
                        .judge = judge,
                        .findings = ignored,
                        .watched = none,
                        .census = unknown,
                        .header = find_pdf_header(file.read_at(0, kHeadBytes)).value_or(0)};
  return clean_pdf(tools, walk_limits(limits), copy);
}

std::string Engine::versions() {
  const int magic = ::magic_version();
  return "qpdf " + qpdf_version() + " libmagic " + std::to_string(magic / 100) + "." + std::to_string(magic % 100) +
         " " + YaraRules::version();
}

}  // namespace lazaret::sandbox
