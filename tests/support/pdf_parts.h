// PdfParts: a document of PdfText taken apart again, to be written in another way; and the frame it is written into.
// Only for documents of our own writer: this is no parser of PDF.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace lazaret::testing_support {

struct PdfParts {
  std::map<int, std::string> objects;  // by number, without "obj" and "endobj"
  std::string trailer;                 // entries beside /Root and /Size
  std::string root = "1 0 R";
};

PdfParts take_apart(const std::string& document);

// A file under construction.
class PdfFrame {
 public:
  explicit PdfFrame(std::string before = {}) : file_(std::move(before)) {}
  void begin();
  void put(int number, const std::string& body);
  void put_all(const std::map<int, std::string>& objects);
  // An object that was put before.
  void note(int number, std::size_t offset) { offsets_[number] = offset; }
  void append(std::string_view text) { file_ += text; }
  std::size_t size() const { return file_.size(); }
  std::size_t offset(int number) const { return offsets_.at(number); }
  const std::map<int, std::size_t>& offsets() const { return offsets_; }
  void forget_offsets() { offsets_.clear(); }
  // An xref table of what was put since the last one, trailer and end mark. `prev` 0: the first one.
  void finish(const std::string& root, int size, const std::string& entries, std::size_t prev = 0);
  std::size_t last_table() const { return last_table_; }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::map<int, std::size_t> offsets_;
  std::size_t last_table_ = 0;
};

bool is_stream(const std::string& body);
// Changes an object's text but not the data of its stream.
std::string edit_text(const std::string& body, const std::function<std::string(const std::string&)>& edit);
// Every reference N 0 R becomes (N + by) 0 R.
std::string renumber(const std::string& body, int by);
// Every literal string, unescaped, replaced by what `write` makes of it.
std::string rewrite_strings(const std::string& text, const std::function<std::string(const std::string&)>& write);
// Encoders without compression, for filters that nobody else writes here.
std::string ascii85(std::string_view bytes);
std::string lzw(std::string_view bytes);
std::string run_length(std::string_view bytes);
std::string hexadecimal(std::string_view bytes);

}  // namespace lazaret::testing_support
