#include "http/api/json_writer.h"

#include <utility>

#include "base/encoding.h"
#include "document/json.h"

namespace lazaret::http {

void append_json_text(std::string& out, std::string_view text) {
  if (is_valid_utf8(text)) {
    append_json_string(out, text);
    return;
  }
  std::string ascii(text);
  for (char& c : ascii) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  append_json_string(out, ascii);
}

std::string& JsonWriter::member(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_json_text(out_, name);
  out_ += ':';
  return out_;
}

JsonWriter& JsonWriter::text(std::string_view name, std::string_view value) {
  append_json_text(member(name), value);
  return *this;
}

JsonWriter& JsonWriter::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonWriter& JsonWriter::number(std::string_view name, std::uint64_t value) {
  return raw(name, std::to_string(value));
}

JsonWriter& JsonWriter::raw(std::string_view name, std::string_view json) {
  member(name) += json;
  return *this;
}

std::string JsonWriter::finish() {
  out_ += '}';
  return std::move(out_);
}

}  // namespace lazaret::http
