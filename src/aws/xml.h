// The XML that S3 and STS answer with, as a small tree. Text from outside: size, depth and the number of elements are
// bounded, and a document type declaration is refused, so no entity ever expands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace lazaret::aws {

struct XmlNode {
  std::string name;  // as written, with a prefix where there is one
  std::string text;  // of this element alone, white space kept
  std::vector<XmlNode> children;

  const XmlNode* find(std::string_view child) const;       // the first of that name, or nullptr
  std::string_view text_of(std::string_view child) const;  // empty where there is none
};

struct XmlLimits {
  std::size_t bytes = std::size_t{4} * 1024 * 1024;
  std::size_t elements = 50'000;
  int depth = 16;
};

// The root element. kCorrupt for what is no well-formed XML or over a limit.
Result<XmlNode> parse_xml(std::string_view text, const XmlLimits& limits = {});

}  // namespace lazaret::aws
