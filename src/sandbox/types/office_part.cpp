#include "sandbox/types/office_part.h"

#include <algorithm>

#include <isa-l/crc.h>

#include "base/ascii.h"
#include "sandbox/types/compound_file.h"
#include "sandbox/types/text_reader.h"
#include "sandbox/types/type_check.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 20U;  // that XML may unpack to from however few
constexpr std::uint64_t kMostRatio = 400;                      // of XML; a sheet of equal cells comes to 200

bool begins_like_xml(std::string_view head) {
  const std::string text = narrow_text(head.substr(0, 128));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text.substr(first).starts_with("<?xml");
}

PartKind kind_of_part(std::string_view name, std::string_view head) {
  const std::string lower = ascii_lowered(name);
  if (lower.ends_with(".vml")) return PartKind::kDrawing;
  const bool is_named_xml = lower.ends_with(".xml") || lower.ends_with(".rels") || lower.ends_with(".svg");
  if (is_named_xml || begins_like_xml(head)) return PartKind::kXml;
  if (begins_like_compound(head)) return PartKind::kCompound;
  if (head.starts_with("PK\x03\x04")) return PartKind::kArchive;
  return head.starts_with("{\\rt") ? PartKind::kRichText : PartKind::kOther;
}

}  // namespace

void OfficePart::begin(std::string_view head) {
  kind_ = kind_of_part(entry_.name, head);
  tools_.search.begin(spot_);
  const bool is_file = kind_ == PartKind::kCompound || kind_ == PartKind::kArchive || find_pdf_header(head);
  most_held_ = is_file ? kMostNestedBytes : kHeadBytes;
  // Drawings of old programs are not well-formed; what of them can be read is looked at.
  if (kind_ != PartKind::kXml && kind_ != PartKind::kDrawing) return;
  reader_.emplace(nullptr, &xml_);
  xml_.begin_part(spot_);
}

bool OfficePart::write(const char* bytes, std::size_t length) {
  const std::string_view piece(bytes, length);
  if (made_ == 0) begin(piece);
  made_ += length;
  const bool is_steep = reader_ && made_ > kFreeBytes && made_ / kMostRatio > entry_.packed;
  bursts_ = bursts_ || made_ > most_ || is_steep;
  if (bursts_ || made_ > entry_.unpacked) return false;
  sum_ = crc32_gzip_refl(sum_, reinterpret_cast<const unsigned char*>(bytes), length);
  tools_.search.feed(piece);
  if (reader_) {
    reader_->feed(piece);
  } else {
    held_.append(piece.substr(0, most_held_ - std::min(most_held_, held_.size())));
  }
  return true;
}

// Links stand in relationships; what else looks like one is a name.
void OfficePart::tell_xml() {
  const XmlTraits traits = reader_->finish();
  xml_.end_part();
  const auto tell = [this](std::int64_t place, FindingCode code) {
    if (place != kNowhere) tools_.findings.add(code, spot_);
  };
  if (kind_ == PartKind::kXml) tell(traits.broken, FindingCode::kUnreadable);
  tell(traits.too_deep, FindingCode::kTooDeep);
  tell(traits.external_entity, FindingCode::kExternalEntity);
  tell(traits.entity_expansion, FindingCode::kEntityExpansion);
  tell(traits.internal_entity, FindingCode::kInternalEntity);
  tell(traits.script, FindingCode::kEmbeddedScript);
  const bool is_page = is_markup(traits) && traits.root != "svg";
  // A picture may name the DTD of its kind, which nobody fetches.
  if (!is_markup(traits)) tell(traits.external_dtd, FindingCode::kExternalEntity);
  if (is_page) tools_.findings.add(FindingCode::kMarkupAttachment, spot_);
}

void OfficePart::finish(bool is_whole) {
  if (reader_) tell_xml();
  if (bursts_) return tools_.findings.add(FindingCode::kInflatesTooFar, spot_);
  if (made_ > entry_.unpacked) return tools_.findings.add(FindingCode::kArchiveMismatch, spot_);
  if (!is_whole) return tools_.findings.add(FindingCode::kUnreadable, spot_);
  const bool is_as_stated = made_ == entry_.unpacked && sum_ == entry_.sum;
  if (!is_as_stated) tools_.findings.add(FindingCode::kArchiveMismatch, spot_);
}

}  // namespace lazaret::sandbox
