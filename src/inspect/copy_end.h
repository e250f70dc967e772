// CopyEnd: how the making of a document's clean copy ended. Kept apart, like FindingCode, so that the room of libqpdf,
// which is bound to an older language standard, can name it.
#pragma once

#include <cstdint>

namespace lazaret::inspect {

// Values go over the wire between one build's server and its inspector.
enum class CopyEnd : std::uint8_t {
  kWhole,          // the copy has been handed over
  kSigned,         // a copy would break the document's signature
  kShownByScript,  // its pages are made by script from a form: a copy without that would be empty
  kUnreadable,     // libqpdf cannot read or write it, or a limit was hit
  kCount,
};

}  // namespace lazaret::inspect
