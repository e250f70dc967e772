// Targets: where a link, an action or a file reference leads, by its text. Pure. Plain C++17.
#pragma once

#include <string>
#include <string_view>

namespace lazaret::sandbox {

enum class Target {
  kLocal,      // a place in this document, a relative name, nothing
  kNetwork,    // http, https, ftp, mailto, tel and what else opens only where it is clicked
  kDangerous,  // runs script, reaches local files or hands itself to a handler of the system
  kShare,      // a file on a network share, in every spelling
};

// Text of PDF: UTF-16 and UTF-8 with their marks, or bytes. Characters that readers skip are dropped.
inline constexpr std::size_t kLongestTarget = 4096;
std::string plain_text(std::string_view pdf_string, std::size_t longest = kLongestTarget);

Target target_of_uri(std::string_view pdf_string);
Target target_of_path(std::string_view pdf_string);

// Whether a path is the plain name of a PDF beside this one.
bool is_neighbouring_pdf(std::string_view pdf_string);

}  // namespace lazaret::sandbox
