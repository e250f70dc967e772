// The XML inside a PDF: XFA forms, which readers act on, XMP metadata, which they only read, and attached files, which
// somebody may open with a parser of any kind. Parsed, never searched for what a DOCTYPE does. Plain C++17, for the
// room of libqpdf.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sandbox/finding_sink.h"
#include "sandbox/types/file_kinds.h"
#include "sandbox/types/xml_reader.h"

namespace lazaret::sandbox {

void judge_xfa(std::string_view text, FindingSink& findings, const Spot& spot);
void judge_xmp(std::string_view text, FindingSink& findings, const Spot& spot);

// A file inside another, in pieces: what does not begin like XML is let pass. XML is ordinary, and CDA with its style
// sheets, but not what makes a reader open something else.
class AttachedXml {
 public:
  void feed(std::string_view bytes);
  // Nothing more comes. What the file is, as far as XML tells.
  FileKind judge(FindingSink& findings, const Spot& spot);

 private:
  void begin();
  std::string head_;
  bool is_decided_ = false;
  std::unique_ptr<XmlReader> reader_;  // where it is XML
};

}  // namespace lazaret::sandbox
