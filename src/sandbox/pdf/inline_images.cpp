#include "sandbox/pdf/inline_images.h"

#include <algorithm>
#include <cstring>

#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kReach = 512;  // from BI to ID
constexpr int kMostEntries = 32;

double components_of(std::string_view space) {
  if (space == "CMYK" || space == "DeviceCMYK") return 4;
  if (space == "RGB" || space == "DeviceRGB") return 3;
  return 1;
}

// What the entries behind BI state; 0: it is none.
double size_of(std::string_view entries) {
  Lexer lexer(entries);
  double width = 0;
  double height = 0;
  double bits = 1;
  double components = 1;
  for (int i = 0; i < kMostEntries; ++i) {
    const Token key = lexer.next();
    if (key.kind == TokenKind::kWord && key.text == "ID") return width * height * bits * components / 8;
    if (key.kind != TokenKind::kName) return 0;
    const Token value = lexer.next();
    const double number = static_cast<double>(number_in(value.text).value_or(0));
    if (key.text == "W" || key.text == "Width") width = number;
    if (key.text == "H" || key.text == "Height") height = number;
    if (key.text == "BPC" || key.text == "BitsPerComponent") bits = std::max(1.0, number);
    if (key.text == "CS" || key.text == "ColorSpace") components = components_of(value.text);
    if (value.kind != TokenKind::kOpenArray && value.kind != TokenKind::kOpenDictionary) continue;
    const std::string_view rest = entries.substr(lexer.position() - 1);
    const std::size_t end = rest.find(value.kind == TokenKind::kOpenArray ? "]" : ">>");
    if (end == std::string_view::npos) return 0;
    entries = rest.substr(end + (value.kind == TokenKind::kOpenArray ? 1 : 2));
    lexer = Lexer(entries);
  }
  return 0;
}

}  // namespace

void InlineImages::feed(std::string_view bytes) {
  if (!tail_.empty()) {
    tail_.append(bytes.substr(0, kReach));
    look(tail_);
  }
  look(bytes);
  if (bytes.size() >= kReach) {
    tail_.assign(bytes.substr(bytes.size() - kReach));
  } else if (tail_.empty()) {
    tail_.assign(bytes);
  } else {
    tail_.erase(0, tail_.size() - std::min(tail_.size(), kReach));
  }
}

void InlineImages::look(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const void* hit = ::memmem(text.data() + at, text.size() - at, "BI", 2);
    if (hit == nullptr) return;
    const auto begin = static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
    at = begin + 2;
    const bool stands_alone = (begin == 0 || !is_regular(text[begin - 1])) && at < text.size() && !is_regular(text[at]);
    if (stands_alone) largest_ = std::max(largest_, size_of(text.substr(at, kReach)));
  }
}

void InlineImages::reset() {
  tail_.clear();
  largest_ = 0;
}

}  // namespace lazaret::sandbox
