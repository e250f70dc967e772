#include "sandbox/pdf_xml.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/pdf_targets.h"
#include "sandbox/xml_reader.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

// What another parser would make of text that expat does not get through.
bool declares_outside(std::string_view text) {
  const std::size_t declaration = std::min(text.find("<!DOCTYPE"), text.find("<!ENTITY"));
  if (declaration == std::string_view::npos) return false;
  const std::string_view rest = text.substr(declaration, 4096);
  return rest.find("SYSTEM") != std::string_view::npos || rest.find("PUBLIC") != std::string_view::npos;
}

void judge_entities(const XmlTraits& traits, std::string_view text, FindingSink& findings, const Spot& spot) {
  const bool is_hidden = traits.broken != kNowhere && declares_outside(text);
  if (traits.external_entity != kNowhere || is_hidden) findings.add(FindingCode::kExternalEntity, spot);
  if (traits.entity_expansion != kNowhere) findings.add(FindingCode::kEntityExpansion, spot);
  if (traits.too_deep != kNowhere) findings.add(FindingCode::kTooDeep, spot);
}

bool holds(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// A value that names a share: ="\\\\host or ='\\\\host.
bool has_share_value(std::string_view text) {
  for (std::size_t at = text.find("=\""); at != std::string_view::npos; at = text.find("=\"", at + 1)) {
    if (text.substr(at + 2, 2) == "\\\\") return true;
  }
  for (std::size_t at = text.find("='"); at != std::string_view::npos; at = text.find("='", at + 1)) {
    if (text.substr(at + 2, 2) == "\\\\") return true;
  }
  return false;
}

}  // namespace

void judge_xfa(std::string_view text, FindingSink& findings, const Spot& spot) {
  if (text.empty()) return;
  const XmlTraits traits = read_xml(FileReader(text), nullptr);
  judge_entities(traits, text, findings, spot);
  if (traits.script != kNowhere || holds(text, "<script")) findings.add(FindingCode::kJavaScript, spot);
  if (holds(text, "<submit")) findings.add(FindingCode::kSubmitForm, spot);
  // Style sheets and pictures are fetched when the form is shown.
  if (traits.share_link != kNowhere || has_share_value(text)) findings.add(FindingCode::kAutoRunUnc, spot);
  if (traits.remote_stylesheet != kNowhere) findings.add(FindingCode::kAutoRunUri, spot);
  if (traits.dangerous_link != kNowhere) findings.add(FindingCode::kDangerousUri, spot);
}

void judge_xmp(std::string_view text, FindingSink& findings, const Spot& spot) {
  if (text.empty()) return;
  judge_entities(read_xml(FileReader(text), nullptr), text, findings, spot);
}

}  // namespace lazaret::sandbox
