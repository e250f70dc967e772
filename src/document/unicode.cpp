#include "document/unicode.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include <utf8proc.h>

namespace lazaret::unicode {
namespace {

struct Free {
  void operator()(utf8proc_uint8_t* memory) const { std::free(memory); }  // utf8proc_map() hands out malloc's memory
};

}  // namespace

std::vector<CodePoint> decode(std::string_view text) {
  std::vector<CodePoint> codes;
  codes.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    CodePoint code = 0;
    const utf8proc_ssize_t length =
        utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    if (length <= 0) return {};
    codes.push_back(code);
    at += static_cast<std::size_t>(length);
  }
  return codes;
}

void append(std::string& text, CodePoint code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t length = utf8proc_encode_char(code, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

std::optional<std::string> map(std::string_view text, int options) {
  if (text.empty()) return std::string{};  // a null pointer of an empty view is not for C
  utf8proc_uint8_t* mapped = nullptr;
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): utf8proc takes its flags combined
  const auto flags = static_cast<utf8proc_option_t>(options);
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                               static_cast<utf8proc_ssize_t>(text.size()), &mapped, flags);
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(mapped);
  if (length == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (length < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
}

std::string nfc(std::string_view text) {
  return map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE).value_or(std::string{});
}

}  // namespace lazaret::unicode
