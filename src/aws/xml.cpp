#include "aws/xml.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include <expat.h>

namespace lazaret::aws {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const noexcept { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<XML_ParserStruct, FreeParser>;

// What expat calls back. The path to the open element is held as a stack of unfinished nodes: pointers into the tree
// would not survive its growth.
struct Builder {
  XML_Parser parser = nullptr;
  const XmlLimits* limits = nullptr;
  std::vector<XmlNode> open;
  XmlNode root;
  std::size_t elements = 0;
  const char* refusal = nullptr;
  std::exception_ptr thrown;

  void refuse(const char* why) {
    refusal = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

// expat is C, through which nothing may be thrown: what is thrown here ends the parse and goes on behind it.
template <class Handler>
void guarded(void* data, const Handler& handle) {
  Builder& builder = *static_cast<Builder*>(data);
  if (builder.thrown != nullptr) return;
  try {
    handle(builder);
  } catch (...) {
    builder.thrown = std::current_exception();
    XML_StopParser(builder.parser, XML_FALSE);
  }
}

void on_start(void* data, const XML_Char* name, const XML_Char**) {
  guarded(data, [name](Builder& builder) {
    if (++builder.elements > builder.limits->elements) return builder.refuse("too many elements");
    if (builder.open.size() >= static_cast<std::size_t>(builder.limits->depth)) return builder.refuse("too deep");
    builder.open.push_back({.name = name, .text = {}, .children = {}});
  });
}

void on_end(void* data, const XML_Char*) {
  guarded(data, [](Builder& builder) {
    if (builder.open.empty()) return;  // after a refusal
    XmlNode done = std::move(builder.open.back());
    builder.open.pop_back();
    if (builder.open.empty()) {
      builder.root = std::move(done);
    } else {
      builder.open.back().children.push_back(std::move(done));
    }
  });
}

void on_text(void* data, const XML_Char* text, int length) {
  guarded(data, [text, length](Builder& builder) {
    if (!builder.open.empty()) builder.open.back().text.append(text, static_cast<std::size_t>(length));
  });
}

void on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  guarded(data, [](Builder& builder) { builder.refuse("a document type declaration"); });
}

}  // namespace

const XmlNode* XmlNode::find(std::string_view child) const {
  const auto found = std::ranges::find(children, child, &XmlNode::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlNode::text_of(std::string_view child) const {
  const XmlNode* node = find(child);
  return node == nullptr ? std::string_view{} : std::string_view(node->text);
}

Result<XmlNode> parse_xml(std::string_view text, const XmlLimits& limits) {
  if (text.size() > limits.bytes) return fail(ErrorCode::kCorrupt, "XML of more bytes than are read");
  const Parser parser(XML_ParserCreate("UTF-8"));
  if (!parser) return fail(ErrorCode::kInternal, "expat has no memory for a parser");
  Builder builder{.parser = parser.get(), .limits = &limits};
  XML_SetUserData(parser.get(), &builder);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  const XML_Status status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (builder.thrown != nullptr) std::rethrow_exception(builder.thrown);
  if (status == XML_STATUS_OK) return std::move(builder.root);
  const std::string why =
      builder.refusal != nullptr ? builder.refusal : XML_ErrorString(XML_GetErrorCode(parser.get()));
  return fail(ErrorCode::kCorrupt, "no XML that is read: " + why);
}

}  // namespace lazaret::aws
