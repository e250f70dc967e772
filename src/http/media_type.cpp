#include "http/media_type.h"

#include <algorithm>
#include <array>

namespace lazaret::http {
namespace {

struct TypeRow {
  std::string_view extension;
  std::string_view type;
};
// The first row of an extension is its usual type, further ones are other names senders use for it.
constexpr auto kTypes = std::to_array<TypeRow>({
    {"pdf", "application/pdf"},
    {"pdf", "application/x-pdf"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpg", "image/pjpeg"},
    {"jpeg", "image/jpeg"},
    {"jpeg", "image/pjpeg"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"dcm", "application/dicom"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"txt", "text/plain"},
    {"csv", "text/csv"},
    {"csv", "application/vnd.ms-excel"},
    {"xml", "application/xml"},
    {"xml", "text/xml"},
    {"json", "application/json"},
});

}  // namespace

std::string essence_of(std::string_view content_type) {
  std::string_view essence = content_type.substr(0, content_type.find(';'));
  while (essence.ends_with(' ') || essence.ends_with('\t'))
    essence.remove_suffix(1);
  essence.remove_prefix(std::min(essence.find_first_not_of(" \t"), essence.size()));
  std::string lower(essence);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool declared_type_fits(std::string_view essence, std::string_view extension) {
  if (essence.empty() || essence == "application/octet-stream") return true;
  return std::ranges::any_of(kTypes,
                             [&](const TypeRow& row) { return row.extension == extension && row.type == essence; });
}

std::string_view usual_type(std::string_view extension) {
  const auto* const row = std::ranges::find(kTypes, extension, &TypeRow::extension);
  return row == kTypes.end() ? std::string_view{} : row->type;
}

}  // namespace lazaret::http
