// File kinds by their bytes and by their names: what may not be wrapped around a document, and what an attachment is.
// Scripts have no magic and programs need no honest name, so both are asked and the worse answer counts.
// Pure. Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <string_view>

namespace lazaret::sandbox {

// From harmless to worst.
enum class FileKind { kOrdinary, kPdf, kMarkup, kMacro, kExecutable };

// `bytes` is the head of the file, a few kilobytes at most.
FileKind kind_of_bytes(std::string_view bytes);
// `name` as the document writes it, with or without folders, in any case.
FileKind kind_of_name(std::string_view name);
// Whether a text begins as a page or script does, which its name as plain text must not hide. Signatures of two letters
// that words may begin with do not count.
bool is_script_or_markup(std::string_view text);
// A type libmagic named ("application/x-dosexec").
FileKind kind_of_mime(std::string_view mime);

// Whether a file of another type begins here: an archive, program, image or script.
bool is_foreign_magic(std::string_view bytes);
// Whether a foreign type whose signature is too long to be chance stands anywhere in `bytes`.
bool holds_foreign_magic(std::string_view bytes);
// Whether the text before a PDF opens script, which a comment over the PDF goes on with; and whether the text after one
// closes that comment.
bool opens_script(std::string_view bytes);
bool closes_script(std::string_view bytes);
// Whether `bytes` holds the beginning of HTML or of a script that servers or browsers run.
bool holds_markup(std::string_view bytes);

}  // namespace lazaret::sandbox
