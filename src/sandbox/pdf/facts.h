// What a document says of itself, as metadata.extracted shows it: its writer, its date, its language, the sizes of its
// pages. Every text is built from characters that are allowed, never copied; nothing of the pages. C++17, inside the
// room of libqpdf.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <qpdf/QPDF.hh>

#include "sandbox/pdf/walk.h"

namespace lazaret::sandbox {

// Counts pages by size, the most frequent sizes first; a few of them.
class PageSizes {
 public:
  void add(QPDFObjectHandle box);
  std::string text() const;  // "595x842, 842x595": points, the wider digits rounded

 private:
  static constexpr std::size_t kMostSizes = 8;
  std::vector<std::pair<std::string, std::size_t>> counts_;
};

// "Acrobat Distiller 9.0" from a text string: printable ASCII without quotes, at most `longest` bytes.
std::string safe_text(std::string_view pdf_string, std::size_t longest);
// "2026-11-25T16:40:00+08:00" from "D:20261125164000+08'00'"; empty where it is no date.
std::string date_of(std::string_view pdf_date);
// The extension of an attachment's name where it is a common one, else "other".
std::string common_type(std::string_view file_name);

// Producer, date, language and whether it is tagged.
void read_own_words(QPDF& pdf, DocumentWords& words);

}  // namespace lazaret::sandbox
