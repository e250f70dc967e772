#include "sample/page.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sample/pdf_writer.h"

namespace lazaret::sample {
namespace {

constexpr int kLeft = 60;
constexpr int kRight = kPageWidth - 60;

std::string encode(std::string_view text, Language language) {
  return language == Language::kChinese ? utf16_hex_string(text) : literal_string(text);
}

// Greedy lines of at most `width` characters. Chinese breaks anywhere, the others at spaces.
std::vector<std::string> wrap(std::string_view text, Language language, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t length = 0;
  const bool anywhere = language == Language::kChinese;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (anywhere) {
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
        ++end;
    } else {
      end = std::min(text.find(' ', i), text.size() - 1) + 1;
    }
    const std::size_t cost = anywhere ? 1 : end - i;
    if (length + cost > width && length > 0) {
      lines.emplace_back();
      length = 0;
    }
    lines.back() += text.substr(i, end - i);
    length += cost;
    i = end;
  }
  return lines;
}

// Writes lines downwards.
class Pen {
 public:
  explicit Pen(Language language) : language_(language) {}
  void text(std::string_view font, int size, int x, std::string_view words) {
    content_ += fmt::format("BT /{} {} Tf {} {} Td {} Tj ET\n", font, size, x, y_, encode(words, language_));
  }
  void down(int points) { y_ -= points; }
  void move_to(int y) { y_ = y; }
  void rule() { content_ += fmt::format("0.6 w {} {} m {} {} l S\n", kLeft, y_, kRight, y_); }
  std::string take() { return std::move(content_); }

 private:
  Language language_;
  int y_ = kPageHeight - 70;
  std::string content_;
};

void draw_table(Pen& pen, const std::vector<std::vector<std::string>>& table) {
  for (std::size_t row = 0; row < table.size(); ++row) {
    const int step = (kRight - kLeft) / static_cast<int>(table[row].size());
    for (std::size_t column = 0; column < table[row].size(); ++column)
      pen.text(row == 0 ? "F2" : "F1", 10, kLeft + static_cast<int>(column) * step, table[row][column]);
    pen.down(6);
    if (row == 0) pen.rule();
    pen.down(12);
  }
  pen.down(12);
}

}  // namespace

std::string draw_wording(const Wording& wording, Language language) {
  Pen pen(language);
  pen.text("F2", 16, kLeft, wording.facility);
  pen.down(26);
  pen.text("F2", 13, kLeft, wording.title);
  pen.down(10);
  pen.rule();
  pen.down(22);
  for (const auto& [label, value] : wording.fields) {
    pen.text("F2", 10, kLeft, label);
    pen.text("F1", 10, kLeft + 130, value);
    pen.down(16);
  }
  pen.down(14);
  if (!wording.table.empty()) draw_table(pen, wording.table);
  for (const std::string& paragraph : wording.paragraphs) {
    for (const std::string& line : wrap(paragraph, language, language == Language::kChinese ? 42 : 84)) {
      pen.text("F1", 11, kLeft, line);
      pen.down(16);
    }
    pen.down(8);
  }
  pen.move_to(50);
  pen.rule();
  pen.down(14);
  pen.text("F1", 8, kLeft, wording.notice);
  return pen.take();
}

std::string draw_scan(const Wording& wording, Language language, int page, int strips) {
  std::string content;
  for (int strip = 0; strip < strips; ++strip) {
    const int top = kPageHeight - kPageHeight * strip / strips;
    const int bottom = kPageHeight - kPageHeight * (strip + 1) / strips;
    content += fmt::format("q {} 0 0 {} 0 {} cm /Im{} Do Q\n", kPageWidth, top - bottom, bottom, strip);
  }
  // Rendering mode 3: neither filled nor stroked, there for search alone.
  const std::string line = fmt::format("{} - {} - {} - {}", wording.title, wording.fields[1][1], page, wording.notice);
  content += fmt::format("BT 3 Tr /F1 8 Tf {} 20 Td {} Tj ET\n", kLeft, encode(line, language));
  return content;
}

}  // namespace lazaret::sample
