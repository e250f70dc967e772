// Hidings: the ways to write a document so that what it does is overlooked. Each takes a document of PdfText and gives
// another that does the same in a reader that sees it. Pure; the same bytes every time.
#pragma once

#include <string>
#include <vector>

namespace lazaret::testing_support {

enum class Hiding {
  kEscapedNames,       // every name begins with #xx
  kHexStrings,         // strings in hexadecimal
  kOctalStrings,       // every character of a string by its octal code
  kUtf16Strings,       // strings as UTF-16BE
  kChainedFilters,     // streams behind three more filters
  kObjectStream,       // all but streams in an object stream, under an xref stream
  kHybrid,             // an xref table, and an xref stream that knows more
  kIncrementalUpdate,  // a harmless first revision, then an update that brings it
  kOutsideTheTable,    // beside a harmless document, in no table
  kFreedObjects,       // beside a harmless document, marked as free
  kDoubledBefore,      // under the numbers of a harmless document, before its objects
  kDoubledAfter,       // and after them
  kSuperseded,         // a first revision that an update makes harmless
  kLooseObjectStream,  // in an object stream that no table leads to
  kInlineRoot,         // the catalog inside the trailer
  kBrokenTable,        // startxref leads nowhere, so that readers recover
  kShiftedHeader,      // the header at byte 1023
};

std::vector<Hiding> all_hidings();
const char* name_of(Hiding hiding);
// Whether readers see what is hidden at all only by taking another way than the document's own table.
bool is_beside_the_table(Hiding hiding);

std::string hide(const std::string& document, Hiding hiding);

}  // namespace lazaret::testing_support
