#include "sample/other_types.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sample/dicom_writer.h"
#include "sample/office_writer.h"
#include "sample/pdf_writer.h"
#include "sample/png_writer.h"
#include "sample/scan_image.h"
#include "sample/seeded_random.h"
#include "sample/tiff_writer.h"

namespace lazaret::sample {
namespace {

constexpr int kRowWidth = 1240;  // of a picture, as an A4 page at 150 dpi
constexpr std::uint64_t kSmallestScan = 1'000;
constexpr std::uint64_t kLargestScan = 1'000'000;
constexpr std::uint64_t kLeastForScan = 200;  // what one more part takes
constexpr std::uint64_t kRowBytes = 14;       // of a workbook, deflated, about
constexpr std::string_view kSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";

// Results of one visit after the other until `size` bytes are full.
class Visits {
 public:
  explicit Visits(const Recipe& recipe) : recipe_(recipe), random_(recipe.seed) {}
  Wording next(Form form) { return make_wording(form, recipe_.language, random_); }
  // Whether there is room for more beside what stands at the end.
  bool go_on(const std::string& text, std::size_t one, std::size_t end) const {
    return text.size() + one + end <= recipe_.size_bytes;
  }

 private:
  const Recipe& recipe_;
  SeededRandom random_;
};

std::string make_text(const Recipe& recipe) {
  Visits visits(recipe);
  std::string text;
  for (;;) {
    const Wording wording = visits.next(recipe.form);
    std::string letter = wording.facility + "\n" + wording.title + "\n\n";
    for (const auto& [label, value] : wording.fields)
      letter.append(label).append(": ").append(value).append("\n");
    for (const std::string& paragraph : wording.paragraphs)
      letter += "\n" + paragraph + "\n";
    letter += "\n" + wording.notice + "\n\n";
    if (!text.empty() && !visits.go_on(text, letter.size(), 0)) return text;
    text += letter;
  }
}

std::string make_csv(const Recipe& recipe) {
  Visits visits(recipe);
  std::string text = "record,date,test,result,unit,range\r\n";
  for (;;) {
    const Wording wording = visits.next(Form::kLabResult);
    for (std::size_t i = 1; i < wording.table.size(); ++i) {
      const auto& row = wording.table[i];
      const std::string line = fmt::format("{},{},\"{}\",{},{},{}\r\n", wording.fields[1][1], wording.fields[3][1],
                                           row[0], row[1], row[2], row[3]);
      if (i > 1 && !visits.go_on(text, line.size(), 0)) return text;
      text += line;
    }
    if (!visits.go_on(text, 0, 0)) return text;
  }
}

// A FHIR bundle of observations.
std::string make_json(const Recipe& recipe) {
  constexpr std::string_view kEnd = "\n]}\n";
  Visits visits(recipe);
  std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
  for (bool is_first = true;;) {
    const Wording wording = visits.next(Form::kLabResult);
    for (std::size_t i = 1; i < wording.table.size(); ++i) {
      const auto& row = wording.table[i];
      const std::string entry = fmt::format(
          R"({}{}{{"resource":{{"resourceType":"Observation","status":"final","subject":{{"identifier":{{"value":"{}"}}}},)"
          R"("code":{{"text":"{}"}},"valueQuantity":{{"value":{},"unit":"{}"}}}}}})",
          is_first ? "" : ",", "\n", wording.fields[1][1], row[0], row[1], row[2]);
      if (!is_first && !visits.go_on(text, entry.size(), kEnd.size())) return text.append(kEnd);
      text += entry;
      is_first = false;
    }
  }
}

std::string section_of(const Wording& wording) {
  std::string section = "<component><section><title>" + escaped_for_xml(wording.title) + "</title><text><table>\n";
  for (const auto& row : wording.table) {
    section += "<tr>";
    for (const std::string& cell : row)
      section += "<td>" + escaped_for_xml(cell) + "</td>";
    section += "</tr>\n";
  }
  section += "</table>";
  for (const std::string& paragraph : wording.paragraphs)
    section += "<paragraph>" + escaped_for_xml(paragraph) + "</paragraph>";
  return section + "</text></section></component>\n";
}

// A CDA document with its style sheet, as it is sent.
std::string make_xml(const Recipe& recipe) {
  constexpr std::string_view kEnd = "</structuredBody></component></ClinicalDocument>\n";
  Visits visits(recipe);
  const Wording first = visits.next(recipe.form);
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"CDA.xsl\"?>\n"
      "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\n<typeId root=\"2.16.840.1.113883.1.3\" "
      "extension=\"POCD_HD000040\"/>\n<title>" +
      escaped_for_xml(first.title) + "</title>\n<recordTarget><patientRole><id extension=\"" + first.fields[1][1] +
      "\"/></patientRole></recordTarget>\n<component><structuredBody>\n" + section_of(first);
  for (std::string section = section_of(visits.next(recipe.form)); visits.go_on(text, section.size(), kEnd.size());
       section = section_of(visits.next(recipe.form))) {
    text += section;
  }
  return text.append(kEnd);
}

std::string make_jpeg(const Recipe& recipe) {
  SeededRandom random(recipe.seed);
  return make_scan_jpeg(recipe.size_bytes, random).data;
}

// Rows shrink to a little less than half.
std::string make_picture(const Recipe& recipe, std::string (*make)(unsigned, unsigned, std::string_view)) {
  SeededRandom random(recipe.seed);
  const auto packed = std::max<std::uint64_t>(1, deflate(make_scan_rows(kRowWidth, 32, random), 6).size());
  const auto rows = static_cast<int>(std::clamp<std::uint64_t>(recipe.size_bytes * 31 / packed, 8, 200'000));
  return make(kRowWidth, static_cast<unsigned>(rows), make_scan_rows(kRowWidth, rows, random));
}

std::string make_dicom(const Recipe& recipe) {
  constexpr std::uint64_t kHead = 1024;  // preamble, meta header and elements before the picture
  constexpr std::uint64_t kTallest = 65'000;
  SeededRandom random(recipe.seed);
  const std::uint64_t size = std::max(recipe.size_bytes, kHead) - kHead;
  const auto rows = static_cast<int>(std::clamp<std::uint64_t>(size / kRowWidth, 2, kTallest));
  DicomWriter file(kSecondaryCapture, fmt::format("1.2.826.0.1.3680043.10.1.{}", random.below(1'000'000)));
  file.add(0x00080060, "CS", "OT");
  file.add(0x00100010, "PN", "SAMPLE^INVENTED");
  file.add(0x00100020, "LO", fmt::format("SAMPLE-{:06}", random.below(1'000'000)));
  file.add_number(0x00280002, 1);
  file.add(0x00280004, "CS", "MONOCHROME2");
  file.add_number(0x00280010, static_cast<std::uint16_t>(rows));
  file.add_number(0x00280011, static_cast<std::uint16_t>(kRowWidth));
  file.add_number(0x00280100, 8);
  file.add_number(0x00280101, 8);
  file.add_number(0x00280102, 7);
  file.add_number(0x00280103, 0);
  file.add(0x7FE00010, "OW", make_scan_rows(kRowWidth, rows, random));
  return file.finish();
}

// Two pages' worth of text, and scans of pages for what is short of the size.
std::string make_letter(const Recipe& recipe) {
  constexpr std::uint64_t kFrame = 4'000;  // what the parts and the text come to
  SeededRandom random(recipe.seed);
  const Wording wording = make_wording(recipe.form, recipe.language, random);
  std::vector<std::string> lines{wording.facility, wording.title};
  for (const auto& [label, value] : wording.fields)
    lines.push_back(fmt::format("{}: {}", label, value));
  lines.insert(lines.end(), wording.paragraphs.begin(), wording.paragraphs.end());
  lines.push_back(wording.notice);
  std::vector<std::string> scans;
  for (std::uint64_t left = recipe.size_bytes - std::min(recipe.size_bytes, kFrame); left > kSmallestScan;) {
    scans.push_back(make_scan_jpeg(std::min(left, kLargestScan), random).data);
    left -= std::min<std::uint64_t>(left, scans.back().size() + kLeastForScan);
  }
  return make_docx(lines, scans);
}

std::vector<std::vector<std::string>> result_rows(const Recipe& recipe, std::uint64_t count) {
  Visits visits(recipe);
  std::vector<std::vector<std::string>> rows{{"record", "date", "test", "result", "unit", "range"}};
  while (rows.size() < count) {
    const Wording wording = visits.next(Form::kLabResult);
    for (std::size_t i = 1; i < wording.table.size() && rows.size() < count; ++i) {
      std::vector<std::string> row{wording.fields[1][1], wording.fields[3][1]};
      row.insert(row.end(), wording.table[i].begin(), wording.table[i].end());
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

// A first try, which is thrown away, shows how well the rows shrink.
std::string make_workbook(const Recipe& recipe) {
  constexpr std::uint64_t kFewest = 8;
  constexpr std::uint64_t kMost = 1'048'576;  // of a sheet
  const std::uint64_t rows = std::clamp(recipe.size_bytes / kRowBytes, kFewest, kMost);
  const std::uint64_t size = make_xlsx(result_rows(recipe, rows)).size();
  return make_xlsx(result_rows(recipe, std::clamp(rows * recipe.size_bytes / size, kFewest, kMost)));
}

}  // namespace

std::string make_other_type(Type type, const Recipe& recipe) {
  switch (type) {
    case Type::kPng:
      return make_picture(recipe, make_png);
    case Type::kJpeg:
      return make_jpeg(recipe);
    case Type::kTiff:
      return make_picture(recipe, make_tiff);
    case Type::kDicom:
      return make_dicom(recipe);
    case Type::kDocx:
      return make_letter(recipe);
    case Type::kXlsx:
      return make_workbook(recipe);
    case Type::kXml:
      return make_xml(recipe);
    case Type::kJson:
      return make_json(recipe);
    case Type::kText:
      return make_text(recipe);
    case Type::kCsv:
      return make_csv(recipe);
    case Type::kPdf:
      break;
  }
  std::unreachable();
}

}  // namespace lazaret::sample
