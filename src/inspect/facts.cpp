#include "inspect/facts.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lazaret::inspect {
namespace {

using enum FactCode;
constexpr auto kNumber = FactKind::kNumber;
constexpr auto kWord = FactKind::kWord;

constexpr std::array<FactRow, std::to_underlying(kCount)> kTable{{
    {kWidth, "width", kNumber, "pixels, of an image or of each DICOM frame"},
    {kHeight, "height", kNumber, "pixels"},
    {kBitDepth, "bit_depth", kNumber, "bits of one sample"},
    {kChannels, "channels", kNumber, "samples of one pixel"},
    {kFrames, "frames", kNumber, "DICOM frames, pages of a TIFF"},
    {kModality, "modality", kWord, "DICOM (0008,0060): `CT`, `MR`, `US`, ..."},
    {kTransferSyntax, "transfer_syntax", kWord, "DICOM: the UID of how the data set is written"},
    {kSopClass, "sop_class", kWord, "DICOM: the UID of what kind of object it is"},
    {kFormat, "format", kWord, "`cda` or `fhir`, where an XML or JSON file is one"},
    {kResourceType, "resource_type", kWord, "FHIR: `Bundle`, `Observation`, ..."},
    {kEncoding, "encoding", kWord, "of text: `us-ascii`, `utf-8`, `utf-16le`, `utf-16be`, or `8-bit` for another"},
    {kLines, "lines", kNumber, "of text"},
    {kColumns, "columns", kNumber, "fields of a table's first record"},
    {kAttachments, "attachments", kNumber, "files held inside as base64"},
    {kParts, "parts", kNumber, "files in the archive of an office document"},
}};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (std::to_underlying(kTable[i].code) != i || kTable[i].name.empty()) return false;
  }
  return true;
}
static_assert(rows_are_in_order(), "a row is missing or out of order");

}  // namespace

std::span<const FactRow> fact_table() {
  return kTable;
}

const FactRow& fact_row(FactCode code) {
  return kTable.at(std::to_underlying(code));
}

bool is_fact_word(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() <= kLongestWord && std::ranges::all_of(text, is_allowed);
}

void FactList::set(FactCode code, std::uint64_t number) {
  if (number <= static_cast<std::uint64_t>(kMostNumber)) put({code, static_cast<std::int64_t>(number), {}});
}

void FactList::set(FactCode code, std::string_view word) {
  if (is_fact_word(word)) put({code, 0, std::string(word)});
}

void FactList::put(Fact fact) {
  const auto place = std::ranges::find(facts_, fact.code, &Fact::code);
  if (place == facts_.end()) {
    facts_.push_back(std::move(fact));
  } else {
    *place = std::move(fact);
  }
}

std::string fact_table_markdown() {
  std::string text = "| member | | |\n|---|---|---|\n";
  for (const FactRow& row : kTable) {
    text.append("| `").append(row.name).append("` | ").append(row.kind == kNumber ? "number" : "word");
    text.append(" | ").append(row.meaning).append(" |\n");
  }
  return text;
}

}  // namespace lazaret::inspect
