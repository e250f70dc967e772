// The table of file types: extension, the content type that is served, and the names senders use for it. The edge asks
// it what a declared type may mean, the inspector what the bytes must be; whether there is a checker is the inspector's
// to say. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lazaret {

enum class FileType : std::uint8_t { kPdf, kPng, kJpeg, kTiff, kDicom, kDocx, kXlsx, kText, kCsv, kXml, kJson };

struct FileTypeRow {
  std::string_view extension;
  FileType type;
  std::string_view content_type;   // the usual one: what a file of this type is served as
  std::string_view also_declared;  // other names senders use, separated by blanks
};

std::span<const FileTypeRow> file_type_table();
// nullptr for an unknown extension (lower case, without the dot).
const FileTypeRow* find_file_type(std::string_view extension);
// Whether a part declared as `essence` (lower case, without parameters) may be a file of this row.
bool may_be_declared(const FileTypeRow& row, std::string_view essence);
// Declared as nothing in particular: the other two, extension and bytes, decide.
bool claims_no_type(std::string_view essence);

}  // namespace lazaret
