#include "sandbox/types/text_check.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/types/file_kinds.h"
#include "sandbox/types/script_matcher.h"
#include "sandbox/types/text_reader.h"

namespace lazaret::sandbox {
namespace {

using inspect::FactCode;
using inspect::FindingCode;

constexpr std::size_t kSniffed = 1024;  // what browsers look at to take a text for a page

class Nowhere final : public ByteSink {
 public:
  bool write(const char*, std::size_t) override { return false; }
};

// A cell is judged by its beginning: what stands behind these cannot make it a formula.
class Cell {
 public:
  void begin() { text_.clear(); }
  void add(char c) {
    if (text_.empty() && (c == ' ' || c == '\t' || c == '\r')) return;  // spreadsheets skip them
    if (text_.size() < kKept) text_.push_back(c);
  }
  // "=" and more is a formula; "-5.2", "+65 6123" and "@home" are not, but with a call or a pipe they are.
  bool is_formula() const {
    if (text_.size() < 2) return false;
    if (text_[0] == '=') return true;
    const bool may_begin_one = text_[0] == '+' || text_[0] == '-' || text_[0] == '@';
    return may_begin_one && text_.find_first_of("(|!") != std::string::npos;
  }

 private:
  static constexpr std::size_t kKept = 256;
  std::string text_;
};

class CsvScan final : public ByteSink {
 public:
  CsvScan(FindingSink& findings, const TextLayout& layout) : findings_(findings), layout_(layout) {}
  bool write(const char* text, std::size_t length) override {
    for (std::size_t i = 0; i < length; ++i)
      take(text[i]);
    return true;
  }
  void finish() {
    end_cell();
    end_record();
    if (is_quoted_) findings_.add(FindingCode::kTruncated, {});
  }
  std::uint64_t columns() const { return columns_; }

 private:
  static constexpr std::array<char, 4> kDelimiters{',', ';', '\t', '|'};

  void take(char c) {
    ++taken_;
    if (c == '"') {
      is_quoted_ = !is_quoted_;  // a doubled quote closes and opens again
    } else if (is_quoted_) {
      cell_.add(c);
    } else if (c == '\n') {
      end_cell();
      end_record();
    } else if (is_delimiter(c)) {
      end_cell();
    } else {
      cell_.add(c);
    }
  }

  // In the first record each of them ends a cell; then the one that stood there most often is the table's.
  bool is_delimiter(char c) {
    if (delimiter_ != '\0') return c == delimiter_;
    const auto* const place = std::ranges::find(kDelimiters, c);
    if (place == kDelimiters.end()) return false;
    ++counts_.at(static_cast<std::size_t>(place - kDelimiters.begin()));
    return true;
  }

  void end_cell() {
    if (cell_.is_formula()) {
      findings_.add(FindingCode::kFormula, at_offset(layout_.start + cell_start_ * layout_.width));
    }
    cell_.begin();
    cell_start_ = taken_;
  }

  void end_record() {
    if (delimiter_ != '\0') return;
    const auto* const most = std::ranges::max_element(counts_);
    delimiter_ = kDelimiters.at(static_cast<std::size_t>(most - counts_.begin()));
    columns_ = *most + 1;
  }

  FindingSink& findings_;
  const TextLayout layout_;
  Cell cell_;
  std::array<std::uint64_t, kDelimiters.size()> counts_{};
  char delimiter_ = '\0';
  bool is_quoted_ = false;
  std::uint64_t taken_ = 0;       // characters
  std::uint64_t cell_start_ = 0;  // of this cell
  std::uint64_t columns_ = 0;
};

// False: it is no text.
bool look_at_text(const CheckTools& tools, ByteSink& text) {
  const TextTraits traits = read_text(tools.file, text);
  if (traits.foreign_at) {
    tools.findings.add(FindingCode::kBinaryText, at_offset(*traits.foreign_at));
    return false;
  }
  const std::string beginning = narrow_text(tools.head).substr(0, kSniffed);
  if (ScriptMatcher().feed(beginning)) tools.findings.add(FindingCode::kEmbeddedScript, at_offset(0));
  tools.facts.set(FactCode::kEncoding, traits.encoding);
  tools.facts.set(FactCode::kLines, traits.lines);
  return true;
}

}  // namespace

void check_text(const CheckTools& tools) {
  Nowhere nowhere;
  look_at_text(tools, nowhere);
}

void check_csv(const CheckTools& tools) {
  CsvScan scan(tools.findings, text_layout(tools.head));
  if (!look_at_text(tools, scan)) return;
  scan.finish();
  tools.facts.set(FactCode::kColumns, scan.columns());
}

}  // namespace lazaret::sandbox
