#include "sandbox/pdf/xml.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/targets.h"
#include "sandbox/types/xml_reader.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kHead = 4096;  // of an attached file, to tell whether it is XML and what it declares

// What another parser would make of text that expat does not get through.
bool declares_outside(std::string_view text) {
  const std::size_t declaration = std::min(text.find("<!DOCTYPE"), text.find("<!ENTITY"));
  if (declaration == std::string_view::npos) return false;
  const std::string_view rest = text.substr(declaration, 4096);
  return rest.find("SYSTEM") != std::string_view::npos || rest.find("PUBLIC") != std::string_view::npos;
}

void judge_entities(const XmlTraits& traits, std::string_view text, FindingSink& findings, const Spot& spot) {
  const bool is_hidden = traits.broken != kNowhere && declares_outside(text);
  if (traits.external_dtd != kNowhere || traits.external_entity != kNowhere || is_hidden)
    findings.add(FindingCode::kExternalEntity, spot);
  if (traits.entity_expansion != kNowhere) findings.add(FindingCode::kEntityExpansion, spot);
  if (traits.too_deep != kNowhere) findings.add(FindingCode::kTooDeep, spot);
}

// A tag, a declaration or a comment at the beginning, whatever the width of its characters.
bool begins_like_xml(std::string_view head) {
  std::string text;
  for (const char c : head) {
    const bool is_mark = text.empty() && static_cast<unsigned char>(c) >= 0x80;
    const bool is_space = text.empty() && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
    if (c != '\0' && !is_mark && !is_space) text.push_back(c);
    if (text.size() == 2) break;
  }
  if (text.size() < 2 || text[0] != '<') return false;
  const auto letter = static_cast<unsigned char>(text[1] | 0x20);
  return text[1] == '?' || text[1] == '!' || text[1] == '_' || (letter >= 'a' && letter <= 'z');
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

void AttachedXml::feed(std::string_view bytes) {
  if (!is_decided_) {
    const std::size_t taken = std::min(bytes.size(), kHead - head_.size());
    head_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (head_.size() < kHead) return;
    begin();
  }
  if (reader_ != nullptr) reader_->feed(bytes);
}

// HTML is no XML, and is judged as what it is; with a declaration of XML it is both.
void AttachedXml::begin() {
  is_decided_ = true;
  const bool is_html = kind_of_bytes(head_) == FileKind::kMarkup && head_.find("<?xml") == std::string::npos;
  if (!begins_like_xml(head_) || is_html) return;
  reader_ = std::make_unique<XmlReader>(nullptr);
  reader_->feed(head_);
}

FileKind AttachedXml::judge(FindingSink& findings, const Spot& spot) {
  if (!is_decided_) begin();
  if (reader_ == nullptr) return FileKind::kOrdinary;
  XmlTraits traits = reader_->finish();
  // Pages and pictures name the DTD of their kind, which nobody fetches.
  if (is_markup(traits)) traits.external_dtd = kNowhere;
  judge_entities(traits, head_, findings, spot);
  return is_markup(traits) ? FileKind::kMarkup : FileKind::kOrdinary;
}

}  // namespace lazaret::sandbox
