#include "sandbox/type_check.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <magic.h>

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kHeaderReach = 1024;  // readers look for %PDF- no further
constexpr std::size_t kMaxTypeBytes = 127;
constexpr std::string_view kPdfType = "application/pdf";
constexpr std::string_view kUnknownType = "application/octet-stream";

constexpr auto kPdfDeclarations = std::to_array<std::string_view>({
    "application/pdf",
    "application/x-pdf",
    "application/acrobat",
    "applications/vnd.pdf",
    "text/pdf",
    "text/x-pdf",
});

bool claims_nothing(std::string_view declared) {
  return declared.empty() || declared == kUnknownType || declared == "binary/octet-stream" ||
         declared == "application/x-download" || declared == "application/force-download";
}

std::optional<std::size_t> find_pdf_header(std::string_view head) {
  const std::size_t at = head.substr(0, kHeaderReach + 4).find("%PDF-");
  return at < kHeaderReach ? std::optional(at) : std::nullopt;
}

// An answer of libmagic that says no more than that it does not know.
bool is_vague(std::string_view type) {
  return type == kUnknownType || type == "text/plain" || type == kPdfType;
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

TypeCheck check_type(const inspect::Task& task, std::string_view head, const MagicTypes& magic, FindingSink& findings) {
  TypeCheck check;
  if (head.empty()) {
    check.content_type = "application/x-empty";
    findings.add(FindingCode::kEmptyFile, {});
    return check;
  }
  const std::optional<std::size_t> header = find_pdf_header(head);
  // libmagic costs as much as the rest of a small document's judgement: it is asked where its answer counts.
  const std::string detected = header ? std::string(kPdfType) : magic.type_of(head);
  // Another type that is wrapped around a PDF is told of by the raw scan; the bytes still are a PDF.
  check.content_type = detected;
  if (task.extension == "pdf" && header) {
    check.pdf_header = header;
  } else if (task.extension == "pdf" && is_vague(detected)) {
    findings.add(FindingCode::kNoHeader, at_offset(0));
  } else {
    findings.add(FindingCode::kTypeMismatch, at_offset(0));
  }
  const bool is_declared_pdf = std::ranges::find(kPdfDeclarations, task.declared_type) != kPdfDeclarations.end();
  if (check.pdf_header && !is_declared_pdf && !claims_nothing(task.declared_type)) {
    findings.add(FindingCode::kDeclaredTypeMismatch, {});
  }
  return check;
}

}  // namespace lazaret::sandbox
