// PdfWriter: numbers, writes and cross-references the objects of one PDF 1.7 file in memory. It knows the file's
// frame (header, objects, xref table, trailer) and nothing of what the objects mean. Not thread-safe.
// Callers pass well-formed PDF syntax; text goes through the encoders below.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::sample {

// The number of an indirect object.
struct ObjectRef {
  std::uint32_t number = 0;
  std::string to_string() const;  // "12 0 R"
};

class PdfWriter {
 public:
  PdfWriter();

  ObjectRef reserve();
  void put(ObjectRef ref, std::string_view body);
  // `entries` are the dictionary's own entries, without /Length.
  void put_stream(ObjectRef ref, std::string_view entries, std::string_view data);
  ObjectRef add(std::string_view body);
  ObjectRef add_stream(std::string_view entries, std::string_view data);

  // What the file would have with the xref table of the objects so far.
  std::size_t size() const { return file_.size() + 20 * offsets_.size(); }
  // Writes xref table and trailer. `id` is 32 hex digits. Every reserved object must have been put.
  std::string finish(ObjectRef root, ObjectRef info, std::string_view id) &&;

 private:
  std::string file_;
  std::vector<std::uint64_t> offsets_;  // by object number; 0: free
};

// zlib-wrapped deflate, as /FlateDecode reads it. `level` 1 (fast) to 9.
std::string deflate(std::string_view bytes, int level);

// "(text)" with what PDF needs escaped. For ASCII.
std::string literal_string(std::string_view ascii);
// "<4E2D...>": UTF-16BE without a byte order mark, as UniGB-UCS2-H reads it. Invalid UTF-8 and characters beyond the
// basic plane are dropped.
std::string utf16_hex_string(std::string_view utf8);
// A PDF text string for /Info: ASCII as a literal, everything else as UTF-16BE with its byte order mark.
std::string text_string(std::string_view utf8);

}  // namespace lazaret::sample
