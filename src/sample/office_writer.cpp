#include "sample/office_writer.h"

#include <utility>

#include <fmt/format.h>

#include "sample/zip_writer.h"

namespace lazaret::sample {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kPackageRelations = "http://schemas.openxmlformats.org/package/2006/relationships";
constexpr std::string_view kTypes = "application/vnd.openxmlformats-officedocument.";

std::string relationships(std::string_view list) {
  return fmt::format("{}<Relationships xmlns=\"{}\">{}</Relationships>", kDeclaration, kPackageRelations, list);
}

std::string relationship(std::string_view id, const OfficeWriter::Relationship& row) {
  return fmt::format("<Relationship Id=\"{}\" Type=\"{}/{}\" Target=\"{}\"{}/>", id, kRelations, row.kind,
                     escaped_for_xml(row.target), row.is_external ? " TargetMode=\"External\"" : "");
}

std::string override_of(std::string_view part, std::string_view type) {
  return fmt::format("<Override PartName=\"/{}\" ContentType=\"{}\"/>", part, type);
}

}  // namespace

std::string escaped_for_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string OfficeWriter::add_relationship(const Relationship& row) {
  std::string id = fmt::format("rId{}", ++relationship_count_);
  relationships_ += relationship(id, row);
  return id;
}

void OfficeWriter::add_content_type(std::string_view part, std::string_view type) {
  overrides_ += override_of(part, type);
}

std::vector<OfficeWriter::Part> OfficeWriter::parts() const {
  const bool is_document = kind_ == OfficeKind::kDocument;
  const std::string main = is_document ? "word/document.xml" : "xl/workbook.xml";
  std::string overrides = override_of(
      main, fmt::format("{}{}.main+xml", kTypes, is_document ? "wordprocessingml.document" : "spreadsheetml.sheet"));
  if (!is_document)
    overrides += override_of("xl/worksheets/sheet1.xml", fmt::format("{}spreadsheetml.worksheet+xml", kTypes));
  std::vector<Part> all;
  all.push_back({"[Content_Types].xml",
                 fmt::format("{}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
                             "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package."
                             "relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
                             "<Default Extension=\"jpeg\" ContentType=\"image/jpeg\"/>{}{}</Types>",
                             kDeclaration, overrides, overrides_)});
  all.push_back({"_rels/.rels", relationships(relationship("rId1", {"officeDocument", main}))});
  if (is_document) {
    all.push_back({main, fmt::format("{}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/"
                                     "main\" xmlns:r=\"{}\"><w:body>{}</w:body></w:document>",
                                     kDeclaration, kRelations, body_)});
    all.push_back({"word/_rels/document.xml.rels", relationships(relationships_)});
  } else {
    constexpr std::string_view kSheets = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    all.push_back({main, fmt::format("{}<workbook xmlns=\"{}\" xmlns:r=\"{}\"><sheets><sheet name=\"Results\" "
                                     "sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
                                     kDeclaration, kSheets, kRelations)});
    all.push_back(
        {"xl/_rels/workbook.xml.rels", relationships(relationship("rId1", {"worksheet", "worksheets/sheet1.xml"}))});
    all.push_back(
        {"xl/worksheets/sheet1.xml",
         fmt::format("{}<worksheet xmlns=\"{}\"><sheetData>{}</sheetData></worksheet>", kDeclaration, kSheets, body_)});
    all.push_back({"xl/worksheets/_rels/sheet1.xml.rels", relationships(relationships_)});
  }
  all.insert(all.end(), parts_.begin(), parts_.end());
  return all;
}

std::string OfficeWriter::finish() const {
  ZipWriter zip;
  for (const Part& part : parts())
    zip.add(part.name, part.bytes, part.is_stored ? ZipWriter::Method::kStored : ZipWriter::Method::kDeflated);
  return zip.finish();
}

std::string make_docx(const std::vector<std::string>& paragraphs, const std::vector<std::string>& jpegs) {
  OfficeWriter writer(OfficeKind::kDocument);
  std::string body;
  for (const std::string& paragraph : paragraphs)
    body += "<w:p><w:r><w:t>" + escaped_for_xml(paragraph) + "</w:t></w:r></w:p>";
  for (std::size_t i = 0; i < jpegs.size(); ++i) {
    const std::string name = fmt::format("media/image{}.jpeg", i + 1);
    const std::string id = writer.add_relationship({"image", name});
    body += fmt::format(
        "<w:p><w:r><w:pict><v:shape xmlns:v=\"urn:schemas-microsoft-com:vml\" style=\"width:450pt;"
        "height:640pt\"><v:imagedata r:id=\"{}\"/></v:shape></w:pict></w:r></w:p>",
        id);
    writer.add_part({"word/" + name, jpegs[i], true});
  }
  writer.set_body(body + "<w:sectPr/>");
  return writer.finish();
}

std::string make_xlsx(const std::vector<std::vector<std::string>>& rows) {
  OfficeWriter writer(OfficeKind::kWorkbook);
  std::string body;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    body += fmt::format("<row r=\"{}\">", i + 1);
    for (const std::string& cell : rows[i])
      body += "<c t=\"inlineStr\"><is><t>" + escaped_for_xml(cell) + "</t></is></c>";
    body += "</row>";
  }
  writer.set_body(std::move(body));
  return writer.finish();
}

}  // namespace lazaret::sample
