// File names: whatever a client calls its file, the safe name is safe, stays itself, and can be folded.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "document/document.h"
#include "document/fold.h"
#include "document/validation.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret;
  const std::string_view original(reinterpret_cast<const char*>(data), size);
  if (size > kMaxOriginalFilenameBytes) return 0;
  const std::string extension = extension_of(original);
  const std::string name = safe_filename(original, extension).text();
  require(!name.empty() && name.size() <= kMaxFilenameBytes && is_valid_utf8(name));
  require(name.find_first_of("/\\:*?\"<>|") == std::string::npos);
  require(!name.starts_with('.') && !name.starts_with(' ') && !name.ends_with('.') && !name.ends_with(' '));
  require(safe_filename(name, extension_of(name)).text() == name);
  require(extension.empty() || extension_of(name) == extension);
  static_cast<void>(filename_sort_key(name));
  std::string joined;
  const std::vector<std::string> words = search_words(name);
  for (const std::string& word : words)
    joined += word + " ";
  require(search_words(joined) == words);
  return 0;
}
