// OfficeXml: what the XML parts of an office document would make its program do: relationships that lead outside, the
// content types that say what the document is, fields of text and formulas of sheets, connections to data. Judges one
// part after the other, whatever the name it stands under. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/finding_sink.h"
#include "sandbox/types/xml_reader.h"

namespace lazaret::sandbox {

class OfficeXml final : public XmlListener {
 public:
  explicit OfficeXml(FindingSink& findings) : findings_(findings) {}

  void begin_part(const Spot& spot);
  void end_part();
  bool is_text_document() const { return is_text_document_; }
  bool is_workbook() const { return is_workbook_; }

  void begin_element(std::string_view name, const XmlAttributes& attributes) override;
  void text(std::string_view text) override;
  void end_element(std::string_view name) override;

 private:
  enum class Taken { kNothing, kField, kFormula };

  void take_content_type(std::string_view type);
  void take_field_mark(std::string_view kind);
  void end_field();
  void add(inspect::FindingCode code) { findings_.add(code, spot_); }

  FindingSink& findings_;
  Spot spot_;
  Taken taken_ = Taken::kNothing;
  std::string formula_;
  std::vector<std::string> fields_;  // the instructions of open fields, the innermost last
  bool is_text_document_ = false;
  bool is_workbook_ = false;
};

}  // namespace lazaret::sandbox
