#include "tests/support/pdf_parts.h"

#include <cctype>
#include <cstdint>
#include <regex>
#include <vector>

namespace lazaret::testing_support {
namespace {

using std::string;

constexpr std::string_view kStream = "\nstream\n";

string entry(std::size_t offset) {
  const string text = std::to_string(offset);
  return string(10 - text.size(), '0') + text + " 00000 n \n";
}

}  // namespace

PdfParts take_apart(const string& document) {
  PdfParts parts;
  const std::size_t table = document.rfind("\nxref\n0 ") + 1;
  const int count = std::stoi(document.substr(table + 7));
  const std::size_t first_line = document.find('\n', table + 7) + 1;
  std::vector<std::size_t> offsets;
  for (int i = 1; i < count; ++i)
    offsets.push_back(std::stoul(document.substr(first_line + 20 * static_cast<std::size_t>(i), 10)));
  offsets.push_back(table);
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    const string number = std::to_string(i + 1);
    const std::size_t from = offsets[i] + number.size() + 7;                                    // " 0 obj\n"
    parts.objects[static_cast<int>(i) + 1] = document.substr(from, offsets[i + 1] - from - 8);  // "\nendobj\n"
  }
  const string size = "/Size " + std::to_string(count) + " ";
  const std::size_t trailer = document.find(size, table);
  const std::size_t root = document.rfind("/Root ", trailer) + 6;
  parts.root = document.substr(root, trailer - root - 1);
  parts.trailer =
      document.substr(trailer + size.size(), document.find(" >>\nstartxref", trailer) - trailer - size.size());
  return parts;
}

void PdfFrame::begin() {
  file_ += "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
}

void PdfFrame::put(int number, const string& body) {
  offsets_[number] = file_.size();
  file_ += std::to_string(number) + " 0 obj\n" + body + "\nendobj\n";
}

void PdfFrame::put_all(const std::map<int, string>& objects) {
  for (const auto& [number, body] : objects)
    put(number, body);
}

void PdfFrame::finish(const string& root, int size, const string& entries, std::size_t prev) {
  last_table_ = file_.size();
  file_ += "xref\n";
  if (prev == 0) file_ += "0 1\n0000000000 65535 f \n";
  for (const auto& [number, offset] : offsets_)
    file_ += std::to_string(number) + " 1\n" + entry(offset);
  file_ += "trailer\n<< /Root " + root + " /Size " + std::to_string(size) + " " + entries;
  if (prev != 0) file_ += " /Prev " + std::to_string(prev);
  file_ += " >>\nstartxref\n" + std::to_string(last_table_) + "\n%%EOF\n";
}

bool is_stream(const string& body) {
  return body.find(kStream) != string::npos;
}

string edit_text(const string& body, const std::function<string(const string&)>& edit) {
  const std::size_t data = body.find(kStream);
  if (data == string::npos) return edit(body);
  return edit(body.substr(0, data)) + body.substr(data);
}

string renumber(const string& body, int by) {
  static const std::regex kReference(R"((\d+) 0 R\b)");
  return edit_text(body, [by](const string& text) {
    string out;
    std::size_t last = 0;
    for (std::sregex_iterator match(text.begin(), text.end(), kReference), end; match != end; ++match) {
      const auto at = static_cast<std::size_t>(match->position());
      out += text.substr(last, at - last) + std::to_string(std::stoi((*match)[1]) + by) + " 0 R";
      last = at + static_cast<std::size_t>(match->length());
    }
    return out + text.substr(last);
  });
}

string rewrite_strings(const string& text, const std::function<string(const string&)>& write) {
  string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '(') {
      out.push_back(text[i]);
      continue;
    }
    string bytes;
    for (++i; i < text.size() && text[i] != ')'; ++i) {
      const bool is_escaped = text[i] == '\\';
      if (is_escaped) ++i;
      bytes.push_back(is_escaped && text[i] == 'n' ? '\n' : text[i]);
    }
    out += write(bytes);
  }
  return out;
}

string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4U]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15U]);
  }
  return out;
}

string ascii85(std::string_view bytes) {
  string out;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const std::string_view group = bytes.substr(i, 4);
    std::uint32_t value = 0;
    for (std::size_t k = 0; k < 4; ++k)
      value = value << 8U | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    string digits(5, '!');
    for (std::size_t k = 5; k-- > 0; value /= 85)
      digits[k] = static_cast<char>('!' + value % 85);
    out += digits.substr(0, group.size() + 1);
  }
  return out + "~>";
}

// Codes of nine bits alone, with the table cleared before it grows beyond them.
string lzw(std::string_view bytes) {
  string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  const auto put = [&](unsigned code) {
    bits = bits << 9U | code;
    for (count += 9; count >= 8; count -= 8)
      out.push_back(static_cast<char>(bits >> (count - 8) & 0xFFU));
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 200 == 0) put(256);
    put(static_cast<unsigned char>(bytes[i]));
  }
  put(257);
  out.push_back(static_cast<char>(bits << (8 - count) & 0xFFU));
  return out;
}

string run_length(std::string_view bytes) {
  string out;
  for (std::size_t i = 0; i < bytes.size(); i += 128) {
    const std::string_view run = bytes.substr(i, 128);
    out.push_back(static_cast<char>(run.size() - 1));
    out += run;
  }
  return out + '\x80';
}

}  // namespace lazaret::testing_support
