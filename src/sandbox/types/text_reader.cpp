#include "sandbox/types/text_reader.h"

#include <algorithm>
#include <string>

namespace lazaret::sandbox {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBlock = std::size_t{64} * 1024;
constexpr char kBeyondAscii = '\x80';
constexpr unsigned char kDosEnd = 0x1A;  // closes a text of old systems

enum class Encoding { kBytes, kUtf8Marked, kUtf16Little, kUtf16Big };

struct Mark {
  Encoding encoding = Encoding::kBytes;
  std::size_t length = 0;
};

Mark mark_of(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF"sv)) return {Encoding::kUtf8Marked, 3};
  if (head.starts_with("\xFF\xFE"sv)) return {Encoding::kUtf16Little, 2};
  if (head.starts_with("\xFE\xFF"sv)) return {Encoding::kUtf16Big, 2};
  return {};
}

bool is_foreign(unsigned unit) {
  return (unit < 0x20 && unit != '\t' && unit != '\n' && unit != '\r' && unit != '\f') || unit == 0x7F;
}

// Follows UTF-8 byte by byte; overlong forms, surrogates and what lies beyond Unicode are not UTF-8.
class Utf8Check {
 public:
  void take(unsigned char byte) {
    if (!sound_) return;
    if (missing_ == 0) return begin(byte);
    sound_ = byte >= low_ && byte <= high_;
    low_ = 0x80;
    high_ = 0xBF;
    --missing_;
  }
  bool sound_at_the_end() const { return sound_ && missing_ == 0; }

 private:
  void begin(unsigned char byte) {
    if (byte < 0x80) return;
    low_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
    missing_ = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
    sound_ = byte >= 0xC2 && byte <= 0xF4;
  }

  bool sound_ = true;
  int missing_ = 0;
  unsigned char low_ = 0x80;
  unsigned char high_ = 0xBF;
};

class TextReader {
 public:
  TextReader(const FileReader& file, ByteSink& text) : file_(file), text_(text) {}
  TextTraits run();

 private:
  bool is_wide() const { return mark_.encoding == Encoding::kUtf16Little || mark_.encoding == Encoding::kUtf16Big; }
  std::string_view narrow(std::string_view block);
  bool look_at(std::string_view text, std::uint64_t offset);
  std::string_view encoding() const;

  const FileReader& file_;
  ByteSink& text_;
  Mark mark_;
  TextTraits traits_;
  Utf8Check utf8_;
  std::string narrowed_;
  bool is_ascii_ = true;
  bool is_wanted_ = true;
  char last_ = '\n';
};

std::string_view TextReader::narrow(std::string_view block) {
  if (!is_wide()) return block;
  narrowed_.clear();
  for (std::size_t i = 0; i + 1 < block.size(); i += 2) {
    const bool little = mark_.encoding == Encoding::kUtf16Little;
    const auto low = static_cast<unsigned char>(block[little ? i : i + 1]);
    const auto high = static_cast<unsigned char>(block[little ? i + 1 : i]);
    narrowed_.push_back(high == 0 && low < 0x80 ? static_cast<char>(low) : kBeyondAscii);
  }
  return narrowed_;
}

// False: here is something that no text has.
bool TextReader::look_at(std::string_view text, std::uint64_t offset) {
  const unsigned width = is_wide() ? 2 : 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::uint64_t at = offset + i * width;
    const bool is_the_end = byte == kDosEnd && at + width >= file_.size();
    if (is_foreign(byte) && !is_the_end) {
      traits_.foreign_at = at;
      return false;
    }
    is_ascii_ = is_ascii_ && byte < 0x80;
    utf8_.take(byte);
    if (byte == '\n') ++traits_.lines;
    last_ = text[i];
  }
  return true;
}

std::string_view TextReader::encoding() const {
  switch (mark_.encoding) {
    case Encoding::kUtf16Little:
      return "utf-16le";
    case Encoding::kUtf16Big:
      return "utf-16be";
    case Encoding::kUtf8Marked:
    case Encoding::kBytes:
      break;
  }
  if (is_ascii_ && mark_.length == 0) return "us-ascii";
  return utf8_.sound_at_the_end() ? "utf-8" : "8-bit";
}

TextTraits TextReader::run() {
  std::string block(kBlock, '\0');
  mark_ = mark_of(file_.read_at(0, 3));
  for (std::uint64_t at = mark_.length; at < file_.size();) {
    const std::size_t got = file_.read_at(at, block.data(), block.size());
    if (got == 0) break;
    if (is_wide() && got % 2 != 0) {  // blocks are even, so this is the end, and half a character too long
      traits_.foreign_at = at + got - 1;
      break;
    }
    const std::string_view text = narrow(std::string_view(block).substr(0, got));
    if (!look_at(text, at)) break;
    if (is_wanted_) is_wanted_ = text_.write(text.data(), text.size());
    at += got;
  }
  if (last_ != '\n') ++traits_.lines;
  traits_.encoding = encoding();
  return traits_;
}

class Keeper final : public ByteSink {
 public:
  bool write(const char* bytes, std::size_t length) override {
    kept_.append(bytes, length);
    return true;
  }
  std::string take() { return std::move(kept_); }

 private:
  std::string kept_;
};

}  // namespace

TextLayout text_layout(std::string_view head) {
  const Mark mark = mark_of(head);
  const bool is_wide = mark.encoding == Encoding::kUtf16Little || mark.encoding == Encoding::kUtf16Big;
  return {mark.length, is_wide ? std::size_t{2} : std::size_t{1}};
}

TextTraits read_text(const FileReader& file, ByteSink& text) {
  return TextReader(file, text).run();
}

std::string narrow_text(std::string_view bytes) {
  Keeper keeper;
  const TextLayout layout = text_layout(bytes);
  if (layout.width == 1) return std::string(bytes.substr(layout.start));
  const FileReader memory(bytes.substr(0, bytes.size() & ~std::size_t{1}));
  read_text(memory, keeper);
  return keeper.take();
}

}  // namespace lazaret::sandbox
