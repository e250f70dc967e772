#include "inspect/facts.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lazaret::inspect {
namespace {

using enum FactCode;
constexpr auto kNumber = FactKind::kNumber;
constexpr auto kWord = FactKind::kWord;
constexpr auto kText = FactKind::kText;
constexpr auto kFlag = FactKind::kFlag;

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
    {kAttachments, "attachments", kNumber, "files attached to it or held inside as base64"},
    {kParts, "parts", kNumber, "files in the archive of an office document"},
    {kAttachmentTypes, "attachment_types", kText, "the extensions of a PDF's attachments, where they are common ones"},
    {kProducer, "producer", kText, "the program that wrote a PDF"},
    {kCreationDate, "creation_date", kText, "of a PDF, as it says itself"},
    {kLanguage, "language", kWord, "of a PDF, as it says itself: `en-SG`"},
    {kPageSizes, "page_sizes", kText, "in points, the most frequent first: `595x842, 842x595`"},
    {kSigned, "signed", kFlag, "whether a PDF holds a signature; it is not verified"},
    {kTagged, "tagged", kFlag, "whether a PDF says that its structure is tagged"},
}};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (std::to_underlying(kTable[i].code) != i || kTable[i].name.empty()) return false;
  }
  return true;
}
static_assert(rows_are_in_order(), "a row is missing or out of order");

bool is_of_words(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

std::string_view name_of(FactKind kind) {
  switch (kind) {
    case kNumber:
      return "number";
    case kWord:
      return "word";
    case kText:
      return "text";
    case kFlag:
      return "true or false";
  }
  return "";
}

}  // namespace

std::span<const FactRow> fact_table() {
  return kTable;
}

const FactRow& fact_row(FactCode code) {
  return kTable.at(std::to_underlying(code));
}

bool is_fact_word(std::string_view text) {
  return !text.empty() && text.size() <= kLongestWord && std::ranges::all_of(text, is_of_words);
}

bool is_fact_text(std::string_view text) {
  static constexpr std::string_view kMarks = " ,()/+:;@";
  const auto is_allowed = [](char c) { return is_of_words(c) || kMarks.contains(c); };
  return !text.empty() && text.size() <= kLongestText && std::ranges::all_of(text, is_allowed);
}

void FactList::set(FactCode code, std::uint64_t number) {
  const std::uint64_t most = fact_row(code).kind == kFlag ? 1 : static_cast<std::uint64_t>(kMostNumber);
  if (number <= most) put({code, static_cast<std::int64_t>(number), {}});
}

void FactList::set(FactCode code, std::string_view word) {
  const bool is_allowed = fact_row(code).kind == kText ? is_fact_text(word) : is_fact_word(word);
  if (is_allowed) put({code, 0, std::string(word)});
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
    text.append("| `").append(row.name).append("` | ").append(name_of(row.kind));
    text.append(" | ").append(row.meaning).append(" |\n");
  }
  return text;
}

}  // namespace lazaret::inspect
