// The type check: extension, declared type and bytes must agree. Pure, but for libmagic behind MagicTypes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "document/file_types.h"
#include "inspect/report.h"
#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

inline constexpr std::size_t kHeadBytes = std::size_t{16} * 1024;  // of a document, to tell its type by

// libmagic with its database: loaded once, mapped and shared by every child. Not thread-safe.
class MagicTypes {
 public:
  MagicTypes();  // throws std::runtime_error where the database cannot be loaded
  ~MagicTypes();
  MagicTypes(const MagicTypes&) = delete;
  MagicTypes& operator=(const MagicTypes&) = delete;
  // "application/pdf"; "application/octet-stream" where nothing is known. Printable ASCII, at most 127 bytes.
  std::string type_of(std::string_view head) const;

 private:
  void* cookie_;
};

struct TypeCheck {
  std::string content_type;
  std::optional<FileType> type;           // what the name says, where the bytes begin like it
  std::optional<std::size_t> pdf_header;  // the offset of %PDF- where the document is a PDF
};

// Where readers find a PDF's header: %PDF- in the first kilobyte.
std::optional<std::size_t> find_pdf_header(std::string_view head);

// Puts what disagrees into `findings`.
TypeCheck check_type(const inspect::Task& task, std::string_view head, const MagicTypes& magic, FindingSink& findings);

}  // namespace lazaret::sandbox
