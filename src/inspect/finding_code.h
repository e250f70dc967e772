// FindingCode: what an inspection can find, as a number. Kept apart from the table so that the rooms that are bound
// to an older language standard (see src/sandbox/CMakeLists.txt) can name findings.
#pragma once

#include <cstdint>

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
  kExternalStream,
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
  kMarkupAttachment,
  kMacroAttachment,
  kExecutableAttachment,
  kNestedActions,
  kLockedAttachment,
  kEscapedName,
  kHiddenObject,
  kChangedAfterSigning,
  kAbsurdImage,
  kKnownExploit,
  // Known bad.
  kEicar,
  // Limits.
  kTooManyObjects,
  kTooDeep,
  kInflatesTooFar,
  kHugeImage,
  kTimeLimit,
  kMemoryLimit,
  kWorkerDied,
  // Types other than PDF.
  kUnreadable,
  kBinaryText,
  kPolyglot,
  kExecutablePolyglot,
  kEmbeddedScript,
  kFormula,
  kExternalEntity,
  kInternalEntity,
  kEntityExpansion,
  kExternalStylesheet,
  kArchiveMismatch,
  kMacros,
  kDde,
  // Known bad, by rules and by antivirus.
  kKnownAttack,
  kAntivirus,
  kAntivirusLimit,
  kAntivirusLocked,
  // What became of a document that policy has sanitised.
  kSanitised,
  kSignedNotSanitised,
  kShownByScript,
  kNotSanitised,
  kCopyNotClean,
  kCount,
};

}  // namespace lazaret::inspect
