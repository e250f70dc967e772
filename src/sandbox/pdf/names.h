// Names of PDF as they stand in the bytes: decoding of #xx, and the names whose disguise is a finding. Pure.
#pragma once

#include <string>
#include <string_view>

namespace lazaret::sandbox {

bool is_pdf_space(char c);
// A character that may stand in a name as it is.
bool is_regular(char c);

// Of a hexadecimal digit in either case; -1: it is none.
int hex_value(char c);

// "J#61va" -> "Java". What is no valid escape stays as it is.
std::string decode_name(std::string_view name);

// Whether `name`, as written after its slash, hides a name of active content behind #xx.
bool hides_sensitive_name(std::string_view name);

// The names with #xx in `text` that hide something: the offset of the first one, or npos. Text that begins in the
// middle of a name is read up to its end and no further.
std::size_t find_hidden_name(std::string_view text, std::size_t from, std::size_t to);

}  // namespace lazaret::sandbox
