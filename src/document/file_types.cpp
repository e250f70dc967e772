#include "document/file_types.h"

#include <algorithm>
#include <array>

namespace lazaret {
namespace {

constexpr auto kRows = std::to_array<FileTypeRow>({
    {"pdf", FileType::kPdf, "application/pdf",
     "application/x-pdf application/acrobat applications/vnd.pdf text/pdf text/x-pdf"},
    {"png", FileType::kPng, "image/png", "image/x-png"},
    {"jpg", FileType::kJpeg, "image/jpeg", "image/jpg image/pjpeg"},
    {"jpeg", FileType::kJpeg, "image/jpeg", "image/jpg image/pjpeg"},
    {"tif", FileType::kTiff, "image/tiff", "image/x-tiff"},
    {"tiff", FileType::kTiff, "image/tiff", "image/x-tiff"},
    {"dcm", FileType::kDicom, "application/dicom", "application/x-dicom image/dicom image/x-dicom"},
    {"docx", FileType::kDocx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     "application/zip"},
    {"xlsx", FileType::kXlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"},
    {"txt", FileType::kText, "text/plain", ""},
    {"csv", FileType::kCsv, "text/csv",
     "application/csv text/x-csv text/comma-separated-values application/vnd.ms-excel text/plain"},
    {"xml", FileType::kXml, "application/xml",
     "text/xml application/fhir+xml application/cda+xml application/hl7-cda+xml application/hl7-v3+xml"},
    {"json", FileType::kJson, "application/json", "text/json application/fhir+json application/json+fhir"},
});

constexpr auto kNoClaims = std::to_array<std::string_view>({
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-download",
    "application/force-download",
});

bool is_among(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::string_view first = names.substr(0, names.find(' '));
    if (first == name) return true;
    names.remove_prefix(std::min(first.size() + 1, names.size()));
  }
  return false;
}

}  // namespace

std::span<const FileTypeRow> file_type_table() {
  return kRows;
}

const FileTypeRow* find_file_type(std::string_view extension) {
  const auto* const row = std::ranges::find(kRows, extension, &FileTypeRow::extension);
  return row == kRows.end() ? nullptr : row;
}

bool may_be_declared(const FileTypeRow& row, std::string_view essence) {
  return claims_no_type(essence) || row.content_type == essence || is_among(row.also_declared, essence);
}

bool claims_no_type(std::string_view essence) {
  return std::ranges::find(kNoClaims, essence) != kNoClaims.end();
}

}  // namespace lazaret
