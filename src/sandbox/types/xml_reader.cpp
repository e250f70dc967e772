#include "sandbox/types/xml_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <new>

#define XML_DTD  // declares what bounds entities, which every packaged expat has
#include <expat.h>
#include <sys/auxv.h>

#include "base/ascii.h"
#include "sandbox/targets.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kBlock = std::size_t{64} * 1024;
constexpr std::size_t kNameKept = 128;
constexpr int kDeepest = 256;
constexpr float kMostAmplification = 20.0F;
constexpr unsigned long long kFreeBytes = 64ULL * 1024;  // that entities may unfold to whatever the file's size

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string lowered(std::string_view text) {
  return ascii_lowered(text.substr(0, kNameKept));
}

bool is_script_element(std::string_view local) {
  static constexpr auto kNames = std::to_array<std::string_view>({"script", "iframe", "embed", "applet"});
  const std::string name = lowered(local);
  return std::ranges::find(kNames, name) != kNames.end();
}

// The handlers that pages use; HL7 has no attribute that begins like them.
bool is_event_handler(std::string_view attribute) {
  static constexpr auto kStarts = std::to_array<std::string_view>(
      {"onload", "onerror", "onclick", "ondblclick", "onmouse", "onkey", "onfocus", "onblur", "onsubmit", "onchange",
       "oninput", "ontoggle", "onbegin", "onanimation", "onpointer", "onscroll", "onresize", "onunload"});
  const std::string name = lowered(attribute);
  return std::ranges::any_of(kStarts, [&name](std::string_view start) { return name.starts_with(start); });
}

bool is_link_attribute(std::string_view local) {
  static constexpr auto kNames = std::to_array<std::string_view>({"href", "src", "action", "formaction"});
  return std::ranges::find(kNames, local) != kNames.end();
}

bool begins_with_script(std::string_view value) {
  const std::string start = lowered(value.substr(0, 16));
  return start.starts_with("javascript:") || start.starts_with("vbscript:");
}

// The value of href in `type="text/xsl" href="CDA.xsl"`.
std::string_view stylesheet_of(std::string_view data) {
  const std::size_t name = data.find("href");
  if (name == std::string_view::npos) return {};
  const std::size_t open = data.find_first_of("\"'", name);
  if (open == std::string_view::npos) return {};
  const std::size_t close = data.find(data[open], open + 1);
  return data.substr(open + 1, close == std::string_view::npos ? std::string_view::npos : close - open - 1);
}

// Keeps names from being chosen to collide; from the kernel's random bytes for this process, without a call.
unsigned long hash_salt() {
  unsigned long salt = 0;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells an address as a number
  const auto* bytes = reinterpret_cast<const void*>(getauxval(AT_RANDOM));
  if (bytes != nullptr) std::memcpy(&salt, bytes, sizeof salt);
  return salt | 1U;
}

// Eight-bit encodings that expat does not know: XML's own characters are ASCII in all of them, and what the others mean
// is nothing to us.
bool take_eight_bit_encoding(std::string_view name, XML_Encoding* encoding) {
  const std::string known = lowered(name);
  if (!known.starts_with("windows-125") && !known.starts_with("iso-8859-")) return false;
  for (int i = 0; i < 256; ++i)
    encoding->map[i] = i;  // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index): expat's own array
  encoding->data = nullptr;
  encoding->convert = nullptr;
  encoding->release = nullptr;
  return true;
}

}  // namespace

std::string_view XmlAttributes::value_of(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (local_name(pair[0]) == name) return pair[1];
  }
  return {};
}

class XmlReader::Machine {
 public:
  Machine(XmlFileListener* files, XmlListener* listener)
      : files_(files), listener_(listener), parser_(XML_ParserCreate(nullptr), XML_ParserFree) {
    if (parser_ == nullptr) throw std::bad_alloc();
    set_up(parser_.get());
  }
  void parse(std::string_view bytes, bool is_last);
  XmlTraits take_traits() { return std::move(traits_); }

 private:
  void set_up(XML_Parser parser);
  void set_up_declarations(XML_Parser parser);
  // expat is C, through which nothing may be thrown: what a handler throws ends the parse and goes on behind it.
  template <class Handler>
  static void guarded(void* self, const Handler& handle) {
    Machine& machine = *static_cast<Machine*>(self);
    if (machine.thrown_ != nullptr) return;
    try {
      handle(machine);
    } catch (...) {
      machine.thrown_ = std::current_exception();
      machine.stop();
    }
  }

  void begin_element(std::string_view name, const XML_Char** attributes);
  void end_element(std::string_view name);
  void look_at_attribute(std::string_view name, std::string_view value);
  void look_at_link(std::string_view value);
  void look_at_stylesheet(std::string_view data);
  void take_root(std::string_view name, const XML_Char** attributes);
  void take_error();
  void note(std::int64_t& place) {
    if (place == kNowhere) place = XML_GetCurrentByteIndex(parser_.get());
  }
  void stop() { XML_StopParser(parser_.get(), XML_FALSE); }

  XmlFileListener* files_;
  XmlListener* listener_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser_;
  std::exception_ptr thrown_;
  XmlTraits traits_;
  bool is_over_ = false;
  int depth_ = 0;
  int file_depth_ = 0;  // of the element whose text is a file; 0: none
};

void XmlReader::Machine::set_up(XML_Parser parser) {
  XML_SetHashSalt(parser, hash_salt());
  XML_SetBillionLaughsAttackProtectionMaximumAmplification(parser, kMostAmplification);
  XML_SetBillionLaughsAttackProtectionActivationThreshold(parser, kFreeBytes);
  XML_SetUserData(parser, this);
  XML_SetElementHandler(
      parser,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](Machine& machine) { machine.begin_element(name, attributes); });
      },
      [](void* self, const XML_Char* name) { guarded(self, [&](Machine& machine) { machine.end_element(name); }); });
  XML_SetCharacterDataHandler(parser, [](void* self, const XML_Char* text, int length) {
    guarded(self, [&](Machine& machine) {
      const std::string_view piece(text, static_cast<std::size_t>(length));
      if (machine.file_depth_ != 0) machine.files_->file_part(piece);
      if (machine.listener_ != nullptr) machine.listener_->text(piece);
    });
  });
  XML_SetProcessingInstructionHandler(parser, [](void* self, const XML_Char* target, const XML_Char* data) {
    guarded(self, [&](Machine& machine) {
      if (std::string_view(target) == "xml-stylesheet") machine.look_at_stylesheet(data);
    });
  });
  set_up_declarations(parser);
}

void XmlReader::Machine::set_up_declarations(XML_Parser parser) {
  XML_SetStartDoctypeDeclHandler(parser,
                                 [](void* self, const XML_Char*, const XML_Char* system, const XML_Char* named, int) {
                                   guarded(self, [&](Machine& machine) {
                                     if (system != nullptr || named != nullptr)
                                       machine.note(machine.traits_.external_dtd);
                                   });
                                 });
  XML_SetEntityDeclHandler(parser, [](void* self, const XML_Char*, int, const XML_Char* value, int, const XML_Char*,
                                      const XML_Char*, const XML_Char*, const XML_Char*) {
    guarded(self, [&](Machine& machine) {
      if (value != nullptr) return machine.note(machine.traits_.internal_entity);
      machine.note(machine.traits_.external_entity);
      machine.stop();
    });
  });
  XML_SetUnknownEncodingHandler(
      parser,
      [](void* self, const XML_Char* name, XML_Encoding* encoding) -> int {
        bool is_known = false;
        guarded(self, [&](Machine&) { is_known = take_eight_bit_encoding(name, encoding); });
        return is_known ? XML_STATUS_OK : XML_STATUS_ERROR;
      },
      this);
}

void XmlReader::Machine::take_root(std::string_view name, const XML_Char** attributes) {
  const std::size_t colon = name.find(':');
  const std::string declaration =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  traits_.root = local_name(name).substr(0, kNameKept);
  for (; *attributes != nullptr; attributes += 2) {
    if (declaration == *attributes) traits_.root_namespace = std::string_view(attributes[1]).substr(0, kNameKept);
  }
}

void XmlReader::Machine::begin_element(std::string_view name, const XML_Char** attributes) {
  if (++depth_ > kDeepest) {
    note(traits_.too_deep);
    return stop();
  }
  if (depth_ == 1) take_root(name, attributes);
  const std::string_view local = local_name(name);
  if (is_script_element(local)) note(traits_.script);
  if (listener_ != nullptr) listener_->begin_element(local, XmlAttributes(attributes));
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view attribute = local_name(attributes[0]);
    const std::string_view value = attributes[1];
    look_at_attribute(attribute, value);
    if (files_ == nullptr || file_depth_ != 0) continue;
    const auto offset = static_cast<std::uint64_t>(XML_GetCurrentByteIndex(parser_.get()));
    if (attribute == "representation" && value == "B64") {
      file_depth_ = depth_;
      files_->begin_file(offset);
    } else if (local == "data" && attribute == "value") {
      files_->begin_file(offset);
      files_->file_part(value);
      files_->end_file();
    }
  }
}

void XmlReader::Machine::end_element(std::string_view name) {
  if (listener_ != nullptr) listener_->end_element(local_name(name));
  if (depth_ == file_depth_) {
    files_->end_file();
    file_depth_ = 0;
  }
  --depth_;
}

void XmlReader::Machine::look_at_attribute(std::string_view name, std::string_view value) {
  if (is_event_handler(name)) note(traits_.script);
  if (is_link_attribute(name)) return look_at_link(value);
  if (begins_with_script(value)) note(traits_.dangerous_link);
}

void XmlReader::Machine::look_at_link(std::string_view value) {
  const Target target = target_of_uri(value.substr(0, kBlock));
  if (target == Target::kDangerous) note(traits_.dangerous_link);
  if (target == Target::kShare) note(traits_.share_link);
}

void XmlReader::Machine::look_at_stylesheet(std::string_view data) {
  const std::string_view href = stylesheet_of(data);
  look_at_link(href);
  if (href.find("://") != std::string_view::npos) note(traits_.remote_stylesheet);
}

void XmlReader::Machine::parse(std::string_view bytes, bool is_last) {
  if (is_over_) return;
  const XML_Status status =
      XML_Parse(parser_.get(), bytes.data(), static_cast<int>(bytes.size()), is_last ? XML_TRUE : XML_FALSE);
  is_over_ = is_last || status != XML_STATUS_OK;
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  if (status != XML_STATUS_OK) take_error();
}

void XmlReader::Machine::take_error() {
  const XML_Error error = XML_GetErrorCode(parser_.get());
  if (error == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
  if (error == XML_ERROR_AMPLIFICATION_LIMIT_BREACH || error == XML_ERROR_RECURSIVE_ENTITY_REF) {
    note(traits_.entity_expansion);
  } else if (error != XML_ERROR_ABORTED) {
    note(traits_.broken);
  }
}

XmlReader::XmlReader(XmlFileListener* files, XmlListener* listener)
    : machine_(std::make_unique<Machine>(files, listener)) {}

XmlReader::~XmlReader() = default;

void XmlReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    machine_->parse(bytes.substr(0, kBlock), false);
    bytes.remove_prefix(std::min(bytes.size(), kBlock));
  }
}

XmlTraits XmlReader::finish() {
  machine_->parse({}, true);
  return machine_->take_traits();
}

bool is_markup(const XmlTraits& traits) {
  return traits.root == "html" || traits.root == "svg" || traits.root_namespace == "http://www.w3.org/1999/xhtml" ||
         traits.root_namespace == "http://www.w3.org/2000/svg";
}

XmlTraits read_xml(const FileReader& file, XmlFileListener* files) {
  XmlReader reader(files);
  std::string block(std::min<std::uint64_t>(kBlock, file.size()), '\0');
  for (std::uint64_t at = 0; at < file.size();) {
    const std::size_t got = file.read_at(at, block.data(), block.size());
    if (got == 0) break;
    reader.feed(std::string_view(block).substr(0, got));
    at += got;
  }
  return reader.finish();
}

}  // namespace lazaret::sandbox
