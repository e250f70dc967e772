// JsonWriter: writes one flat JSON object, member by member. Small on purpose: documents and verdicts come as JSON
// from src/document and go in with raw(). Text that is not valid UTF-8 is made so, since an answer must always parse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::http {

class JsonWriter {
 public:
  JsonWriter& text(std::string_view name, std::string_view value);
  JsonWriter& number(std::string_view name, std::int64_t value);
  JsonWriter& number(std::string_view name, std::uint64_t value);
  JsonWriter& raw(std::string_view name, std::string_view json);  // `json` is valid
  // The name alone: the caller appends the value, before anything else is written.
  std::string& member(std::string_view name);
  // Once, at the end.
  std::string finish();

 private:
  std::string out_ = "{";
};

// Appends `text` as a JSON string; bytes that are no UTF-8 become `?`.
void append_json_text(std::string& out, std::string_view text);

// ["a","b"]
template <class Range>
std::string json_array_of_text(const Range& values) {
  std::string out = "[";
  for (const auto& value : values) {
    if (out.size() > 1) out += ',';
    append_json_text(out, value);
  }
  out += ']';
  return out;
}

}  // namespace lazaret::http
