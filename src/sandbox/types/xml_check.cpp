#include "sandbox/types/xml_check.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/types/base64_look.h"
#include "sandbox/types/xml_reader.h"

namespace lazaret::sandbox {
namespace {

using inspect::FactCode;
using inspect::FindingCode;

class Files final : public XmlFileListener {
 public:
  explicit Files(const CheckTools& tools) : look_(tools.search, tools.nested) {}
  void begin_file(std::uint64_t offset) override { look_.begin(at_offset(offset)); }
  void file_part(std::string_view base64) override { look_.feed(base64); }
  void end_file() override { look_.end(); }
  std::uint64_t count() const { return look_.files(); }

 private:
  Base64Look look_;
};

void tell_findings(const XmlTraits& traits, FindingSink& findings) {
  struct Row {
    std::int64_t XmlTraits::* place;
    FindingCode code;
  };
  static constexpr auto kRows = std::to_array<Row>({
      {&XmlTraits::broken, FindingCode::kUnreadable},
      {&XmlTraits::too_deep, FindingCode::kTooDeep},
      {&XmlTraits::external_dtd, FindingCode::kExternalEntity},
      {&XmlTraits::external_entity, FindingCode::kExternalEntity},
      {&XmlTraits::internal_entity, FindingCode::kInternalEntity},
      {&XmlTraits::entity_expansion, FindingCode::kEntityExpansion},
      {&XmlTraits::script, FindingCode::kEmbeddedScript},
      {&XmlTraits::dangerous_link, FindingCode::kDangerousUri},
      {&XmlTraits::share_link, FindingCode::kUncPath},
      {&XmlTraits::remote_stylesheet, FindingCode::kExternalStylesheet},
  });
  for (const Row& row : kRows) {
    const std::int64_t place = traits.*row.place;
    if (place != kNowhere) findings.add(row.code, at_offset(static_cast<std::uint64_t>(place)));
  }
}

}  // namespace

void check_xml(const CheckTools& tools) {
  Files files(tools);
  const XmlTraits traits = read_xml(tools.file, &files);
  tell_findings(traits, tools.findings);
  // Pages and pictures are not what .xml is taken for here.
  if (is_markup(traits)) tools.findings.add(FindingCode::kTypeMismatch, at_offset(0));
  if (traits.root == "ClinicalDocument") tools.facts.set(FactCode::kFormat, "cda");
  if (traits.root_namespace == "http://hl7.org/fhir") {
    tools.facts.set(FactCode::kFormat, "fhir");
    tools.facts.set(FactCode::kResourceType, traits.root);
  }
  if (files.count() != 0) tools.facts.set(FactCode::kAttachments, files.count());
}

}  // namespace lazaret::sandbox
