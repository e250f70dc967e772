#include "sandbox/types/type_check.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <magic.h>

#include "sandbox/types/compound_file.h"
#include "sandbox/types/dicom_check.h"
#include "sandbox/types/file_kinds.h"
#include "sandbox/types/text_reader.h"
#include "sandbox/types/tiff_file.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kHeaderReach = 1024;  // readers look for %PDF- no further
constexpr std::size_t kMaxTypeBytes = 127;
constexpr std::string_view kPdfType = "application/pdf";
constexpr std::string_view kUnknownType = "application/octet-stream";

// An answer of libmagic that says no more than that it does not know.
bool is_vague(std::string_view type) {
  return type == kUnknownType || type == "text/plain" || type == kPdfType;
}

TypeCheck check_pdf(const inspect::Task& task, std::string_view head, const MagicTypes& magic, FindingSink& findings) {
  TypeCheck check;
  const std::optional<std::size_t> header = find_pdf_header(head);
  // libmagic costs as much as the rest of a small document's judgement: it is asked where its answer counts.
  const std::string detected = header ? std::string(kPdfType) : magic.type_of(head);
  // Another type that is wrapped around a PDF is told of by the raw scan; the bytes still are a PDF.
  check.content_type = detected;
  if (task.extension == "pdf" && header) {
    check.type = FileType::kPdf;
    check.pdf_header = header;
  } else if (task.extension == "pdf" && is_vague(detected)) {
    findings.add(FindingCode::kNoHeader, at_offset(0));
  } else {
    findings.add(FindingCode::kTypeMismatch, at_offset(0));
  }
  return check;
}

char first_character(std::string_view head) {
  const std::string text = narrow_text(head.substr(0, kHeaderReach));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? '\0' : text[first];
}

bool begins_like(FileType type, std::string_view head) {
  switch (type) {
    case FileType::kXml:
      return first_character(head) == '<';
    case FileType::kJson:
      return first_character(head) == '{' || first_character(head) == '[';
    case FileType::kText:
    case FileType::kCsv:
      return !is_script_or_markup(narrow_text(head));
    case FileType::kPng:
      return head.starts_with("\x89PNG\r\n\x1A\n");
    case FileType::kJpeg:
      return head.starts_with("\xFF\xD8\xFF");
    case FileType::kDicom:
      return head.size() > kDicomPreamble && head.substr(kDicomPreamble).starts_with("DICM");
    case FileType::kTiff:
      return TiffFile::begins_like(head);
    case FileType::kDocx:
    case FileType::kXlsx:  // old ones and locked ones are told apart by the checker
      return head.starts_with("PK\x03\x04") || begins_like_compound(head);
    case FileType::kPdf:
      return false;
  }
  return false;
}

// What libmagic may call a file that begins like its type. The preamble of DICOM may be another type's, and is judged
// by the checker.
bool agrees(FileType type, std::string_view detected, std::string_view usual) {
  if (detected == usual || detected == kUnknownType || type == FileType::kDicom) return true;
  return type == FileType::kPng && (detected == "image/apng" || detected == "image/vnd.mozilla.apng");
}

// libmagic guesses at the wording of texts and at the first names in an archive; for them the checkers' own answer is
// the better one.
bool is_told_by_checker(FileType type) {
  switch (type) {
    case FileType::kText:
    case FileType::kCsv:
    case FileType::kXml:
    case FileType::kJson:
    case FileType::kDocx:
    case FileType::kXlsx:
      return true;
    case FileType::kPdf:
    case FileType::kPng:
    case FileType::kJpeg:
    case FileType::kTiff:
    case FileType::kDicom:
      return false;
  }
  return false;
}

TypeCheck check_other(const FileTypeRow& row, std::string_view head, const MagicTypes& magic, FindingSink& findings) {
  TypeCheck check;
  const bool is_so = begins_like(row.type, head);
  const std::string detected =
      is_so && is_told_by_checker(row.type) ? std::string(row.content_type) : magic.type_of(head);
  if (!is_so || (!is_told_by_checker(row.type) && !agrees(row.type, detected, row.content_type))) {
    check.content_type = detected;
    findings.add(FindingCode::kTypeMismatch, at_offset(0));
    return check;
  }
  check.type = row.type;
  check.content_type = row.content_type;
  // A PDF that travels as DICOM begins this early; its checker finds it where it belongs.
  const auto pdf = row.type == FileType::kDicom ? std::nullopt : find_pdf_header(head);
  if (pdf) findings.add(FindingCode::kPolyglot, at_offset(*pdf));
  return check;
}

}  // namespace

MagicTypes::MagicTypes()
    : cookie_(::magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CSV)) {
  if (cookie_ == nullptr) throw std::runtime_error("libmagic cannot be opened");
  if (::magic_load(static_cast<magic_t>(cookie_), nullptr) == 0) return;
  ::magic_close(static_cast<magic_t>(cookie_));
  throw std::runtime_error("libmagic's database cannot be loaded");
}

MagicTypes::~MagicTypes() {
  ::magic_close(static_cast<magic_t>(cookie_));
}

std::string MagicTypes::type_of(std::string_view head) const {
  const char* answer = ::magic_buffer(static_cast<magic_t>(cookie_), head.data(), head.size());
  const std::string_view type = answer == nullptr ? kUnknownType : std::string_view(answer);
  const auto is_type_character = [](char c) { return c > ' ' && c <= '~'; };
  const bool is_usable = !type.empty() && type.size() <= kMaxTypeBytes && type.find('/') != std::string_view::npos &&
                         std::ranges::all_of(type, is_type_character);
  return std::string(is_usable ? type : kUnknownType);
}

std::optional<std::size_t> find_pdf_header(std::string_view head) {
  const std::size_t at = head.substr(0, kHeaderReach + 4).find("%PDF-");
  return at < kHeaderReach ? std::optional(at) : std::nullopt;
}

TypeCheck check_type(const inspect::Task& task, std::string_view head, const MagicTypes& magic, FindingSink& findings) {
  TypeCheck check;
  if (head.empty()) {
    check.content_type = "application/x-empty";
    findings.add(FindingCode::kEmptyFile, {});
    return check;
  }
  const FileTypeRow* row = find_file_type(task.extension);
  if (row == nullptr || row->type == FileType::kPdf) {
    check = check_pdf(task, head, magic, findings);
  } else {
    check = check_other(*row, head, magic, findings);
  }
  if (check.type && row != nullptr && !may_be_declared(*row, task.declared_type)) {
    findings.add(FindingCode::kDeclaredTypeMismatch, {});
  }
  return check;
}

}  // namespace lazaret::sandbox
