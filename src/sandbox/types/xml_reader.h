// XmlReader, read_xml(): XML as expat parses it, never searched as text: whether it is well-formed, what its DOCTYPE
// would make a reader do, script in it, and links. Nothing outside is ever opened, and entities unfold under a cap.
// Also used for the XML inside other formats, also as it is decoded. The only room of expat. Plain C++17, for the room
// of libqpdf.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

// A file that stands in XML as base64: text of an element that says so (CDA), or a `value` of `data` (FHIR).
class XmlFileListener {
 public:
  XmlFileListener() = default;
  XmlFileListener(const XmlFileListener&) = delete;
  XmlFileListener& operator=(const XmlFileListener&) = delete;
  virtual ~XmlFileListener() = default;
  virtual void begin_file(std::uint64_t offset) = 0;
  virtual void file_part(std::string_view base64) = 0;
  virtual void end_file() = 0;
};

// The attributes of one element, by their names without prefix.
class XmlAttributes {
 public:
  // Names and values by turns, and a null behind them.
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  // Empty where there is none.
  std::string_view value_of(std::string_view name) const;

 private:
  const char** pairs_;
};

// Who wants to know what stands in the XML itself. Names come without prefix; text comes in pieces.
class XmlListener {
 public:
  XmlListener() = default;
  XmlListener(const XmlListener&) = delete;
  XmlListener& operator=(const XmlListener&) = delete;
  virtual ~XmlListener() = default;
  virtual void begin_element(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void end_element(std::string_view name) = 0;
};

inline constexpr std::int64_t kNowhere = -1;

// Offsets into the bytes, kNowhere where there is none of it; of several the first.
struct XmlTraits {
  std::int64_t broken = kNowhere;            // not well-formed from here
  std::int64_t too_deep = kNowhere;          // elements nested beyond what is followed
  std::int64_t external_dtd = kNowhere;      // a reader would open something
  std::int64_t external_entity = kNowhere;   // the same; nothing is read behind it
  std::int64_t internal_entity = kNowhere;   // entities of its own
  std::int64_t entity_expansion = kNowhere;  // that unfold beyond the cap
  std::int64_t script = kNowhere;            // an element or attribute that runs script
  std::int64_t dangerous_link = kNowhere;    // to script or local files
  std::int64_t share_link = kNowhere;        // to a network share
  std::int64_t remote_stylesheet = kNowhere;
  std::string root;            // its name without prefix, at most 128 bytes
  std::string root_namespace;  // at most 128 bytes
};

// A page or a picture, which are XML too.
bool is_markup(const XmlTraits& traits);

// For bytes that come in pieces. Both may be null. Throws std::bad_alloc, and what they throw.
class XmlReader {
 public:
  explicit XmlReader(XmlFileListener* files, XmlListener* listener = nullptr);
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;
  void feed(std::string_view bytes);
  // To be called once.
  XmlTraits finish();

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

// `files` may be null.
XmlTraits read_xml(const FileReader& file, XmlFileListener* files);

}  // namespace lazaret::sandbox
