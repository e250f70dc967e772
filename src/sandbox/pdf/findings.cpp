#include "sandbox/pdf/findings.h"

#include <algorithm>
#include <array>

namespace lazaret::sandbox {

using inspect::FindingCode;

void NestedFindings::add(FindingCode code, const Spot&) {
  static constexpr std::array<FindingCode, 15> kPassedOn{
      FindingCode::kKnownExploit,    FindingCode::kExternalEntity,   FindingCode::kEntityExpansion,
      FindingCode::kLaunch,          FindingCode::kAutoRunUnc,       FindingCode::kExecutableAttachment,
      FindingCode::kEicar,           FindingCode::kTooManyObjects,   FindingCode::kTooDeep,
      FindingCode::kInflatesTooFar,  FindingCode::kHugeImage,        FindingCode::kNestedActions,
      FindingCode::kMacroAttachment, FindingCode::kMarkupAttachment, FindingCode::kLockedAttachment};
  static constexpr std::array<FindingCode, 14> kActions{
      FindingCode::kHiddenObject, FindingCode::kJavaScript,        FindingCode::kAutoRunJavaScript,
      FindingCode::kOpenAction,   FindingCode::kAdditionalActions, FindingCode::kLaunchNeighbour,
      FindingCode::kSubmitForm,   FindingCode::kImportData,        FindingCode::kAutoRunUri,
      FindingCode::kDangerousUri, FindingCode::kUncPath,           FindingCode::kXfa,
      FindingCode::kRichMedia,    FindingCode::kExternalStream};
  const auto is_any = [code](const auto& codes) { return std::find(codes.begin(), codes.end(), code) != codes.end(); };
  if (is_any(kPassedOn)) outer_.add(code, spot_);
  if (is_any(kActions)) outer_.add(FindingCode::kNestedActions, spot_);
  if (code == FindingCode::kEncrypted) outer_.add(FindingCode::kLockedAttachment, spot_);
  // What is left is about the state of the inner file, which nobody stores or serves.
}

void WatchedFindings::add(FindingCode code, const Spot& spot) {
  outer_.add(code, spot);
  const bool is_active = code >= FindingCode::kJavaScript && code <= FindingCode::kLockedAttachment;
  const bool is_attack = code == FindingCode::kKnownExploit || code == FindingCode::kExternalEntity ||
                         code == FindingCode::kExternalStream || code == FindingCode::kEicar;
  acts_ = acts_ || is_attack || (is_active && code != FindingCode::kUri);
  reaches_a_share_ = reaches_a_share_ || code == FindingCode::kUncPath;
}

void WatchedFindings::begin() {
  acts_ = false;
  reaches_a_share_ = false;
}

}  // namespace lazaret::sandbox
