#include "sandbox/pdf/facts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kSizesShown = 4;
constexpr std::size_t kLongestProducer = 96;
constexpr std::size_t kLongestLanguage = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_shown(char c) {
  constexpr std::string_view kMarks = " .,-_()/+:;@";
  return is_letter(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos;
}

std::string text_in(QPDFObjectHandle dictionary, const char* key) {
  if (!dictionary.isDictionary()) return {};
  QPDFObjectHandle value = dictionary.getKey(key);
  return value.isString() ? value.getUTF8Value() : std::string();
}

}  // namespace

void PageSizes::add(QPDFObjectHandle box) {
  if (!box.isArray() || box.getArrayNItems() != 4) return;
  std::array<double, 4> corner{};
  for (int i = 0; i < 4; ++i) {
    if (!box.getArrayItem(i).isNumber()) return;
    corner[static_cast<std::size_t>(i)] = box.getArrayItem(i).getNumericValue();
  }
  const double width = std::abs(corner[2] - corner[0]);
  const double height = std::abs(corner[3] - corner[1]);
  if (!(width < 1e6) || !(height < 1e6)) return;
  std::string size = std::to_string(std::lround(width)) + "x" + std::to_string(std::lround(height));
  const auto place = std::find_if(counts_.begin(), counts_.end(), [&](const auto& row) { return row.first == size; });
  if (place != counts_.end()) {
    ++place->second;
  } else if (counts_.size() < kMostSizes) {
    counts_.emplace_back(std::move(size), 1);
  }
}

std::string PageSizes::text() const {
  std::vector<std::pair<std::string, std::size_t>> sorted = counts_;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kSizesShown); ++i)
    text += (i == 0 ? "" : ", ") + sorted[i].first;
  return text;
}

std::string safe_text(std::string_view pdf_string, std::size_t longest) {
  std::string text;
  for (const char c : pdf_string) {
    if (is_shown(c) && text.size() < longest) text.push_back(c);
  }
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string date_of(std::string_view pdf_date) {
  if (pdf_date.substr(0, 2) == "D:") pdf_date.remove_prefix(2);
  std::size_t digits = 0;
  while (digits < pdf_date.size() && digits < 14 && is_digit(pdf_date[digits]))
    ++digits;
  if (digits < 8 || digits % 2 != 0) return {};
  std::string full(pdf_date.substr(0, digits));
  full.append(14 - digits, '0');
  const auto two = [&full](std::size_t at) { return (full[at] - '0') * 10 + (full[at + 1] - '0'); };
  const bool is_date = two(4) >= 1 && two(4) <= 12 && two(6) >= 1 && two(6) <= 31;
  if (!is_date || two(8) > 23 || two(10) > 59 || two(12) > 59) return {};
  std::string zone = "Z";
  const std::string_view rest = pdf_date.substr(digits);
  if (rest.size() >= 3 && (rest[0] == '+' || rest[0] == '-') && is_digit(rest[1]) && is_digit(rest[2])) {
    const bool has_minutes = rest.size() >= 6 && is_digit(rest[4]) && is_digit(rest[5]);
    zone = std::string(rest.substr(0, 3)) + ":" + (has_minutes ? std::string(rest.substr(4, 2)) : "00");
  }
  return full.substr(0, 4) + "-" + full.substr(4, 2) + "-" + full.substr(6, 2) + "T" + full.substr(8, 2) + ":" +
         full.substr(10, 2) + ":" + full.substr(12, 2) + zone;
}

std::string common_type(std::string_view file_name) {
  static constexpr std::array<std::string_view, 22> kCommon{"pdf", "xml",  "txt", "csv",  "json", "jpg", "jpeg", "png",
                                                            "tif", "tiff", "dcm", "doc",  "xls",  "ppt", "docx", "xlsx",
                                                            "rtf", "zip",  "eml", "html", "odt",  "hl7"};
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return "other";
  std::string extension(file_name.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(kCommon.begin(), kCommon.end(), extension) == kCommon.end() ? "other" : extension;
}

void read_own_words(QPDF& pdf, DocumentWords& words) {
  QPDFObjectHandle info = pdf.getTrailer().getKey("/Info");
  words.producer = safe_text(text_in(info, "/Producer"), kLongestProducer);
  words.created = date_of(text_in(info, "/CreationDate"));
  QPDFObjectHandle root = pdf.getRoot();
  const std::string language = text_in(root, "/Lang");
  const bool is_tag =
      std::all_of(language.begin(), language.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  if (is_tag && language.size() <= kLongestLanguage) words.language = language;
  QPDFObjectHandle marks = root.getKey("/MarkInfo");
  words.is_tagged = marks.isDictionary() && marks.getKey("/Marked").isBool() && marks.getKey("/Marked").getBoolValue();
}

}  // namespace lazaret::sandbox
