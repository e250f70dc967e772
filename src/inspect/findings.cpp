#include "inspect/findings.h"

#include <array>
#include <utility>

namespace lazaret::inspect {
namespace {

using enum FindingCode;

constexpr auto kClean = Outcome::kClean;
constexpr auto kRepaired = Outcome::kRepaired;
constexpr auto kActive = Outcome::kActive;
constexpr auto kSuspicious = Outcome::kSuspicious;
constexpr auto kMalicious = Outcome::kMalicious;
constexpr auto kMalformed = Outcome::kMalformed;
constexpr auto kBomb = Outcome::kBomb;
constexpr auto kNotPdf = Outcome::kNotPdf;

constexpr auto kInfo = Severity::kInfo;
constexpr auto kLow = Severity::kLow;
constexpr auto kMedium = Severity::kMedium;
constexpr auto kHigh = Severity::kHigh;
constexpr auto kCritical = Severity::kCritical;

constexpr std::array<FindingRow, static_cast<std::size_t>(kCount)> kTable{{
    {kEmptyFile, "empty_file", kNotPdf, kMedium, "The file is empty. Send the document again from its source."},
    {kTypeMismatch, "type_mismatch", kNotPdf, kMedium,
     "The bytes of this file are not what its name says. Send it under its true extension, or export it as a PDF."},
    {kDeclaredTypeMismatch, "declared_type_mismatch", kNotPdf, kMedium,
     "The content type declared for this file is not the type of its bytes. Declare the true type, or none."},
    {kNoHeader, "no_header", kNotPdf, kMedium,
     "This file does not begin like a PDF: %PDF- is not among its first 1024 bytes. Export the document as a PDF."},
    {kLeadingBytes, "leading_bytes", kRepaired, kLow,
     "There are bytes before the document begins; readers skip them. Export the document again to be rid of them."},
    {kTrailingBytes, "trailing_bytes", kRepaired, kLow,
     "There are bytes after the document's end; readers skip them. Export the document again to be rid of them."},
    {kForeignMagic, "foreign_magic", kSuspicious, kHigh,
     "This file is also a file of another type, wrapped around the PDF. Print or export the document to a new PDF."},
    {kSecondHeader, "second_header", kSuspicious, kHigh,
     "This file holds a second PDF header, so that two readers may show two documents. Export it to a new PDF."},
    {kBadVersion, "bad_version", kRepaired, kLow,
     "The PDF version in the header is not one that exists; readers ignore it. Nothing needs to be done."},
    {kZipTail, "zip_tail", kSuspicious, kHigh,
     "This file is a ZIP archive as well as a PDF. Print or export the document to a new PDF."},
    {kMarkupHead, "markup_head", kSuspicious, kHigh,
     "This file begins with HTML or script as well as being a PDF. Print or export the document to a new PDF."},
    {kRecovered, "recovered", kRepaired, kLow,
     "Parts of this document are damaged and were read by recovery. Check that it looks complete."},
    {kNoPages, "no_pages", kMalformed, kMedium,
     "No page of this document can be read. It is damaged or incomplete; send it again from its source."},
    {kTruncated, "truncated", kRepaired, kLow,
     "The end of this document is missing. Check that the file was copied or downloaded completely."},
    {kEncrypted, "encrypted", Outcome::kEncrypted, kMedium,
     "This file is protected with a password. Remove the password and send it again."},
    {kExternalStream, "external_stream", kSuspicious, kHigh,
     "Parts of this document are loaded from other files or addresses. Export it to a PDF that holds everything."},
    {kJavaScript, "javascript", kActive, kLow, "This document contains JavaScript, as interactive forms often do."},
    {kAutoRunJavaScript, "auto_run_javascript", kActive, kMedium,
     "This document contains JavaScript that runs without being asked for, as interactive forms often do."},
    {kOpenAction, "open_action", kActive, kLow, "This document runs an action when it is opened."},
    {kAdditionalActions, "additional_actions", kActive, kLow,
     "This document runs an action by itself, when it or one of its pages is opened, printed, saved or closed."},
    {kLaunch, "launch", kMalicious, kCritical,
     "This document tries to start a program or open a file on the reader's computer. Do not open it; ask where it "
     "came from."},
    {kLaunchNeighbour, "launch_neighbour", kSuspicious, kMedium,
     "This document opens another PDF that should lie beside it. Send that document on its own, or merge the two."},
    {kSubmitForm, "submit_form", kActive, kLow,
     "This document has a form that sends what is filled in to an address on the network."},
    {kImportData, "import_data", kActive, kMedium,
     "This document imports form data from another file. Export it with its data filled in."},
    {kGoToRemote, "go_to_remote", kActive, kLow, "This document links to a place in another file."},
    {kGoToEmbedded, "go_to_embedded", kActive, kLow, "This document links to a place in a file attached to it."},
    {kUri, "uri", kClean, kInfo, "This document has links to addresses on the network. They open only by a click."},
    {kDangerousUri, "dangerous_uri", kSuspicious, kHigh,
     "This document has a link that runs script or reaches local files. Remove the link and send it again."},
    {kAutoRunUri, "auto_run_uri", kSuspicious, kHigh,
     "This document contacts an address on the network by itself when it is read. Export it to a new PDF."},
    {kUncPath, "unc_path", kSuspicious, kHigh,
     "This document refers to a file on a network share, which can give away the reader's password. Remove the "
     "reference and send it again."},
    {kAutoRunUnc, "auto_run_unc", kMalicious, kCritical,
     "This document opens a file on a network share by itself, which gives away the reader's password. Do not open "
     "it; ask where it came from."},
    {kXfa, "xfa", kActive, kLow, "This document is or holds an XFA form, which can contain script."},
    {kRichMedia, "rich_media", kActive, kLow, "This document holds sound, video, 3D or other rich media."},
    {kEmbeddedFile, "embedded_file", kActive, kLow, "Another file is attached to this document."},
    {kMarkupAttachment, "markup_attachment", kSuspicious, kMedium,
     "A web page is attached to this document, which can run script when it is opened. Remove the attachment and "
     "send it again."},
    {kMacroAttachment, "macro_attachment", kSuspicious, kHigh,
     "An office document that carries macros is attached to this document. Remove it or save it without macros."},
    {kExecutableAttachment, "executable_attachment", kMalicious, kCritical,
     "A program or script is attached to this document. Do not open it; ask where it came from, or remove the "
     "attachment."},
    {kNestedActions, "nested_actions", kSuspicious, kHigh,
     "A PDF attached to this document runs script or actions of its own. Send that document separately."},
    {kLockedAttachment, "locked_attachment", kSuspicious, kMedium,
     "A file attached to this document is locked, too large or of a kind that cannot be inspected inside it. Send it "
     "separately, without a password."},
    {kEscapedName, "escaped_name", kSuspicious, kHigh,
     "This document hides the names of what it does by writing them in code. Print or export it to a new PDF."},
    {kHiddenObject, "hidden_object", kSuspicious, kHigh,
     "This document holds actions or files that its own table of contents does not lead to. Print or export it to a "
     "new "
     "PDF."},
    {kChangedAfterSigning, "changed_after_signing", kSuspicious, kHigh,
     "This document was changed after it was signed, or its signature leaves parts of it out. Ask the signer for the "
     "document as it was signed."},
    {kAbsurdImage, "absurd_image", kSuspicious, kHigh,
     "A picture in this document claims what no picture has, as attacks on readers do. Print or export it to a new "
     "PDF."},
    {kKnownExploit, "known_exploit", kMalicious, kCritical,
     "This document holds code where a reader expects numbers, as known attacks do. Do not open it; ask where it came "
     "from."},
    {kEicar, "eicar", kMalicious, kCritical, "This file contains the EICAR antivirus test string."},
    {kTooManyObjects, "too_many_objects", kBomb, kHigh,
     "This document holds more objects than can be inspected. Split it, or export it to a simpler PDF."},
    {kTooDeep, "too_deep", kBomb, kHigh,
     "This document is nested deeper than can be inspected. Print or export it to a new PDF."},
    {kInflatesTooFar, "inflates_too_far", kBomb, kHigh,
     "Parts of this document unpack to far more data than any page needs. Print or export it to a new PDF."},
    {kHugeImage, "huge_image", kBomb, kHigh,
     "An image in this document is larger than can be shown. Scan or export it at a lower resolution."},
    {kTimeLimit, "time_limit", kBomb, kHigh,
     "Inspecting this document took too long and was stopped. Print or export it to a new PDF."},
    {kMemoryLimit, "memory_limit", kBomb, kHigh,
     "Inspecting this document took too much memory and was stopped. Print or export it to a new PDF."},
    {kWorkerDied, "worker_died", kBomb, kHigh,
     "Inspecting this document failed in a way that damaged files cause. Print or export it to a new PDF."},
    {kUnreadable, "unreadable", kMalformed, kMedium,
     "This file is damaged and cannot be read as what its name says. Send it again from its source."},
    {kBinaryText, "binary_text", kNotPdf, kMedium,
     "This file is named as text and holds bytes that no text has. Send it under its true extension."},
    {kPolyglot, "polyglot", kSuspicious, kHigh,
     "This file is also a file of another type. Export it again from its source."},
    {kExecutablePolyglot, "executable_polyglot", kMalicious, kCritical,
     "This file is a program as well as what its name says. Do not open it; ask where it came from."},
    {kEmbeddedScript, "embedded_script", kSuspicious, kHigh,
     "This file holds script that a browser or server may run. Remove the script and send it again."},
    {kFormula, "formula", kActive, kMedium,
     "Cells of this table begin with a character that spreadsheets take for a formula. Open it as text only."},
    {kExternalEntity, "external_entity", kMalicious, kCritical,
     "This file makes its reader open other files or addresses by XML entities. Export it again without a DOCTYPE."},
    {kInternalEntity, "internal_entity", kSuspicious, kMedium,
     "This file defines XML entities of its own, which no medical document needs. Export it without a DOCTYPE."},
    {kEntityExpansion, "entity_expansion", kBomb, kHigh,
     "This file's XML entities unfold to far more text than it has. Export it without a DOCTYPE."},
    {kExternalStylesheet, "external_stylesheet", kActive, kLow,
     "This file names a style sheet at an address on the network, which a browser fetches when it shows the file."},
    {kArchiveMismatch, "archive_mismatch", kSuspicious, kHigh,
     "The parts of this document are not what its table of contents says, so that two readers may see two documents. "
     "Save it again from its program, or export it as a PDF."},
    {kMacros, "macros", kSuspicious, kHigh,
     "This document carries macros or controls that run programs of their own. Save it without them, or export it as a "
     "PDF."},
    {kDde, "dde", kSuspicious, kHigh,
     "A field or formula of this document starts another program or takes data from one. Remove it, or export the "
     "document as a PDF."},
    {kKnownAttack, "known_attack", kMalicious, kCritical,
     "This file matches a rule that describes a known attack. Do not open it; ask where it came from."},
    {kAntivirus, "antivirus", kMalicious, kCritical,
     "The antivirus scanner knows this file as harmful. Do not open it; ask where it came from."},
    {kAntivirusLimit, "antivirus_limit", kSuspicious, kMedium,
     "The antivirus scanner could not look at all of this file: it is too large or nested too deep. Split it, or "
     "export "
     "it to a simpler file."},
    {kAntivirusLocked, "antivirus_locked", kSuspicious, kMedium,
     "The antivirus scanner could not look into a locked part of this file. Remove the password and send it again."},
    {kSanitised, "sanitised", kClean, kInfo,
     "What this document does beside being read was taken out of it. The file as it was sent is kept under seal."},
    {kSignedNotSanitised, "signed_not_sanitised", kClean, kInfo,
     "This document is signed: taking anything out of it would break the signature. It waits in quarantine as it is."},
    {kShownByScript, "shown_by_script", kClean, kInfo,
     "The pages of this document are made by its form's script, so that nothing would be left without it. It waits in "
     "quarantine as it is; print it to a new PDF and send that."},
    {kNotSanitised, "not_sanitised", kClean, kInfo,
     "What was found in this file could not be taken out of it. It waits in quarantine as it is; print or export it to "
     "a new PDF and send that."},
    {kCopyNotClean, "copy_not_clean", kClean, kInfo,
     "What was found in this file could not all be taken out of it. It waits in quarantine as it is; print or export "
     "it to a new PDF and send that."},
}};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (std::to_underlying(kTable[i].code) != i || kTable[i].name.empty()) return false;
  }
  return true;
}
static_assert(rows_are_in_order(), "a row is missing or out of order");

}  // namespace

std::span<const FindingRow> finding_table() {
  return kTable;
}

const FindingRow& finding_row(FindingCode code) {
  return kTable.at(std::to_underlying(code));
}

std::optional<FindingCode> finding_code_of(std::uint16_t wire) {
  if (wire >= kTable.size()) return std::nullopt;
  return static_cast<FindingCode>(wire);
}

std::string finding_table_markdown() {
  std::string text = "| code | outcome | severity | what the sender is told |\n|---|---|---|---|\n";
  for (const FindingRow& row : kTable) {
    text.append("| `").append(row.name).append("` | ").append(to_string(row.outcome));
    text.append(" | ").append(to_string(row.severity)).append(" | ").append(row.message).append(" |\n");
  }
  return text;
}

}  // namespace lazaret::inspect
