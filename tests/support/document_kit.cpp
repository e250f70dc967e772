#include "tests/support/document_kit.h"

#include <algorithm>
#include <utility>

#include "sample/pdf_writer.h"
#include "tests/support/pdf_parts.h"

namespace lazaret::testing_support {

using std::string;

std::string flate(std::string_view bytes) {
  return sample::deflate(bytes, 9);
}

string flate_body(std::string_view entries, std::string_view data) {
  return stream_body("/Filter /FlateDecode " + string(entries), flate(data));
}

string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4U]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15U]);
  }
  return out;
}

string utf16_string(std::string_view ascii) {
  string bytes = "\xFE\xFF";
  for (const char c : ascii)
    bytes.append(1, '\0').append(1, c);
  return "<" + hex(bytes) + ">";
}

string clean_page() {
  return one_page({});
}

string with_open_action(const string& action) {
  return one_page({.catalog = "/OpenAction " + action});
}

string with_page_action(const string& action) {
  return one_page({.page = "/AA << /O 5 0 R >>", .more = {action}});
}

string with_link(const string& action) {
  return one_page({.page = "/Annots [ << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A " + action + " >> ]"});
}

string with_attachment(const string& name, std::string_view bytes, const string& type_entry) {
  return one_page({.catalog = "/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>",
                   .more = {"<< /Type /Filespec /F (" + name + ") /UF (" + name + ") /EF << /F 6 0 R >> >>",
                            flate_body(type_entry, bytes)}});
}

string with_update(const string& document, const std::vector<std::pair<int, string>>& update) {
  PdfFrame frame(document);
  int size = static_cast<int>(take_apart(document).objects.size()) + 1;
  for (const auto& [number, body] : update) {
    frame.put(number, body);
    size = std::max(size, number + 1);
  }
  frame.finish("1 0 R", size, "", document.rfind("\nxref\n") + 1);
  return frame.file();
}

// The ranges are written when everything's place is known.
string signed_page(const string& catalog) {
  const string gap(64, '0');
  string file = one_page({.catalog = "/AcroForm << /SigFlags 3 /Fields [5 0 R] >> " + catalog,
                          .page = "/Annots [5 0 R]",
                          .more = {"<< /FT /Sig /T (signature) /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /V 6 0 R >>",
                                   "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange "
                                   "[0 1111111111 2222222222 3333333333] /Contents <" +
                                       gap + "> >>"}});
  const std::size_t open = file.find("/Contents <") + 10;
  const std::size_t close = open + gap.size() + 2;
  const auto put = [&file](const char* place, std::size_t value) {
    const string text = std::to_string(value);
    file.replace(file.find(place), 10, text + string(10 - text.size(), ' '));
  };
  put("1111111111", open);
  put("2222222222", close);
  put("3333333333", file.size() - close);
  return file;
}

int PdfText::add(std::string_view body) {
  objects_.emplace_back(body);
  return static_cast<int>(objects_.size());
}

int PdfText::add_stream(std::string_view entries, std::string_view data) {
  return add(stream_body(entries, data));
}

std::string PdfText::finish(std::string_view trailer, std::string_view root) const {
  string file = "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
  string table;
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    string offset = std::to_string(file.size());
    table += string(10 - offset.size(), '0') + offset + " 00000 n \n";
    file += std::to_string(i + 1) + " 0 obj\n" + objects_[i] + "\nendobj\n";
  }
  const string count = std::to_string(objects_.size() + 1);
  const string start = std::to_string(file.size());
  file += "xref\n0 " + count + "\n0000000000 65535 f \n" + table;
  file += "trailer\n<< /Root " + string(root) + " /Size " + count + " " + string(trailer) + " >>\n";
  return file + "startxref\n" + start + "\n%%EOF\n";
}

std::string stream_body(std::string_view entries, std::string_view data) {
  return "<< " + string(entries) + " /Length " + std::to_string(data.size()) + " >>\nstream\n" + string(data) +
         "\nendstream";
}

std::string one_page(const OnePage& parts) {
  string references;  // so that a writer that drops what is not reached keeps them
  for (std::size_t i = 0; i < parts.more.size(); ++i)
    references += std::to_string(5 + i) + " 0 R ";
  PdfText pdf;
  pdf.add("<< /Type /Catalog /Pages 2 0 R " + parts.catalog + " >>");
  pdf.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  pdf.add("<< /Type /Page /Extra [" + references + "] /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " +
          parts.page + " >>");
  pdf.add_stream("", parts.content);
  for (const string& object : parts.more)
    pdf.add(object);
  return pdf.finish(parts.trailer);
}

}  // namespace lazaret::testing_support
