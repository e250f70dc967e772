// The table of findings: code, what it makes of a document, how bad it is, and the sentence for whoever sent the file.
// docs/inspection.md lists every row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "document/verdict.h"

namespace lazaret::inspect {

// Values go over the wire between one build's server and its inspector; names are what is stable outside.
enum class FindingCode : std::uint16_t {
  // The bytes against their claims.
  kEmptyFile,
  kTypeMismatch,
  kDeclaredTypeMismatch,
  kNoHeader,
  // Bytes around the document.
  kLeadingBytes,
  kTrailingBytes,
  kForeignMagic,
  kSecondHeader,
  kBadVersion,
  kZipTail,
  kMarkupHead,
  // Structure.
  kRecovered,
  kNoPages,
  kTruncated,
  kEncrypted,
  // Active content.
  kJavaScript,
  kAutoRunJavaScript,
  kOpenAction,
  kAdditionalActions,
  kLaunch,
  kLaunchNeighbour,
  kSubmitForm,
  kImportData,
  kGoToRemote,
  kGoToEmbedded,
  kUri,
  kDangerousUri,
  kAutoRunUri,
  kUncPath,
  kAutoRunUnc,
  kXfa,
  kRichMedia,
  kEmbeddedFile,
  kExecutableAttachment,
  kEscapedName,
  // Known bad.
  kEicar,
  // Limits.
  kTooManyObjects,
  kTooDeep,
  kInflatesTooFar,
  kTimeLimit,
  kMemoryLimit,
  kWorkerDied,
  kCount,
};

struct FindingRow {
  FindingCode code;
  std::string_view name;  // "embedded_file"
  Outcome outcome;
  Severity severity;
  std::string_view message;  // what was found and what to do
};

// Rows in the order of FindingCode.
std::span<const FindingRow> finding_table();
const FindingRow& finding_row(FindingCode code);
std::optional<FindingCode> finding_code_of(std::uint16_t wire);

}  // namespace lazaret::inspect
