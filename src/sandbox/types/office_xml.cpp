#include "sandbox/types/office_xml.h"

#include <algorithm>

#include "base/ascii.h"
#include "sandbox/types/office_targets.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kMostFields = 64;            // open at a time
constexpr std::size_t kLongestInstruction = 4096;  // what is longer is no instruction of a person's
constexpr std::size_t kLongestFormula = 8192;      // as long as they can be

bool is_formula(std::string_view name) {
  return name == "f" || name == "formula" || name == "formula1" || name == "formula2" || name == "definedName" ||
         name == "calculatedColumnFormula" || name == "totalsRowFormula";
}

void append(std::string& text, std::string_view more, std::size_t most) {
  text.append(more.substr(0, most - std::min(most, text.size())));
}

bool is_true(std::string_view value) {
  return value == "1" || value == "true" || value == "on";
}

}  // namespace

void OfficeXml::begin_part(const Spot& spot) {
  spot_ = spot;
  taken_ = Taken::kNothing;
  formula_.clear();
  fields_.clear();
}

void OfficeXml::end_part() {
  while (!fields_.empty())
    end_field();
}

// The main part tells the kind of the document, and any part that it has macros.
void OfficeXml::take_content_type(std::string_view type) {
  const std::string text = ascii_lowered(type.substr(0, 256));
  if (text.contains("macroenabled") || text.contains("vbaproject") || text.contains("macrosheet") ||
      text.contains("activex")) {
    add(FindingCode::kMacros);
  }
  is_text_document_ = is_text_document_ || text.contains("wordprocessingml.document.main+xml") ||
                      text.contains("ms-word.document.macroenabled.main+xml");
  is_workbook_ = is_workbook_ || text.contains("spreadsheetml.sheet.main+xml") ||
                 text.contains("ms-excel.sheet.macroenabled.main+xml");
}

void OfficeXml::take_field_mark(std::string_view kind) {
  if (kind == "begin" && fields_.size() < kMostFields) fields_.emplace_back();
  if (kind == "end" && !fields_.empty()) end_field();
}

// What a field spells stands in the instruction of the one around it.
void OfficeXml::end_field() {
  const std::string instruction = std::move(fields_.back());
  fields_.pop_back();
  judge_field(instruction, findings_, spot_);
  if (!fields_.empty()) append(fields_.back(), quoted_numbers(instruction), kLongestInstruction);
}

void OfficeXml::begin_element(std::string_view name, const XmlAttributes& attributes) {
  if (name == "Relationship") {
    const std::string_view type = attributes.value_of("Type");
    if (brings_code(type)) add(FindingCode::kMacros);
    if (ascii_lowered(attributes.value_of("TargetMode")) == "external")
      judge_relationship(type, attributes.value_of("Target"), findings_, spot_);
  } else if (name == "Override" || name == "Default") {
    take_content_type(attributes.value_of("ContentType"));
  } else if (name == "fldChar") {
    take_field_mark(attributes.value_of("fldCharType"));
  } else if (name == "fldSimple") {
    judge_field(attributes.value_of("instr").substr(0, kLongestInstruction), findings_, spot_);
  } else if (name == "instrText" || name == "delInstrText") {
    taken_ = Taken::kField;
    if (fields_.empty()) fields_.emplace_back();
  } else if (is_formula(name)) {
    taken_ = Taken::kFormula;
    formula_.clear();
    if (name == "definedName" && runs_by_itself(attributes.value_of("name"))) add(FindingCode::kMacros);
  } else if (name == "ddeLink") {
    add(FindingCode::kDde);
  } else if (name == "connection" && is_true(attributes.value_of("refreshOnLoad"))) {
    add(FindingCode::kAutoRunUri);
  } else if (name == "webPr" && !attributes.value_of("url").empty()) {
    judge_source(attributes.value_of("url"), Asking::kFirst, findings_, spot_);
  }
}

void OfficeXml::text(std::string_view text) {
  if (taken_ == Taken::kField && !fields_.empty()) append(fields_.back(), text, kLongestInstruction);
  if (taken_ == Taken::kFormula) append(formula_, text, kLongestFormula);
}

void OfficeXml::end_element(std::string_view name) {
  if (taken_ == Taken::kFormula && is_formula(name)) judge_formula(formula_, findings_, spot_);
  if (taken_ == Taken::kFormula ? is_formula(name) : name == "instrText" || name == "delInstrText")
    taken_ = Taken::kNothing;
}

}  // namespace lazaret::sandbox
