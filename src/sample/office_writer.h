// Office documents in memory, with as few parts as the programs take: a text with pictures, and a workbook of one
// sheet. OfficeWriter adds parts and relationships of any kind, for tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::sample {

std::string escaped_for_xml(std::string_view text);

enum class OfficeKind : std::uint8_t { kDocument, kWorkbook };

class OfficeWriter {
 public:
  struct Part {
    std::string name;
    std::string bytes;
    bool is_stored = false;  // as pictures are, which do not shrink
  };
  struct Relationship {
    std::string kind;  // the last word of its type: "hyperlink"
    std::string target;
    bool is_external = false;
  };

  explicit OfficeWriter(OfficeKind kind) : kind_(kind) {}

  // What stands in the body of the document, or in the data of the sheet.
  void set_body(std::string xml) { body_ = std::move(xml); }
  // Of the document, or of the sheet. Answers its id.
  std::string add_relationship(const Relationship& row);
  void add_part(Part part) { parts_.push_back(std::move(part)); }
  // An override in the list of content types.
  void add_content_type(std::string_view part, std::string_view type);
  // In the order in which they are written.
  std::vector<Part> parts() const;
  std::string finish() const;

 private:
  OfficeKind kind_;
  std::string body_;
  std::string overrides_;
  std::string relationships_;
  std::size_t relationship_count_ = 0;
  std::vector<Part> parts_;
};

std::string make_docx(const std::vector<std::string>& paragraphs, const std::vector<std::string>& jpegs);
std::string make_xlsx(const std::vector<std::vector<std::string>>& rows);

}  // namespace lazaret::sample
